select id as staff_id, trim(first_name || ' ' || last_name) as staff_name
from staff
