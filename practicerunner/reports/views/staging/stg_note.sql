select
    id as note_id, case_id, appointment_id, kind as note_kind, status as note_status, author_id, locked_at,
    status in ('locked', 'amended', 'final') as is_signed,
    status <> 'draft' as is_written,
    status = 'returned' as is_returned
from note
