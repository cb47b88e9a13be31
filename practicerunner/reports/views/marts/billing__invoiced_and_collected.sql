-- What was invoiced and what came in, day by day.
-- grain: one row per day and provider
-- key: day, provider_id
-- resource: financial_dashboards
-- period: day
--
-- From the ledger: a void takes its invoice back on the day of the void, a payment counts on the day it was received.
-- Money is the case's provider's, so that the providers add up to the practice.
-- invoiced + opening + refunded - collected - adjusted is the change of all balances on that day.

select
    e.effective_on as day, c.provider_id,
    coalesce(sum(e.amount_cents) filter (e.is_charge), 0)::bigint as invoiced_cents,
    coalesce(-sum(e.amount_cents) filter (e.is_payment), 0)::bigint as collected_cents,
    coalesce(-sum(e.amount_cents) filter (e.is_adjustment), 0)::bigint as adjusted_cents,
    coalesce(sum(e.amount_cents) filter (e.is_refund), 0)::bigint as refunded_cents,
    coalesce(sum(e.amount_cents) filter (e.is_opening), 0)::bigint as opening_cents
from stg_ledger_entry e
join as_of on e.effective_on <= as_of.day
join stg_case_file c using (case_id)
group by e.effective_on, c.provider_id
