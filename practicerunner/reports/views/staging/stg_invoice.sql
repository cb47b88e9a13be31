select id as invoice_id, number as invoice_number, payer_id, case_id, issued_on, due_on
from invoice
