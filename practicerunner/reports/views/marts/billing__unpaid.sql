-- Which invoices were unpaid on a day, and how much of each.
-- grain: one row per invoice
-- key: issued_on, invoice_number
-- resource: invoices
--
-- From the ledger: what is open is the sum of the entries that carry the invoice up to that day.

with open_invoices as (
    select invoice_id, sum(amount_cents) as cents
    from stg_ledger_entry e, as_of
    where invoice_id is not null and e.effective_on <= as_of.day
    group by invoice_id having sum(amount_cents) > 0
)

select
    i.invoice_id, i.invoice_number, i.payer_id, p.payer_name, i.case_id, c.case_name, c.provider_id, i.issued_on,
    i.due_on, o.cents::bigint as open_cents, date_diff('day', i.issued_on, as_of.day)::bigint as age_days
from open_invoices o
join stg_invoice i using (invoice_id)
join stg_payer p on p.payer_id = i.payer_id
join case_shown c on c.case_id = i.case_id, as_of
