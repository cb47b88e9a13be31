-- Which held appointments lack their signed note although the hours for it are over.
-- grain: one row per appointment
-- key: appointment_id
-- resource: clinical_dashboards
-- restricted: clinical_note case_id, case_name, note_status
-- period: day
--
-- The note meant is the main note of the kind of case. It is due the practice's number of hours after the end, on
-- the wall clock; it counts as signed from the moment it was locked. note_status is empty where nobody has begun one.

with main_notes as (
    select
        n.appointment_id,
        bool_or(n.is_signed and n.locked_at <= as_of.moment) as is_signed,
        max_by(n.note_status, n.note_id) as note_status
    from stg_note n
    join case_shown c using (case_id)
    join case_type_capability k on k.case_type = c.case_type and k.main_note = n.note_kind
    cross join as_of
    where n.appointment_id is not null
    group by n.appointment_id
),

held as (
    select a.*, n.note_status
    from stg_appointment a cross join as_of left join main_notes n using (appointment_id)
    where a.is_held and a.ends_at <= as_of.moment and not coalesce(n.is_signed, false)
),

waiting as (
    select
        h.*,
        timezone('UTC', timezone(
            p.zone, timezone(p.zone, timezone('UTC', h.ends_at)) + to_hours(p.note_due_hours)
        )) as due_at
    from held h cross join stg_practice p
)

select
    h.appointment_id, h.local_date as day, h.provider_id, s.staff_name as provider_name, h.case_id, c.case_name,
    c.case_type, k.main_note as note_kind, h.note_status, h.due_at,
    floor((epoch(as_of.moment) - epoch(h.due_at)) / 86400)::bigint as days_overdue
from waiting h
join as_of on as_of.moment > h.due_at
join case_shown c using (case_id)
join case_type_capability k on k.case_type = c.case_type
join stg_staff s on s.staff_id = h.provider_id
