select
    id as attendance_id, appointment_id, case_id, person_id,
    status = 'attended' as is_attended,
    status = 'no_show' as is_no_show,
    status = 'late_cancelled' as is_late_cancelled,
    status = 'excused' as is_excused,
    status = 'cancelled_by_client' as is_cancelled_by_client,
    status = 'cancelled_by_provider' as is_cancelled_by_provider,
    status in ('scheduled', 'confirmed', 'arrived') as is_pending
from attendance
