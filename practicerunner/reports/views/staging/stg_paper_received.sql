select
    id as paper_id, case_id, person_id, received_on,
    kind = 'intake' as is_intake,
    kind = 'consent' as is_consent
from paper_received
