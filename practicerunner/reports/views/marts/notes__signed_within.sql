-- How long after each held appointment its author signed the note.
-- grain: one row per appointment
-- key: appointment_id
-- resource: clinical_dashboards
-- restricted: clinical_note case_id, case_name
-- period: day
--
-- The main note of the kind of case, as it is signed today: a note that was returned is not signed until its author
-- signs again, and then counts from their first signature. The author is whoever signed first, and the provider where
-- nobody has. Each appointment is the first of these that applies: within_day (24 hours after the end, on the wall
-- clock), within_hours (the practice's hours), within_days (before the practice calls it a late entry), later, and
-- not_yet.

with first_signature as (
    select note_id, min(signed_at) as signed_at
    from stg_signature
    where is_author
    group by note_id
),

written as (
    select n.*, least(f.signed_at, n.submitted_at, n.locked_at) as signed_at
    from stg_note n
    left join first_signature f using (note_id)
    where n.is_signed_by_author
),

signed as (
    select n.appointment_id, min(n.signed_at) as signed_at, min_by(n.author_id, n.signed_at) as author_id
    from written n
    join case_shown c using (case_id)
    join case_type_capability k on k.case_type = c.case_type and k.main_note = n.note_kind
    join as_of on n.signed_at <= as_of.moment
    where n.appointment_id is not null
    group by n.appointment_id
),

held as (
    select
        a.*, n.signed_at, coalesce(n.author_id, a.provider_id) as writer_id,
        timezone('UTC', timezone(
            p.zone, timezone(p.zone, timezone('UTC', a.ends_at)) + to_hours(24)
        )) as day_later,
        timezone('UTC', timezone(
            p.zone, timezone(p.zone, timezone('UTC', a.ends_at)) + to_hours(p.note_due_hours)
        )) as due_at,
        date_diff('day', a.local_date, cast(timezone(p.zone, timezone('UTC', n.signed_at)) as date)) as days,
        p.late_entry_days
    from stg_appointment a
    cross join stg_practice p
    join as_of on a.is_held and a.ends_at <= as_of.moment
    left join signed n using (appointment_id)
),

banded as (
    select
        *,
        case
            when signed_at is null then 'not_yet'
            when signed_at <= day_later then 'within_day'
            when signed_at <= due_at then 'within_hours'
            when days <= late_entry_days then 'within_days'
            else 'later'
        end as band
    from held
)

select
    h.appointment_id, h.local_date as day, h.provider_id, h.writer_id as author_id, s.staff_name as author_name,
    h.case_id, c.case_name, h.signed_at,
    (h.band = 'within_day')::bigint as within_day,
    (h.band = 'within_hours')::bigint as within_hours,
    (h.band = 'within_days')::bigint as within_days,
    (h.band = 'later')::bigint as later,
    (h.band = 'not_yet')::bigint as not_yet
from banded h
join case_shown c using (case_id)
join stg_staff s on s.staff_id = h.writer_id
