-- What was invoiced and what came in, month by month and service by service.
-- grain: one row per month, provider, service and kind of case
-- key: month, provider_id, service_id, case_type
-- resource: financial_dashboards
-- restricted: money_by_service service_id, service_name, case_type
-- period: month
--
-- The figures of billing__movements. service_id is 0 for what stands on no invoice.

select
    cast(date_trunc('month', m.effective_on) as date) as month, m.provider_id, s.staff_name as provider_name,
    coalesce(m.service_id, 0) as service_id, v.service_name, c.case_type,
    sum(m.invoiced_cents)::bigint as invoiced_cents,
    sum(m.collected_cents)::bigint as collected_cents,
    sum(m.adjusted_cents)::bigint as adjusted_cents,
    sum(m.opening_cents)::bigint as opening_cents,
    sum(m.balance_cents)::bigint as balance_cents
from ledger_part m
join as_of on m.effective_on <= as_of.day
join case_shown c using (case_id)
join stg_staff s on s.staff_id = m.provider_id
left join stg_service v on v.service_id = m.service_id
group by 1, 2, 3, 4, 5, 6
