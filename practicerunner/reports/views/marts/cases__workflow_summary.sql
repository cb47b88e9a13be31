-- Where every case stands, and what it needs next.
-- grain: one row per case
-- key: case_id
-- resource: clinical_dashboards
-- restricted: financial_dashboards due_cents, overdue_cents
--
-- workflow_state is the first of these that applies:
--   needs_attention               an appointment is over and its attendance is not recorded, or a main note is past due,
--                                 or an invoice is past due
--   intake_incomplete             a current participant lacks an intake or a consent that the kind of case asks for
--   payment_method_missing        nobody is set to pay: no arrangement in force, for the case or (where each participant
--                                 is charged) for one of the current participants
--   ready_to_schedule             no appointment lies ahead
--   imported_record_needs_review  the record was imported and nobody has looked at it
--   all_set                       none of these
-- A closed case (archived or a mere contact) is asked only for what needs attention.

with people as (
    select p.case_id, p.person_id
    from stg_participant p
    join as_of on p.is_active and p.joined_on <= as_of.day and (p.left_on is null or p.left_on > as_of.day)
),

arrangements as (
    select distinct b.case_id, b.person_id
    from stg_billing_arrangement b join as_of on b.valid_from <= as_of.day
),

papers as (
    select r.case_id, r.person_id, bool_or(r.is_intake) as has_intake, bool_or(r.is_consent) as has_consent
    from stg_paper_received r join as_of on r.received_on <= as_of.day
    group by r.case_id, r.person_id
),

participants as (
    select
        p.case_id, count(*) as participants,
        count(*) filter (k.asks_intake and not coalesce(r.has_intake, false))
        + count(*) filter (k.asks_consent and not coalesce(r.has_consent, false)) as papers_missing,
        count(*) filter (own.person_id is null) as without_own_arrangement
    from people p
    join stg_case_file c using (case_id)
    join case_type_capability k using (case_type)
    left join papers r on r.case_id = p.case_id and r.person_id = p.person_id
    left join arrangements own on own.case_id = p.case_id and own.person_id = p.person_id
    group by p.case_id
),

whole_case as (
    select distinct case_id from arrangements where person_id is null
),

pending as (
    select appointment_id from stg_attendance group by appointment_id having bool_or(is_pending)
),

signed as (
    select distinct n.appointment_id
    from stg_note n
    join stg_case_file c using (case_id)
    join case_type_capability k on k.case_type = c.case_type and k.main_note = n.note_kind
    join as_of on n.is_signed and n.locked_at <= as_of.moment
    where n.appointment_id is not null
),

appointments as (
    select
        a.case_id,
        min(a.starts_at) filter (a.is_pending and a.starts_at > as_of.moment) as next_at,
        max(a.local_date) filter (a.is_held and a.ends_at <= as_of.moment) as last_held_on,
        count(*) filter (a.is_held and a.ends_at <= as_of.moment and s.appointment_id is null) as without_note,
        count(*) filter (
            a.is_held and a.ends_at + to_hours(p.note_due_hours) < as_of.moment and s.appointment_id is null
        ) as notes_overdue,
        count(*) filter (
            a.ends_at <= as_of.moment and (a.is_pending or (a.is_held and t.appointment_id is not null))
        ) as attendance_missing
    from stg_appointment a
    cross join as_of
    cross join stg_practice p
    left join signed s on s.appointment_id = a.appointment_id
    left join pending t on t.appointment_id = a.appointment_id
    group by a.case_id
),

open_items as (
    select e.case_id, i.due_on, sum(e.amount_cents) as open_cents
    from stg_ledger_entry e
    join stg_invoice i using (invoice_id)
    join as_of on e.effective_on <= as_of.day
    group by e.case_id, e.invoice_id, i.due_on
    union all
    select e.case_id, null, sum(e.amount_cents)
    from stg_ledger_entry e
    join as_of on e.effective_on <= as_of.day
    where e.invoice_id is null
    group by e.case_id, e.payer_id
    having sum(e.amount_cents) > 0
),

money as (
    select
        o.case_id, sum(o.open_cents) as due_cents,
        sum(o.open_cents) filter (o.due_on < as_of.day) as overdue_cents
    from open_items o cross join as_of
    group by o.case_id
),

facts as (
    select
        c.case_id, c.case_name, c.case_type, c.case_status, c.provider_id, s.staff_name as provider_name,
        coalesce(p.participants, 0) as participants,
        a.next_at, a.last_held_on,
        coalesce(a.without_note, 0) as without_note,
        coalesce(a.notes_overdue, 0) as notes_overdue,
        coalesce(a.attendance_missing, 0) as attendance_missing,
        coalesce(m.due_cents, 0)::bigint as due_cents,
        coalesce(m.overdue_cents, 0)::bigint as overdue_cents,
        w.case_id is not null
        or (k.charged_each and coalesce(p.participants, 0) > 0 and p.without_own_arrangement = 0) as has_arrangement,
        coalesce(p.papers_missing, 0) as papers_missing,
        c.needs_review, c.is_closed
    from stg_case_file c
    join case_type_capability k using (case_type)
    join stg_staff s on s.staff_id = c.provider_id
    left join participants p on p.case_id = c.case_id
    left join whole_case w on w.case_id = c.case_id
    left join appointments a on a.case_id = c.case_id
    left join money m on m.case_id = c.case_id
)

select
    * exclude (is_closed),
    case
        when attendance_missing > 0 or notes_overdue > 0 or overdue_cents > 0 then 'needs_attention'
        when is_closed then 'all_set'
        when papers_missing > 0 then 'intake_incomplete'
        when not has_arrangement then 'payment_method_missing'
        when next_at is null then 'ready_to_schedule'
        when needs_review then 'imported_record_needs_review'
        else 'all_set'
    end as workflow_state
from facts
