-- What payers owe on a case and on no invoice as of the day asked, and since when: the same as rules/payments.py.
-- What an import brought counts from the day it was entered; what was refunded of a payment that failed, from the day
-- of the refund. Whatever was paid off pays the import first, then the oldest payment.

with parts as (
    select
        payer_id, case_id, payment_id, sum(amount_cents) as cents,
        coalesce(
            min(effective_on) filter (amount_cents > 0 and not is_payment),
            min(effective_on) filter (amount_cents > 0),
            min(effective_on)
        ) as since,
        sum(sum(amount_cents)) over (partition by payer_id, case_id) as due
    from stg_ledger_entry
    where invoice_id is null and effective_on <= day_asked()
    group by payer_id, case_id, payment_id
    qualify due > 0
),

refunded as (
    select
        payer_id, case_id, payment_id, since, due,
        case when payment_id is null or cents <= 0 then 0 else greatest(0, least(cents, due - coalesce(
            sum(cents) filter (payment_id is not null and cents > 0) over (
                partition by payer_id, case_id order by payment_id desc rows between unbounded preceding and 1 preceding
            ), 0))) end as returned
    from parts
),

debts as (
    select
        payer_id, case_id, since,
        case when payment_id is null then due - sum(returned) over (partition by payer_id, case_id)
        else returned end as cents
    from refunded
)

select payer_id, case_id, since, sum(cents) as cents from debts where cents > 0 group by payer_id, case_id, since
