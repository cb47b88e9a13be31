-- How many sessions were held, and who did not come, week by week.
-- grain: one row per week (its Monday) and provider
-- key: week, provider_id
-- resource: clinical_dashboards
-- period: week
--
-- no_show_rate = no-shows / (attended + no-shows); excused is not counted, and it is empty where nobody was expected.
-- A rate over several rows is made of the counts, never of the rates.

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
    cast(date_trunc('week', a.local_date) as date) as week, a.provider_id, s.staff_name as provider_name,
    count(*) filter (a.is_held) as held,
    coalesce(sum(t.attended), 0)::bigint as attended,
    coalesce(sum(t.no_shows), 0)::bigint as no_shows,
    coalesce(sum(t.late_cancellations), 0)::bigint as late_cancellations,
    sum(t.no_shows) / nullif(sum(t.attended) + sum(t.no_shows), 0) as no_show_rate
from stg_appointment a
join as_of on a.local_date <= as_of.day
join case_shown c using (case_id)
join stg_staff s on s.staff_id = a.provider_id
left join attendances t using (appointment_id)
group by 1, 2, 3
