select
    id as case_id, type as case_type, name as case_name, status as case_status, provider_id, opened_on, needs_review, capacity,
    clinical_fields, status <> 'archived' as is_kept,
    status = 'active' as is_active,
    status in ('prospect', 'intake_pending', 'waitlist', 'active') as is_onboarding,
    status in ('prospect', 'intake_pending', 'active') as is_scheduling
from case_file
