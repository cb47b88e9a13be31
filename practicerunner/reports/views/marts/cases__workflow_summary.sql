-- Where every case stands, and what it needs next.
-- grain: one row per case
-- key: case_id
-- resource: clinical_dashboards
-- restricted: financial_dashboards due_cents, overdue_cents
-- restricted: questionnaires critical_open
--
-- The same definitions as rules/workflow_state.py, for all cases at once; a test holds the two equal.
-- workflow_state is the first of these that applies:
--   needs_attention               nobody has said what was done about a critical answer; a note was returned; a held
--                                 appointment has no main note beyond a draft and the practice's hours are over; an appointment is over and somebody's
--                                 attendance is not recorded; an appointment can be charged and is not, or not in full; an invoice is
--                                 past due; the treatment plan in force of somebody who takes part, or of the case, is
--                                 due for review; somebody is on the waitlist while fewer take part than there are places
--   intake_incomplete             nobody takes part, or a participant lacks the intake (given for whichever case) or the
--                                 consent (to this case) that the kind of case asks for
--   payment_method_missing        several people share one charge and nobody said who pays; what was said has ended, for
--                                 the case or for somebody who takes part; or nobody said who pays, nobody has paid
--                                 (pending or failed money is none) and no payer has a saved payment method
--   ready_to_schedule             no appointment lies ahead
--   imported_record_needs_review  the record was imported and nobody has looked at it
--   all_set                       none of these
-- Who is on a waitlist is asked for nothing and pays for nothing. A place is offered while a case is onboarding.
-- Papers and payment are asked for while a case is onboarding, an appointment while it is scheduling; of an imported
-- record neither, until somebody has looked at it.

with people as (
    select case_id, person_id from stg_participant where is_active
),

intakes as (
    select distinct r.person_id from stg_paper_received r join as_of on r.is_intake and r.received_on <= as_of.day
),

consents as (
    select distinct r.case_id, r.person_id
    from stg_paper_received r join as_of on r.is_consent and r.received_on <= as_of.day
),

waiting as (
    select case_id, count(*) as waiting from stg_participant where is_waiting group by case_id
),

participants as (
    select
        p.case_id, count(*) as participants,
        count(*) filter (k.asks_intake and i.person_id is null)
        + count(*) filter (k.asks_consent and s.person_id is null) as papers_missing
    from people p
    join case_shown c using (case_id)
    join case_type_capability k using (case_type)
    left join intakes i on i.person_id = p.person_id
    left join consents s on s.case_id = p.case_id and s.person_id = p.person_id
    group by p.case_id
),

arrangements as (
    select
        b.case_id, b.person_id,
        coalesce(b.valid_from <= as_of.day and b.valid_until < as_of.day, false) as is_over
    from stg_billing_arrangement b cross join as_of
    qualify row_number() over (
        partition by b.case_id, b.person_id order by b.valid_from <= as_of.day desc, b.valid_from desc
    ) = 1
),

arranged as (
    select
        a.case_id, bool_or(not a.is_over) as has_arrangement,
        count(*) filter (a.is_over and (a.person_id is null or p.person_id is not null)) as arrangements_over
    from arrangements a
    left join people p using (case_id, person_id)
    group by a.case_id
),

payment_states as (
    select
        payment_id, bool_or(has_failed) as has_failed, bool_or(was_pending) as was_pending,
        bool_or(has_settled) as has_settled
    from stg_payment_event
    group by payment_id
),

payable as (
    select p.case_id
    from stg_payment p
    left join payment_states s using (payment_id)
    where s.payment_id is null or (not s.has_failed and (s.has_settled or not s.was_pending))
    union
    select b.case_id
    from stg_billing_arrangement b
    join stg_payer_share s using (arrangement_id)
    join stg_payment_method m on m.payer_id = s.payer_id and m.is_kept
    union
    select p.case_id
    from stg_participant p
    join stg_payer y on y.person_id = p.person_id
    join stg_payment_method m on m.payer_id = y.payer_id and m.is_kept
    where not p.is_waiting
),

attendances as (
    select appointment_id, bool_or(is_pending) as is_unrecorded
    from stg_attendance
    group by appointment_id
),

uninvoiced as (
    select case_id, count(*) as not_invoiced from stg_uninvoiced group by case_id
),

written as (
    select distinct n.appointment_id
    from stg_note n
    join case_shown c using (case_id)
    join case_type_capability k on k.case_type = c.case_type and k.main_note = n.note_kind
    where n.is_written and n.appointment_id is not null
),

critical as (
    select a.case_id, count(*) as critical_open
    from stg_critical_alert a
    join as_of on a.raised_at <= as_of.moment and (a.closed_at is null or a.closed_at > as_of.moment)
    group by a.case_id
),

