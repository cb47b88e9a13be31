-- The rows behind invoiced and collected add up to the figures of every day and provider.
with behind as (
    select day, provider_id, sum(invoiced_cents) as invoiced, sum(collected_cents) as collected
    from billing__entries group by day, provider_id
)
select * from billing__invoiced_and_collected f full join behind b using (day, provider_id)
where f.invoiced_cents is distinct from b.invoiced or f.collected_cents is distinct from b.collected
