select id as line_id, invoice_id, charge_id, service_date, amount_cents as line_cents
from invoice_line
