-- Who owes what today.
-- grain: one row per payer and case
-- key: payer_id, case_id
-- resource: financial_dashboards
--
-- Recomputed from the ledger as of a day: an invoice's open amount is the sum of the entries that carry it, so a voided
-- one comes to nothing through its mirror entries; below zero (paid before it was issued) it is credit. What stands on no
-- invoice is, together, the payer's credit, or while it is positive a debt, aged from the day it was entered or refunded
-- (``loose_debt``) and due on no day.
-- balance = due - credit; the four ages add up to due.

with entries as not materialized (  -- written out thrice it costs half as much as when kept
    select e.* from stg_ledger_entry e, as_of where e.effective_on <= as_of.day
),

loose as (
    select payer_id, case_id, since, cents from loose_debt
    union all
    select payer_id, case_id, null, sum(amount_cents)
    from entries where invoice_id is null
    group by payer_id, case_id having sum(amount_cents) < 0
),

open_invoices as (
    select invoice_id, sum(amount_cents) as cents
    from entries where invoice_id is not null
    group by invoice_id having sum(amount_cents) <> 0
),

open_items as (
    select
        i.payer_id, i.case_id, i.issued_on as since, i.due_on, greatest(o.cents, 0) as open_cents,
        greatest(-o.cents, 0) as credit_cents
    from open_invoices o join stg_invoice i using (invoice_id)
    union all
    select payer_id, case_id, since, null, greatest(cents, 0), greatest(-cents, 0) from loose
),

due as (
    select
        payer_id, case_id,
        sum(open_cents) as due_cents,
        sum(credit_cents) as credit_cents,
        sum(open_cents) filter (date_diff('day', since, as_of.day) <= 30) as age_0_30_cents,
        sum(open_cents) filter (date_diff('day', since, as_of.day) between 31 and 60) as age_31_60_cents,
        sum(open_cents) filter (date_diff('day', since, as_of.day) between 61 and 90) as age_61_90_cents,
        sum(open_cents) filter (date_diff('day', since, as_of.day) > 90) as age_over_90_cents,
        sum(open_cents) filter (due_on < as_of.day) as overdue_cents,
        min(since) filter (open_cents > 0) as oldest_on
    from open_items, as_of
    group by payer_id, case_id
),

accounts as (
    select
        payer_id, case_id,
        sum(amount_cents) as balance_cents,
        max(effective_on) filter (is_payment) as last_payment_on
    from entries
    group by payer_id, case_id
)

select
    a.payer_id, a.case_id, p.payer_name, c.case_name, c.case_type, c.provider_id,
    coalesce(d.due_cents, 0)::bigint as due_cents,
    coalesce(d.credit_cents, 0)::bigint as credit_cents,
    a.balance_cents::bigint as balance_cents,
    coalesce(d.overdue_cents, 0)::bigint as overdue_cents,
    coalesce(d.age_0_30_cents, 0)::bigint as age_0_30_cents,
    coalesce(d.age_31_60_cents, 0)::bigint as age_31_60_cents,
    coalesce(d.age_61_90_cents, 0)::bigint as age_61_90_cents,
    coalesce(d.age_over_90_cents, 0)::bigint as age_over_90_cents,
    d.oldest_on, a.last_payment_on
from accounts a
join stg_payer p on p.payer_id = a.payer_id
join case_shown c on c.case_id = a.case_id
left join due d on d.payer_id = a.payer_id and d.case_id = a.case_id
