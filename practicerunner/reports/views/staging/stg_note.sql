select
    id as note_id, case_id, appointment_id, person_id, kind as note_kind, status as note_status, author_id,
    submitted_at, locked_at, review_on,
    status in ('locked', 'amended', 'final') as is_signed,
    status in ('submitted', 'locked', 'amended') as is_signed_by_author,
    status <> 'draft' as is_written,
    status = 'returned' as is_returned,
    kind = 'treatment_plan' and status in ('locked', 'amended') as is_signed_plan
from note
