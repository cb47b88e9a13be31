-- The balances of all payers and cases add up to the ledger.
with balances as (select sum(balance_cents) as cents from billing__outstanding_balances),
ledger as (select sum(amount_cents) as cents from stg_ledger_entry join as_of on effective_on <= as_of.day)
select * from balances, ledger where balances.cents is distinct from ledger.cents
