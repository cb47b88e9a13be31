select id as practice_id, zone, note_due_hours, late_entry_days
from practice
