-- How many active cases and clients there are, by kind and provider.
-- grain: one row per provider and kind of case
-- key: provider_id, case_type
-- resource: clinical_dashboards
--
-- A person in two cases of one kind and provider is one client. Participants of kinds that do not count as clients are
-- in participants and not in clients.

with people as (
    select p.case_id, p.person_id
    from stg_participant p
    join as_of on p.is_active and p.joined_on <= as_of.day and (p.left_on is null or p.left_on > as_of.day)
)

select
    c.provider_id, s.staff_name as provider_name, c.case_type, k.heading,
    count(distinct c.case_id) as active_cases,
    count(distinct p.person_id) as participants,
    count(distinct p.person_id) filter (k.counts_as_client) as clients
from case_shown c
join as_of on c.is_active and c.opened_on <= as_of.day
join case_type_capability k using (case_type)
join stg_staff s on s.staff_id = c.provider_id
left join people p using (case_id)
group by c.provider_id, s.staff_name, c.case_type, k.heading
