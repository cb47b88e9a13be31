select id as service_id, name as service_name
from service
