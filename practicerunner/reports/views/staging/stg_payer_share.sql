select id as share_id, arrangement_id, payer_id
from payer_share
