select id as practice_id, zone, note_due_hours
from practice
