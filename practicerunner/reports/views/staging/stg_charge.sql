select id as charge_id, service_id, provider_id
from charge
