-- Every month, provider, service and kind of case has the figures of its movements.
with behind as (
    select
        month, provider_id, coalesce(service_id, 0) as service_id, case_type, sum(invoiced_cents) as invoiced,
        sum(collected_cents) as collected, sum(adjusted_cents) as adjusted, sum(balance_cents) as balance
    from billing__movements group by all
)
select * from billing__revenue_by_month m full join behind b using (month, provider_id, service_id, case_type)
where m.invoiced_cents is distinct from b.invoiced or m.collected_cents is distinct from b.collected
or m.adjusted_cents is distinct from b.adjusted or m.balance_cents is distinct from b.balance
