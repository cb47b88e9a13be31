-- All that was invoiced, brought in and refunded, less what was collected and adjusted, is what is owed.
with moved as (
    select sum(invoiced_cents + opening_cents + refunded_cents - collected_cents - adjusted_cents) as cents
    from billing__invoiced_and_collected
),
balances as (select sum(balance_cents) as cents from billing__outstanding_balances)
select * from moved, balances where moved.cents is distinct from balances.cents
