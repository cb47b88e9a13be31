select id as charge_id, appointment_id, service_id, provider_id, withdrawn_at is null as is_live
from charge
