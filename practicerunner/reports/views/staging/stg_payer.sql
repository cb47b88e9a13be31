select id as payer_id, name as payer_name, person_id
from payer
