-- What was invoiced, what came in and what was taken off: for whom, for which service and in which month.
-- grain: one row per movement of the ledger and line of its invoice
-- key: entry_id, place
-- resource: financial_dashboards
-- restricted: money_by_service service_id, service_name, case_type
-- period: day
--
-- invoiced: charges on issued invoices, less those of voided ones, on the day of the void. collected: settled payments
-- less refunds and failed ones. adjusted: credits and write-offs. opening: balances from before an import.
-- invoiced + opening - collected - adjusted = balance, the change of what is owed.
-- service_id is 0 for what stands on no invoice: payments not used yet, refunds, opening balances.

select
    m.entry_id, m.place, m.effective_on as day, cast(date_trunc('month', m.effective_on) as date) as month,
    m.entry_kind, m.provider_id, s.staff_name as provider_name, coalesce(m.service_id, 0) as service_id, v.service_name,
    c.case_type,
    m.case_id, c.case_name, m.payer_id, p.payer_name, m.invoice_id, i.invoice_number, m.service_date,
    m.invoiced_cents, m.collected_cents, m.adjusted_cents, m.opening_cents, m.balance_cents
from ledger_part m
join as_of on m.effective_on <= as_of.day
join case_shown c using (case_id)
join stg_payer p on p.payer_id = m.payer_id
join stg_staff s on s.staff_id = m.provider_id
left join stg_service v on v.service_id = m.service_id
left join stg_invoice i on i.invoice_id = m.invoice_id
