select id as arrangement_id, case_id, person_id, valid_from, valid_until
from billing_arrangement
