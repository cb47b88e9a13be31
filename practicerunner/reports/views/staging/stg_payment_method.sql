select id as payment_method_id, payer_id, not removed as is_kept
from payment_method
