-- Every movement of the ledger, for the rows behind a figure.
-- grain: one row per ledger entry
-- key: entry_id
-- resource: financial_dashboards
-- period: day
--
-- invoiced_cents and collected_cents are the entry's part of those two figures, the same as in
-- billing__invoiced_and_collected.

select
    e.entry_id, e.effective_on as day, e.entry_kind, c.provider_id, e.case_id, c.case_name, e.payer_id, p.payer_name,
    e.invoice_id, i.invoice_number, e.amount_cents,
    case when e.is_charge then e.amount_cents else 0 end as invoiced_cents,
    case when e.is_payment then -e.amount_cents else 0 end as collected_cents
from stg_ledger_entry e
join as_of on e.effective_on <= as_of.day
join stg_case_file c using (case_id)
join stg_payer p on p.payer_id = e.payer_id
left join stg_invoice i on i.invoice_id = e.invoice_id
