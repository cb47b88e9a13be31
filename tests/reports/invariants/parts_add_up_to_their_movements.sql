-- What a movement of the ledger did to the lines of its invoice adds up to the movement, in the column of its kind.
with parts as (
    select
        entry_id, sum(invoiced_cents) as invoiced, sum(collected_cents) as collected, sum(adjusted_cents) as adjusted,
        sum(opening_cents) as opening, sum(balance_cents) as balance
    from billing__movements group by entry_id
)
select * from stg_ledger_entry e join as_of on e.effective_on <= as_of.day full join parts p using (entry_id)
where p.invoiced is distinct from case when e.is_charge then e.amount_cents else 0 end
or p.collected is distinct from case when e.is_payment or e.is_refund then -e.amount_cents else 0 end
or p.adjusted is distinct from case when e.is_adjustment then -e.amount_cents else 0 end
or p.opening is distinct from case when e.is_opening then e.amount_cents else 0 end
or p.balance is distinct from e.amount_cents
