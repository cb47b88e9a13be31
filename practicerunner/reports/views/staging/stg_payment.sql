select id as payment_id, case_id
from payment
