select
    id as appointment_id, case_id, provider_id, local_date, starts_at, ends_at,
    status = 'held' as is_held,
    status in ('scheduled', 'confirmed', 'arrived') as is_pending
from appointment
