-- Whether the note of every held appointment was signed in time.
-- grain: one row per appointment
-- key: appointment_id
-- resource: clinical_dashboards
-- restricted: clinical_note case_id, case_name
-- period: day
--
-- The main note of the kind of case, due the practice's number of hours after the end, on the wall clock. Each
-- appointment is one of on_time (signed by then), late (signed later), due (not signed, there is time) and overdue.

with signed as (
    select n.appointment_id, min(n.locked_at) as signed_at
    from stg_note n
    join case_shown c using (case_id)
    join case_type_capability k on k.case_type = c.case_type and k.main_note = n.note_kind
    join as_of on n.is_signed and n.locked_at <= as_of.moment
    where n.appointment_id is not null
    group by n.appointment_id
),

held as (
    select
        a.*, n.signed_at,
        timezone('UTC', timezone(
            p.zone, timezone(p.zone, timezone('UTC', a.ends_at)) + to_hours(p.note_due_hours)
        )) as due_at
    from stg_appointment a
    cross join stg_practice p
    join as_of on a.is_held and a.ends_at <= as_of.moment
    left join signed n using (appointment_id)
)

select
    h.appointment_id, h.local_date as day, h.provider_id, s.staff_name as provider_name, h.case_id, c.case_name,
    h.due_at, h.signed_at,
    case when h.signed_at <= h.due_at then 1 else 0 end::bigint as on_time,
    case when h.signed_at > h.due_at then 1 else 0 end::bigint as late,
    case when h.signed_at is null and as_of.moment <= h.due_at then 1 else 0 end::bigint as due,
    case when h.signed_at is null and as_of.moment > h.due_at then 1 else 0 end::bigint as overdue
from held h
cross join as_of
join case_shown c using (case_id)
join stg_staff s on s.staff_id = h.provider_id
