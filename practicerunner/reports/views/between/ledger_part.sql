-- What every movement of the ledger does to every line of its invoice, in cents.
-- The parts of a movement add up to it. Charges go to their lines. Payments fill the lines in order, the oldest service
-- first; a credit of one line stays on that line, other credits and write-offs fill the lines from the last one back.
-- The lines' state after a movement less their state before it is the movement's part, so that nothing is ever rounded
-- and a paid invoice leaves no cent on any line. Where a credit takes the room that a payment had filled, the payment
-- moves on to another line on that day: such parts add up to nothing.
-- place is the line's order on its invoice; 0 is what stands on no line. That is the case's provider's; a line is that
-- of the provider who gave the service.

with lines as (
    select
        l.invoice_id, l.charge_id, g.provider_id, g.service_id, l.service_date, l.line_cents,
        row_number() over (partition by l.invoice_id order by l.service_date, l.line_id) as place,
        count(*) over (partition by l.invoice_id) as places
    from stg_invoice_line l
    join stg_charge g using (charge_id)
),

undivided as (
    select
        e.entry_id, coalesce(d.place, f.place, 0) as place,
        coalesce(d.provider_id, f.provider_id, c.provider_id) as provider_id,
        coalesce(d.service_id, f.service_id) as service_id, coalesce(d.service_date, f.service_date) as service_date,
        case when e.is_charge then e.amount_cents else 0 end as invoiced_cents,
        case when e.is_payment or e.is_refund then -e.amount_cents else 0 end as collected_cents,
        case when e.is_adjustment then -e.amount_cents else 0 end as adjusted_cents,
        case when e.is_opening then e.amount_cents else 0 end as opening_cents
    from stg_ledger_entry e
    join stg_case_file c using (case_id)
    left join lines d on d.invoice_id = e.invoice_id and d.charge_id = case when e.is_charge then e.charge_id end
    left join lines f on f.invoice_id = e.invoice_id and f.place = 1
    where e.is_charge or coalesce(f.places, 1) = 1
),

afterwards as (
    select
        e.entry_id, e.invoice_id, e.effective_on, l.place, l.places, l.provider_id, l.service_id, l.service_date,
        l.line_cents,
        sum(case when e.is_payment then -e.amount_cents else 0 end) over so_far as paid,
        sum(case when e.is_adjustment and d.place is null then -e.amount_cents else 0 end) over so_far as taken_off,
        sum(case when e.is_adjustment and d.place = l.place then -e.amount_cents else 0 end) over so_far as credited
    from stg_ledger_entry e
    join lines l on l.invoice_id = e.invoice_id and l.places > 1 and not e.is_charge
    left join lines d on d.invoice_id = e.invoice_id and d.charge_id = e.charge_id
    window so_far as (
        partition by e.invoice_id, l.place order by e.effective_on, e.entry_id
        rows between unbounded preceding and current row
    )
),

taking_off as (
    select
        *,
        taken_off - coalesce(sum(greatest(line_cents - credited, 0)) over (
            partition by entry_id order by place desc rows between unbounded preceding and 1 preceding
        ), 0) as left_here
    from afterwards
),

adjusted as (
    select
        *,
        credited + case
            when place = places then least(left_here, greatest(line_cents - credited, 0))
            when place > 1 then least(greatest(left_here, 0), greatest(line_cents - credited, 0))
            else greatest(left_here, 0)
        end as adjusted_here
    from taking_off
),

paying as (
    select
        * exclude (left_here),
        paid - coalesce(sum(greatest(line_cents - adjusted_here, 0)) over (
            partition by entry_id order by place rows between unbounded preceding and 1 preceding
        ), 0) as left_here
    from adjusted
),

states as (
    select
        *,
        case
            when place = 1 then least(left_here, greatest(line_cents - adjusted_here, 0))
            when place < places then least(greatest(left_here, 0), greatest(line_cents - adjusted_here, 0))
            else greatest(left_here, 0)
        end as paid_here
    from paying
),

divided as (
    select
        entry_id, place, provider_id, service_id, service_date,
        0 as invoiced_cents,
        paid_here - lag(paid_here, 1, 0) over by_time as collected_cents,
        adjusted_here - lag(adjusted_here, 1, 0) over by_time as adjusted_cents,
        0 as opening_cents
    from states
    window by_time as (partition by invoice_id, place order by effective_on, entry_id)
),

parts as (
    select * from undivided
    union all
    select * from divided where collected_cents <> 0 or adjusted_cents <> 0
)

select
    p.entry_id, p.place, e.effective_on, e.entry_kind, e.is_opening, e.case_id, e.payer_id, e.invoice_id, p.provider_id,
    p.service_id, p.service_date,
    p.invoiced_cents::bigint as invoiced_cents,
    p.collected_cents::bigint as collected_cents,
    p.adjusted_cents::bigint as adjusted_cents,
    p.opening_cents::bigint as opening_cents,
    (p.invoiced_cents + p.opening_cents - p.collected_cents - p.adjusted_cents)::bigint as balance_cents
from parts p
join stg_ledger_entry e using (entry_id)
