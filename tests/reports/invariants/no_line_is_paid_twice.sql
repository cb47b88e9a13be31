-- What is paid and taken off a line is never less than nothing and never more than was charged for it.
with lines as (
    select
        invoice_id, place, sum(invoiced_cents) as invoiced, sum(collected_cents) as collected,
        sum(adjusted_cents) as adjusted
    from billing__movements where invoice_id is not null group by invoice_id, place
)
select * from lines where collected < 0 or adjusted < 0 or collected + adjusted > invoiced
