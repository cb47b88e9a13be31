-- What is owed as of a day, line by line, and how old it is.
-- grain: one row per open line of an invoice; one per payer, case and day since when for what stands on no invoice
-- key: payer_id, case_id, invoice_id, place, since
-- resource: financial_dashboards
-- restricted: money_by_service service_id, service_name, case_type
--
-- Added up per payer and case the same as billing__outstanding_balances; age from the invoice's date. What stands on no
-- invoice (invoice_id 0) is the payer's credit, or while it is positive a debt, of one age or several (``loose_debt``); an invoice whose lines together are below zero (paid before it was issued) is credit.
-- balance = due - credit; the four ages add up to due.

with open_items as (
    select
        m.payer_id, m.case_id, m.invoice_id, m.place, m.provider_id, m.service_id, m.service_date,
        sum(m.balance_cents) as cents, min(m.effective_on) as first_on
    from ledger_part m
    join as_of on m.effective_on <= as_of.day
    group by all
    having sum(m.balance_cents) <> 0
),

together as (
    select *, sum(cents) over (partition by payer_id, case_id, invoice_id) < 0 as is_credit from open_items
),

owed as (
    select o.* replace (coalesce(d.cents, o.cents) as cents), d.since
    from together o
    left join loose_debt d on o.invoice_id is null and d.payer_id = o.payer_id and d.case_id = o.case_id
),

aged as (
    select
        o.* replace (coalesce(i.issued_on, o.since, o.first_on) as since), i.invoice_number, i.due_on,
        case when o.is_credit then 0 else o.cents end as due,
        case when o.is_credit then -o.cents else 0 end as credit
    from owed o
    left join stg_invoice i on i.invoice_id = o.invoice_id
)

select
    a.payer_id, p.payer_name, a.case_id, c.case_name, coalesce(a.invoice_id, 0) as invoice_id, a.invoice_number,
    a.place, a.since, a.due_on, a.provider_id, s.staff_name as provider_name, coalesce(a.service_id, 0) as service_id,
    v.service_name, a.service_date, c.case_type,
    a.due::bigint as due_cents,
    a.credit::bigint as credit_cents,
    a.cents::bigint as balance_cents,
    case when date_diff('day', a.since, as_of.day) <= 30 then a.due else 0 end::bigint as age_0_30_cents,
    case when date_diff('day', a.since, as_of.day) between 31 and 60 then a.due else 0 end::bigint as age_31_60_cents,
    case when date_diff('day', a.since, as_of.day) between 61 and 90 then a.due else 0 end::bigint as age_61_90_cents,
    case when date_diff('day', a.since, as_of.day) > 90 then a.due else 0 end::bigint as age_over_90_cents
from aged a
cross join as_of
join stg_payer p on p.payer_id = a.payer_id
join case_shown c on c.case_id = a.case_id
join stg_staff s on s.staff_id = a.provider_id
left join stg_service v on v.service_id = a.service_id