returned as (
    select case_id, count(*) as notes_returned from stg_note where is_returned group by case_id
),

plans as (
    select case_id, person_id, review_on
    from stg_note join as_of on locked_at <= as_of.moment
    where is_signed_plan
    qualify row_number() over (partition by case_id, person_id order by locked_at desc, note_id desc) = 1
),

reviews as (
    select p.case_id, count(*) as plans_due
    from plans p
    join as_of on p.review_on <= as_of.day
    join case_shown c using (case_id)
    join case_type_capability k using (case_type)
    where c.is_kept and (k.clinical_fields or (k.clinical_fields_switchable and c.clinical_fields)) and (
        p.person_id is null
        or exists (from stg_participant t where t.case_id = p.case_id and t.person_id = p.person_id and not t.has_left)
    )
    group by p.case_id
),

appointments as (
    select
        a.case_id,
        min(a.starts_at) filter (a.is_pending and a.starts_at > as_of.moment) as next_at,
        max(a.local_date) filter (a.is_held and a.ends_at <= as_of.moment) as last_held_on,
        count(*) filter (
            case when a.is_held and w.appointment_id is null then timezone('UTC', timezone(
                p.zone, timezone(p.zone, timezone('UTC', a.ends_at)) + to_hours(p.note_due_hours)
            )) < as_of.moment else false end
        ) as notes_overdue,
        count(*) filter (
            t.is_unrecorded and not a.is_cancelled and a.ends_at < as_of.moment
        ) as attendance_missing
    from stg_appointment a
    cross join as_of
    cross join stg_practice p
    left join written w on w.appointment_id = a.appointment_id
    left join attendances t on t.appointment_id = a.appointment_id
    group by a.case_id
),

open_items as (
    select e.case_id, i.due_on, sum(e.amount_cents) as open_cents
    from stg_ledger_entry e
    join stg_invoice i using (invoice_id)
    join as_of on e.effective_on <= as_of.day
    group by e.case_id, e.invoice_id, i.due_on
    having sum(e.amount_cents) > 0
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
        coalesce(l.critical_open, 0) as critical_open,
        coalesce(r.notes_returned, 0) as notes_returned,
        coalesce(v.plans_due, 0) as plans_due,
        coalesce(a.notes_overdue, 0) as notes_overdue,
        coalesce(a.attendance_missing, 0) as attendance_missing,
        coalesce(u.not_invoiced, 0) as not_invoiced,
        coalesce(m.due_cents, 0)::bigint as due_cents,
        coalesce(m.overdue_cents, 0)::bigint as overdue_cents,
        coalesce(b.has_arrangement, false) as has_arrangement,
        coalesce(b.arrangements_over, 0) > 0 and coalesce(p.participants, 0) > 0 as arrangement_over,
        y.case_id is not null as has_paid_or_can,
        coalesce(p.papers_missing, 0) as papers_missing,
        coalesce(w.waiting, 0) as waiting,
        c.is_onboarding and coalesce(w.waiting, 0) > 0
        and (c.capacity is null or coalesce(p.participants, 0) < c.capacity) as place_free,
        c.needs_review, c.is_onboarding, c.is_scheduling, k.charged_each, k.one_person
    from case_shown c
    join case_type_capability k using (case_type)
    join stg_staff s on s.staff_id = c.provider_id
    left join participants p on p.case_id = c.case_id
    left join waiting w on w.case_id = c.case_id
    left join arranged b on b.case_id = c.case_id
    left join uninvoiced u on u.case_id = c.case_id
    left join payable y on y.case_id = c.case_id
    left join critical l on l.case_id = c.case_id
    left join returned r on r.case_id = c.case_id
    left join reviews v on v.case_id = c.case_id
    left join appointments a on a.case_id = c.case_id
    left join money m on m.case_id = c.case_id
)

select
    * exclude (arrangement_over, is_onboarding, is_scheduling, charged_each, one_person),
    case
        when critical_open + notes_returned + plans_due + notes_overdue + attendance_missing + not_invoiced > 0
            or overdue_cents > 0 or place_free
            then 'needs_attention'
        when is_onboarding and not needs_review and (participants = 0 or papers_missing > 0) then 'intake_incomplete'
        when is_onboarding and not needs_review and (
            arrangement_over
            or (not has_arrangement and (not has_paid_or_can or not (charged_each or one_person)))
        )
            then 'payment_method_missing'
        when is_scheduling and not needs_review and next_at is null then 'ready_to_schedule'
        when needs_review then 'imported_record_needs_review'
        else 'all_set'
    end as workflow_state
from facts
