-- Which appointments there were, and who came.
-- grain: one row per appointment up to the day that was held, missed or cancelled
-- key: appointment_id
-- resource: clinical_dashboards
-- period: day
--
-- The number of people of each outcome; excused and cancelled ones are never among the no-shows.

with attendances as (
    select
        appointment_id,
        count(*) filter (is_attended) as attended,
        count(*) filter (is_no_show) as no_shows,
        count(*) filter (is_late_cancelled) as late_cancellations,
        count(*) filter (is_excused) as excused,
        count(*) filter (is_cancelled_by_client) as cancelled_by_client,
        count(*) filter (is_cancelled_by_provider) as cancelled_by_provider
    from stg_attendance
    where not is_pending
    group by appointment_id
)

select
    a.appointment_id, a.local_date as day, cast(date_trunc('week', a.local_date) as date) as week, a.starts_at,
    a.provider_id, s.staff_name as provider_name, a.case_id, c.case_name, c.case_type, a.is_held,
    date_diff('minute', a.starts_at, a.ends_at) as minutes,
    case when a.is_held then date_diff('minute', a.starts_at, a.ends_at) else 0 end as minutes_held,
    coalesce(t.attended, 0) as attended,
    coalesce(t.no_shows, 0) as no_shows,
    coalesce(t.late_cancellations, 0) as late_cancellations,
    coalesce(t.excused, 0) as excused,
    coalesce(t.cancelled_by_client, 0) as cancelled_by_client,
    coalesce(t.cancelled_by_provider, 0) as cancelled_by_provider
from stg_appointment a
join as_of on a.local_date <= as_of.day
join case_shown c using (case_id)
join stg_staff s on s.staff_id = a.provider_id
left join attendances t using (appointment_id)
where a.is_held or a.is_cancelled or t.appointment_id is not null
