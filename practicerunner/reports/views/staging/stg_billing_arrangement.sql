select id as arrangement_id, case_id, person_id, valid_from
from billing_arrangement
