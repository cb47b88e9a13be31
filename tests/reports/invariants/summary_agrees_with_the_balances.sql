-- A case's due and overdue amounts are those of its payers.
with payers as (
    select case_id, sum(due_cents) as due, sum(overdue_cents) as overdue from billing__outstanding_balances group by case_id
)
select * from cases__workflow_summary s left join payers p using (case_id)
where s.due_cents <> coalesce(p.due, 0) or s.overdue_cents <> coalesce(p.overdue, 0)
