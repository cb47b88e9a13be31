select
    id as participant_id, case_id, person_id, joined_on, left_on,
    status = 'active' as is_active,
    status = 'waitlisted' as is_waiting,
    status = 'left' as has_left
from participant
