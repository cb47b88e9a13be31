select id as payer_id, name as payer_name
from payer
