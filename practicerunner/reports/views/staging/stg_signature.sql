select id as signature_id, note_id, signed_at, role = 'author' as is_author
from signature
