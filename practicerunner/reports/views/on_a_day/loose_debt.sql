-- What payers owe on a case and on no invoice as of the day asked, and since when: the same as rules/payments.py.
-- What an import brought counts from the day it was entered; what was refunded of a payment that failed, from the day
-- of the refund. Whatever was paid off pays the import first, then the oldest payment.

with owing as (
    select payer_id, case_id, sum(amount_cents) as due
    from stg_ledger_entry
    where invoice_id is null and effective_on <= day_asked()
    group by payer_id, case_id having sum(amount_cents) > 0
),

parts as (
    select
        e.payer_id, e.case_id, e.payment_id, o.due, sum(e.amount_cents) as cents,
        coalesce(
            min(e.effective_on) filter (e.amount_cents > 0 and not e.is_payment),
            min(e.effective_on) filter (e.amount_cents > 0),
            min(e.effective_on)
        ) as since
    from stg_ledger_entry e
    join owing o on o.payer_id = e.payer_id and o.case_id = e.case_id
    where e.invoice_id is null and e.effective_on <= day_asked()
    group by e.payer_id, e.case_id, e.payment_id, o.due
),

refunded as (
    select
        payer_id, case_id, since,
        least(cents, due - coalesce(sum(cents) over (
            partition by payer_id, case_id order by payment_id desc rows between unbounded preceding and 1 preceding
        ), 0)) as cents
    from parts
    where payment_id is not null and cents > 0
),

returned as (
    select payer_id, case_id, sum(cents) as cents from refunded where cents > 0 group by payer_id, case_id
),

debts as (
    select payer_id, case_id, since, cents from refunded where cents > 0
    union all
    select p.payer_id, p.case_id, p.since, p.due - coalesce(r.cents, 0)
    from parts p
    left join returned r on r.payer_id = p.payer_id and r.case_id = p.case_id
    where p.payment_id is null and p.due > coalesce(r.cents, 0)
)

select payer_id, case_id, since, sum(cents) as cents from debts group by payer_id, case_id, since
