select
    id as case_id, type as case_type, name as case_name, status as case_status, provider_id, opened_on, needs_review,
    status = 'active' as is_active,
    status in ('archived', 'contact') as is_closed
from case_file
