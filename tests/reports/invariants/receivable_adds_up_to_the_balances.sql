-- The open lines and credits of every payer and case, and their ages, add up to the balance that is shown of them.
with open_lines as (
    select
        payer_id, case_id, sum(due_cents) as due, sum(credit_cents) as credit, sum(balance_cents) as balance,
        sum(age_0_30_cents) as first, sum(age_31_60_cents) as second, sum(age_61_90_cents) as third,
        sum(age_over_90_cents) as fourth
    from billing__receivable group by payer_id, case_id
)
select * from billing__outstanding_balances b full join open_lines o using (payer_id, case_id)
where coalesce(b.due_cents, 0) <> coalesce(o.due, 0) or coalesce(b.credit_cents, 0) <> coalesce(o.credit, 0)
or coalesce(b.balance_cents, 0) <> coalesce(o.balance, 0) or coalesce(b.age_0_30_cents, 0) <> coalesce(o.first, 0)
or coalesce(b.age_31_60_cents, 0) <> coalesce(o.second, 0) or coalesce(b.age_61_90_cents, 0) <> coalesce(o.third, 0)
or coalesce(b.age_over_90_cents, 0) <> coalesce(o.fourth, 0)
