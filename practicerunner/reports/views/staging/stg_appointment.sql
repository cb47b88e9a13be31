select
    id as appointment_id, case_id, provider_id, local_date, starts_at, ends_at, fee_cents,
    status = 'held' as is_held,
    status in ('scheduled', 'confirmed', 'arrived') as is_pending,
    status = 'cancelled' as is_cancelled
from appointment
