-- All that was invoiced and brought in, less what was collected and adjusted, is what each payer owes on each case.
with moved as (
    select
        payer_id, case_id,
        sum(invoiced_cents + opening_cents - collected_cents - adjusted_cents) as cents, sum(balance_cents) as balance
    from billing__movements group by payer_id, case_id
)
select * from moved m full join billing__outstanding_balances b using (payer_id, case_id)
where m.cents is distinct from b.balance_cents or m.balance is distinct from b.balance_cents
