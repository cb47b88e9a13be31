-- The four ages of every row add up to what is due.
select * from billing__outstanding_balances
where age_0_30_cents + age_31_60_cents + age_61_90_cents + age_over_90_cents <> due_cents
