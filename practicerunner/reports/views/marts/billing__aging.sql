-- Receivables of each payer by age, as of a day.
-- grain: one row per payer and provider
-- key: payer_id, provider_id
-- resource: invoices
--
-- From the ledger: an invoice's open amount is the sum of the entries that carry it up to that day, and where it is below
-- zero (paid before it was issued) it is credit. Age is counted from the invoice's date, and of what is owed on no invoice
-- from the day it was entered or refunded (``loose_debt``); the four ages add up to due.

with open_invoices as (
    select invoice_id, sum(amount_cents) as cents
    from stg_ledger_entry
    where invoice_id is not null and effective_on <= day_asked()
    group by invoice_id having sum(amount_cents) > 0
),

open_items as (
    select i.payer_id, i.case_id, date_diff('day', i.issued_on, day_asked()) as age, o.cents
    from open_invoices o join stg_invoice i using (invoice_id)
    union all
    select payer_id, case_id, date_diff('day', since, day_asked()), cents from loose_debt
)

select
    o.payer_id, c.provider_id, p.payer_name,
    sum(o.cents)::bigint as due_cents,
    coalesce(sum(o.cents) filter (o.age <= 30), 0)::bigint as age_0_30_cents,
    coalesce(sum(o.cents) filter (o.age between 31 and 60), 0)::bigint as age_31_60_cents,
    coalesce(sum(o.cents) filter (o.age between 61 and 90), 0)::bigint as age_61_90_cents,
    coalesce(sum(o.cents) filter (o.age > 90), 0)::bigint as age_over_90_cents
from open_items o
join stg_payer p on p.payer_id = o.payer_id
join case_shown c on c.case_id = o.case_id
group by o.payer_id, c.provider_id, p.payer_name
