-- Every balance is what is due less the payer's credit.
select * from billing__outstanding_balances where balance_cents <> due_cents - credit_cents
