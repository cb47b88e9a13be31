select
    payment_id,
    status = 'pending' as was_pending,
    status = 'settled' as has_settled,
    status = 'failed' as has_failed
from payment_event
