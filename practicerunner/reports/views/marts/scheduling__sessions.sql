-- Which appointments there were, and who came.
-- grain: one row per appointment up to the day
-- key: appointment_id
-- resource: clinical_dashboards
-- period: day
--
-- Appointments that were held, or that somebody missed or cancelled late; excused and cancelled ones are left out.

with attendances as (
    select
        appointment_id,
        count(*) filter (is_attended) as attended,
        count(*) filter (is_no_show) as no_shows,
        count(*) filter (is_late_cancelled) as late_cancellations
    from stg_attendance
    group by appointment_id
)

select
    a.appointment_id, a.local_date as day, a.starts_at, a.provider_id, s.staff_name as provider_name, a.case_id,
    c.case_name, c.case_type, a.is_held,
    coalesce(t.attended, 0) as attended,
    coalesce(t.no_shows, 0) as no_shows,
    coalesce(t.late_cancellations, 0) as late_cancellations
from stg_appointment a
join as_of on a.local_date <= as_of.day
join stg_case_file c using (case_id)
join stg_staff s on s.staff_id = a.provider_id
left join attendances t using (appointment_id)
where a.is_held or t.attended > 0 or t.no_shows > 0 or t.late_cancellations > 0
