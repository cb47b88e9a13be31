select appointment_id, case_id
from uninvoiced
