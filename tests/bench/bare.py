"""The limit: the same rows by hand-written SQL on the plain driver, same file, same pragmas, triggers and all."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from practicerunner import clock, database, ids
from practicerunner.records import audit
from practicerunner.vocabulary import Outcome
from tests.bench.building import Volume
from tests.bench.volume import FEE_CENTS, MINUTES, OFFICE, OWNER, THERAPY, ZONE


class Bare:
    """Stdlib sqlite3 on the same file, with the pragmas of the product."""

    def __init__(self, volume: Volume) -> None:
        self._connection = sqlite3.connect(
            volume.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )
        for name, value in database.pragmas(volume.engine).items():
            self._connection.execute(f"pragma {name}={value}")

    def all(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """Every row."""
        return self._connection.execute(sql, params).fetchall()

    def run(self, sql: str, **params: Any) -> None:
        """A statement without rows."""
        self._connection.execute(sql, params)

    def run_each(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """The same statement for many rows."""
        self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        yield
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """No longer needed."""
        self._connection.close()


# --- What every act of ours leaves beside its rows --------------------------------------------------------------------


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _traces(bare: Bare, now: str, command: str, resource: str, result: Any, case_id: int, detail: str = "",
            staff: int = OWNER) -> None:
    """The operation and the chained audit row."""
    bare.run(
        "insert into operation (id, created_at, key, command, staff_id, request_hash, result) "
        "values (:id, :now, :key, :command, :staff, :request, :result)",
        id=ids.new_id(), now=now, key=ids.new_operation(), command=command, staff=staff, request="0" * 64,
        result=json.dumps(result),
    )
    found = bare.all("select hash from audit_log order by seq desc limit 1")
    previous = found[0][0] if found else audit.GENESIS
    at = clock.now()
    subject = result if isinstance(result, int) else None
    facts = [at.isoformat(), staff, "owner", command, resource, subject, case_id, Outcome.ALLOWED.value, detail]
    hashed = hashlib.sha256((previous + json.dumps(facts)).encode()).hexdigest()
    bare.run(
        "insert into audit_log (at, staff_id, role, action, resource, resource_id, case_id, outcome, detail, "
        "previous_hash, hash) values (:at, :staff, 'owner', :command, :resource, :subject, :case_id, 'allowed', "
        ":detail, :previous, :hash)",
        at=now, staff=staff, command=command, resource=resource, subject=subject, case_id=case_id, detail=detail,
        previous=previous, hash=hashed,
    )


def create_client(bare: Bare, first: str, last: str, phone: str, provider_id: int, day: date) -> int:
    """A person with a phone, their standing as payer, their case and their place in it."""
    now = _text(clock.now())
    person, payer, case = ids.new_id(), ids.new_id(), ids.new_id()
    with bare.transaction():
        bare.run(
            "insert into person (id, created_at, revision, first_name, last_name, preferred_name, birth_date, "
            "pronouns, address, search_text) values (:id, :now, 1, :first, :last, '', :born, '', '', :found_by)",
            id=person, now=now, first=first, last=last, born="1988-04-05", found_by=f"{first} {last} {phone}".lower(),
        )
        bare.run(
            "insert into contact_point (id, created_at, person_id, kind, value, preferred, may_call, may_text, "
            "may_email) values (:id, :now, :person, 'phone', :phone, :yes, :yes, :no, :no)",
            id=ids.new_id(), now=now, person=person, phone=phone, yes=True, no=False,
        )
        bare.run(
            "insert into payer (id, created_at, person_id, name, revision) values (:id, :now, :person, :name, 1)",
            id=payer, now=now, person=person, name=f"{first} {last}",
        )
        bare.run(
            "insert into case_file (id, created_at, revision, type, name, has_own_name, sort_key, search_text, status, "
            "provider_id, opened_on, clinical_fields, needs_review) values (:id, :now, 1, 'individual', :name, :no, "
            ":sort_key, :found_by, 'active', :provider, :day, :no, :no)",
            id=case, now=now, name=f"{first} {last}", no=False, sort_key=f"{last} {first}".lower(),
            found_by=f"{first} {last} {first} {last} {phone}".lower(), provider=provider_id, day=day.isoformat(),
        )
        bare.run(
            "insert into participant (id, created_at, revision, case_id, person_id, position, status, role, joined_on) "
            "values (:id, :now, 1, :case_id, :person, 1, 'active', '', :day)",
            id=ids.new_id(), now=now, case_id=case, person=person, day=day.isoformat(),
        )
        _traces(bare, now, "open_case", "case", case, case)
    return case


_TAKEN = (
    "select 1 from hold where resource_id = :provider and starts_at < :ends and starts_at > :before "
    "and ends_at > :starts union all select 1 from attendance a join appointment p on p.id = a.appointment_id "
    "where a.person_id = :person and a.status in ('scheduled', 'confirmed', 'arrived', 'attended', 'no_show') "
    "and p.status <> 'cancelled' and p.starts_at < :ends and p.starts_at > :before and p.ends_at > :starts"
)


def create_appointment(bare: Bare, case_id: int, person_id: int, provider_id: int, day: date, hour: int) -> int:
    """Look whether provider or client are taken; then the appointment, who takes part and the provider's hold."""
    starts = datetime.combine(day, time(hour), ZoneInfo(ZONE)).astimezone(UTC)
    starts_at, ends_at = _text(starts), _text(starts + timedelta(minutes=MINUTES))
    before = _text(starts - timedelta(days=1))
    now, appointment = _text(clock.now()), ids.new_id()
    with bare.transaction():
        if bare.all(_TAKEN, provider=provider_id, person=person_id, starts=starts_at, ends=ends_at, before=before):
            raise ValueError("The slot is taken.")
        bare.run(
            "insert into appointment (id, created_at, revision, case_id, provider_id, service_id, status, local_date, "
            "local_time, minutes, zone, starts_at, ends_at, format, location_id, fee_cents, memo, cancelled_reason, "
            "override_reason) values (:id, :now, 1, :case_id, :provider, :service, 'scheduled', :day, :at, :minutes, "
            ":zone, :starts, :ends, 'in_person', :office, :fee, '', '', '')",
            id=appointment, now=now, case_id=case_id, provider=provider_id, service=THERAPY, day=day.isoformat(),
            at=f"{hour:02d}:00:00.000000", minutes=MINUTES, zone=ZONE, starts=starts_at, ends=ends_at, office=OFFICE,
            fee=FEE_CENTS,
        )
        bare.run(
            "insert into attendance (id, created_at, revision, appointment_id, case_id, person_id, status) "
            "values (:id, :now, 1, :appointment, :case_id, :person, 'scheduled')",
            id=ids.new_id(), now=now, appointment=appointment, case_id=case_id, person=person_id,
        )
        bare.run(
            "insert into hold (id, created_at, resource_id, starts_at, ends_at, appointment_id, overriding) "
            "values (:id, :now, :provider, :starts, :ends, :appointment, :no)",
            id=ids.new_id(), now=now, provider=provider_id, starts=starts_at, ends=ends_at, appointment=appointment,
            no=False,
        )
        _traces(bare, now, "book", "appointments", appointment, case_id)
    return appointment


def book_series(
    bare: Bare, case_id: int, person_id: int, provider_id: int, first: date, hour: int, count: int
) -> list[int]:
    """Look at each date whether provider or client are taken; then the series and all its rows, table by table."""
    days = [first + timedelta(weeks=n) for n in range(count)]
    starts = [datetime.combine(day, time(hour), ZoneInfo(ZONE)).astimezone(UTC) for day in days]
    slots = [(_text(at), _text(at + timedelta(minutes=MINUTES)), _text(at - timedelta(days=1))) for at in starts]
    now, series, made = _text(clock.now()), ids.new_id(), [ids.new_id() for _ in days]
    at = f"{hour:02d}:00:00.000000"
    with bare.transaction():
        for starts_at, ends_at, before in slots:
            if bare.all(_TAKEN, provider=provider_id, person=person_id, starts=starts_at, ends=ends_at, before=before):
                raise ValueError("The slot is taken.")
        bare.run(
            "insert into series (id, created_at, revision, case_id, rule, first_date, local_time, zone, shift_days, "
            "provider_id, service_id, minutes, format, location_id) values (:id, :now, 1, :case_id, :rule, :first, "
            ":at, :zone, 0, :provider, :service, :minutes, 'in_person', :office)",
            id=series, now=now, case_id=case_id, rule=f"FREQ=WEEKLY;INTERVAL=1;COUNT={count}", first=first.isoformat(),
            at=at, zone=ZONE, provider=provider_id, service=THERAPY, minutes=MINUTES, office=OFFICE,
        )
        bare.run_each(
            "insert into appointment (id, created_at, revision, case_id, provider_id, service_id, status, local_date, "
            "local_time, minutes, zone, starts_at, ends_at, format, location_id, fee_cents, memo, series_id, "
            "series_date, series_moved, fold, cancelled_reason, override_reason) values (?, ?, 1, ?, ?, ?, 'scheduled',"
            " ?, ?, ?, ?, ?, ?, 'in_person', ?, ?, '', ?, ?, 0, 0, '', '')",
            [(one, now, case_id, provider_id, THERAPY, day.isoformat(), at, MINUTES, ZONE, starts_at, ends_at, OFFICE,
              FEE_CENTS, series, day.isoformat())
             for one, day, (starts_at, ends_at, _) in zip(made, days, slots, strict=True)],
        )
        bare.run_each(
            "insert into attendance (id, created_at, revision, appointment_id, case_id, person_id, status) "
            "values (?, ?, 1, ?, ?, ?, 'scheduled')",
            [(ids.new_id(), now, one, case_id, person_id) for one in made],
        )
        bare.run_each(
            "insert into hold (id, created_at, resource_id, starts_at, ends_at, appointment_id, overriding) "
            "values (?, ?, ?, ?, ?, ?, 0)",
            [(ids.new_id(), now, provider_id, starts_at, ends_at, one)
             for one, (starts_at, ends_at, _) in zip(made, slots, strict=True)],
        )
        _traces(bare, now, "book_series", "appointments", made, case_id)
    return made


def _number(bare: Bare, kind: str, prefix: str, year: int) -> str:
    found = bare.all(
        "update number_series set next_number = next_number + 1 where kind = :kind and year = :year "
        "returning next_number - 1", kind=kind, year=year,
    )
    return f"{prefix}-{year}-{found[0][0]:04d}"


def _document(bare: Bare, now: str, kind: str, number: str, payer: int, case_id: int, content: dict[str, Any],
              invoice: int | None, payment: int | None) -> None:
    text = json.dumps(content, sort_keys=True)
    bare.run(
        "insert into issued_document (id, created_at, kind, number, payer_id, case_id, invoice_id, payment_id, "
        "content, content_hash) values (:id, :now, :kind, :number, :payer, :case_id, :invoice, :payment, "
        ":content, :hash)",
        id=ids.new_id(), now=now, kind=kind, number=number, payer=payer, case_id=case_id, invoice=invoice,
        payment=payment, content=text, hash=hashlib.sha256(text.encode()).hexdigest(),
    )


LETTERHEAD = {
    "name": "Measured Practice", "address": "1 Level Road\nAlbany, NY 12207", "phone": "+1 518 555 0100",
    "email": "desk@measured.example", "tax_id": "",
}


def invoice_appointment(bare: Bare, appointment_id: int, day: date) -> int:
    """Read what is charged and to whom; then charge, share, invoice, line, entry, open amount and paper."""
    now, today = _text(clock.now()), day.isoformat()
    due = (day + timedelta(days=14)).isoformat()
    charge, invoice = ids.new_id(), ids.new_id()
    with bare.transaction():
        found = bare.all(
            "select a.case_id, a.provider_id, a.service_id, a.local_date, a.fee_cents, s.name, p.id, p.name, c.name, "
            "t.status from appointment a join attendance t on t.appointment_id = a.id "
            "join case_file c on c.id = a.case_id join service s on s.id = a.service_id "
            "join billing_arrangement b on b.case_id = a.case_id join payer_share h on h.arrangement_id = b.id "
            "join payer p on p.id = h.payer_id where a.id = :id and not exists "
            "(select 1 from charge x where x.appointment_id = a.id and x.withdrawn_at is null)", id=appointment_id,
        )
        case_id, provider, service, held_on, cents, description, payer, payer_name, case_name, _ = found[0]
        held_on = str(held_on)
        number = _number(bare, "invoice", "INV", day.year)
        bare.run(
            "insert into invoice (id, created_at, number, payer_id, case_id, issued_on, due_on, total_cents, "
            "issued_by_id) values (:id, :now, :number, :payer, :case_id, :today, :due, :cents, :staff)",
            id=invoice, now=now, number=number, payer=payer, case_id=case_id, today=today, due=due, cents=cents,
            staff=OWNER,
        )
        bare.run(
            "insert into charge (id, created_at, case_id, appointment_id, unit, kind, service_id, service_date, "
            "description, standard_cents, amount_cents, provider_id) values (:id, :now, :case_id, :appointment, :unit, "
            "'service', :service, :held_on, :description, :cents, :cents, :provider)",
            id=charge, now=now, case_id=case_id, appointment=appointment_id, unit=f"{appointment_id}:0",
            service=service, held_on=held_on, description=description, cents=cents, provider=provider,
        )
        bare.run(
            "insert into charge_share (id, created_at, charge_id, payer_id, amount_cents, invoice_id) "
            "values (:id, :now, :charge, :payer, :cents, :invoice)",
            id=ids.new_id(), now=now, charge=charge, payer=payer, cents=cents, invoice=invoice,
        )
        bare.run(
            "insert into invoice_line (id, created_at, invoice_id, charge_id, service_date, description, amount_cents) "
            "values (:id, :now, :invoice, :charge, :held_on, :description, :cents)",
            id=ids.new_id(), now=now, invoice=invoice, charge=charge, held_on=held_on, description=description,
            cents=cents,
        )
        bare.run(
            "insert into ledger_entry (id, created_at, case_id, payer_id, kind, amount_cents, effective_on, "
            "invoice_id, charge_id, reason, recorded_by_id) values (:id, :now, :case_id, :payer, 'charge', :cents, "
            ":today, :invoice, :charge, '', :staff)",
            id=ids.new_id(), now=now, case_id=case_id, payer=payer, cents=cents, today=today, invoice=invoice,
            charge=charge, staff=OWNER,
        )
        bare.run(
            "insert into open_invoice (id, created_at, invoice_id, payer_id, case_id, issued_on, due_on, open_cents) "
            "values (:id, :now, :invoice, :payer, :case_id, :today, :due, :cents)",
            id=ids.new_id(), now=now, invoice=invoice, payer=payer, case_id=case_id, today=today, due=due, cents=cents,
        )
        line = {
            "service_date": held_on, "description": description, "amount_cents": cents, "provider": "",
            "supervisor": "",
        }
        _document(bare, now, "invoice", number, payer, case_id, {
            "number": number, "issued_on": today, "due_on": due, "currency": "USD", "practice": LETTERHEAD,
            "bill_to": {"name": payer_name, "address": ""}, "case_name": case_name, "lines": [line],
            "total_cents": cents, "paid_note": "", "replaces": "", "void": None,
        }, invoice, None)
        _traces(bare, now, "invoice_appointment", "invoices", [invoice], case_id)
    return invoice


def record_payment(bare: Bare, invoice_id: int, day: date) -> int:
    """Read what is open; then payment, entry, the new open amount and the receipt."""
    now, today, payment = _text(clock.now()), day.isoformat(), ids.new_id()
    with bare.transaction():
        found = bare.all(
            "select o.payer_id, o.case_id, o.open_cents, i.number, p.name, l.description from open_invoice o "
            "join invoice i on i.id = o.invoice_id join payer p on p.id = o.payer_id "
            "join invoice_line l on l.invoice_id = i.id where o.invoice_id = :id and o.open_cents > 0", id=invoice_id,
        )
        payer, case_id, cents, invoice_number, payer_name, description = found[0]
        number = _number(bare, "receipt", "RCT", day.year)
        bare.run(
            "insert into payment (id, created_at, payer_id, case_id, method, amount_cents, received_on, reference, "
            "recorded_by_id) values (:id, :now, :payer, :case_id, 'cheque', :cents, :today, '', :staff)",
            id=payment, now=now, payer=payer, case_id=case_id, cents=cents, today=today, staff=OWNER,
        )
        bare.run(
            "insert into ledger_entry (id, created_at, case_id, payer_id, kind, amount_cents, effective_on, "
            "invoice_id, payment_id, reason, recorded_by_id) values (:id, :now, :case_id, :payer, 'payment', :cents, "
            ":today, :invoice, :payment, '', :staff)",
            id=ids.new_id(), now=now, case_id=case_id, payer=payer, cents=-cents, today=today, invoice=invoice_id,
            payment=payment, staff=OWNER,
        )
        bare.run("update open_invoice set open_cents = 0 where invoice_id = :id", id=invoice_id)
        applied = {"invoice_number": invoice_number, "service": description, "amount_cents": cents}
        _document(bare, now, "receipt", number, payer, case_id, {
            "number": number, "received_on": today, "currency": "USD", "practice": LETTERHEAD,
            "received_from": {"name": payer_name, "address": ""}, "method": "Cheque", "reference": "",
            "amount_cents": cents, "unapplied_cents": 0, "applied": [applied],
        }, None, payment)
        _traces(bare, now, "record_payment", "invoices", payment, case_id, number)
    return payment


def statement(
    bare: Bare, payer_id: int, first: date, last: date
) -> tuple[int, list[tuple[Any, ...]], int]:
    """Opening balance, every movement with its balance, closing balance, with all that a line says."""
    rows = bare.all(
        "select e.effective_on, e.kind, e.amount_cents, e.case_id, c.name, e.reverses_id is not null, e.invoice_id, "
        "coalesce(i.number, ''), i.issued_on, coalesce(l.description, ''), g.service_date, e.payment_id, "
        "coalesce(d.number, ''), p.method from ledger_entry e join case_file c on c.id = e.case_id "
        "left join invoice i on i.id = e.invoice_id left join charge g on g.id = e.charge_id "
        "left join invoice_line l on l.invoice_id = e.invoice_id and l.charge_id = e.charge_id "
        "left join payment p on p.id = e.payment_id left join issued_document d on d.payment_id = e.payment_id "
        "and d.kind = 'receipt' where e.payer_id = :payer and e.effective_on <= :last order by e.effective_on, e.id",
        payer=payer_id, last=last.isoformat(),
    )
    starts = first.isoformat()
    opening = balance = sum(row[2] for row in rows if row[0] < starts)
    lines = []
    for row in rows:
        if row[0] >= starts:
            balance += row[2]
            lines.append((*row, balance))
    return opening, lines, balance


def sign_note(bare: Bare, note_id: int, staff: int) -> int:
    """Fix the text of a draft as its first version, sign and lock it."""
    with bare.transaction():
        now, (note,) = _text(clock.now()), bare.all(
            "select n.case_id, n.kind, n.form, n.sections, n.parts, n.service_date, n.appointment_id, n.author_id, "
            "n.status, c.name, a.starts_at, a.local_time, a.minutes, a.format, l.name from note n "
            "join case_file c on c.id = n.case_id join appointment a on a.id = n.appointment_id "
            "left join location l on l.id = a.location_id where n.id = :note",
            note=note_id,
        )
        case_id, kind, form, sections, parts, day, appointment_id, *_ = note
        start = datetime.fromisoformat(f"{day} {note[11][:5]}")
        there = bare.all(
            "select p.id, p.first_name || ' ' || p.last_name from attendance a join person p on p.id = a.person_id "
            "where a.appointment_id = :id and a.status in ('attended', 'arrived')", id=appointment_id,
        )
        codes: dict[str, list[dict[str, str]]] = {}
        for person, code, description in bare.all(
            "select person_id, code, description from diagnosis where case_id = :case_id and onset_on <= :day "
            "and (ended_on is null or ended_on >= :day)", case_id=case_id, day=day,
        ):
            codes.setdefault(str(person), []).append({"code": code, "description": description})
        ahead = bare.all(
            "select local_date, local_time from appointment where case_id = :case_id and starts_at > :after "
            "and status <> 'cancelled' order by starts_at limit 1", case_id=case_id, after=note[10],
        )
        bare.all("select supervisor_id, level from supervision where associate_id = :staff", staff=staff)
        (signer,) = bare.all(
            "select first_name || ' ' || last_name, credentials, licence from staff where id = :staff", staff=staff,
        )
        content = {
            "kind": kind, "form": form, "sections": json.loads(sections), "parts": json.loads(parts), "header": {
                "case": note[9], "date": day, "start": note[11][:5], "minutes": note[12], "format": note[13],
                "end": f"{start + timedelta(minutes=note[12]):%H:%M}", "place": note[14] or "",
                "individual_contact": False, "codes": codes,
                "present": {str(person): name for person, name in there}, "entered_on": now[:10], "late_entry": False,
                **({"next": f"{ahead[0][0]} {ahead[0][1][:5]}"} if ahead else {}),
            },
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        hashed = hashlib.sha256(text.encode()).hexdigest()
        bare.run(
            "insert into note_version (id, created_at, note_id, number, content, text_hash) "
            "values (:id, :now, :note, 1, :content, :hash)",
            id=ids.new_id(), now=now, note=note_id, content=text, hash=hashed,
        )
        bare.run(
            "insert into signature (id, created_at, note_id, version, staff_id, role, name, credentials, licence, "
            "method, zone, text_hash, signed_at) values (:id, :now, :note, 1, :staff, 'author', :name, :credentials, "
            ":licence, 'password', :zone, :hash, :now)",
            id=ids.new_id(), now=now, note=note_id, staff=staff, name=signer[0], credentials=signer[1],
            licence=signer[2], zone=ZONE, hash=hashed,
        )
        bare.run(
            "update note set status = 'locked', version = 1, revision = revision + 1, locked_at = :now "
            "where id = :note", note=note_id, now=now,
        )
        _traces(bare, now, "sign_note", "clinical_note", note_id, case_id, f"version 1, {hashed}", staff)
    return note_id


def find_cases(bare: Bare, fragment: str, limit: int) -> list[tuple[Any, ...]]:
    """Cases that contain a fragment, by name."""
    return bare.all(
        "select id, name, type from case_file where search_text like :pattern order by sort_key, id limit :most",
        pattern=f"%{fragment}%", most=limit,
    )


def week(bare: Bare, provider_id: int, monday: date) -> list[tuple[Any, ...]]:
    """A provider's week with everything that the calendar shows."""
    starts = datetime.combine(monday, time(), ZoneInfo(ZONE))
    ends = datetime.combine(monday + timedelta(days=7), time(), ZoneInfo(ZONE))
    return bare.all(
        "select a.id, a.revision, a.case_id, c.name, c.type, a.provider_id, s.first_name, s.last_name, s.colour, "
        "v.name, l.name, a.format, a.status, a.local_date, a.local_time, a.minutes, a.series_id, "
        "exists (select 1 from note n where n.appointment_id = a.id and n.kind not in ('memo', 'psychotherapy')), "
        "exists (select 1 from charge g join charge_share h on h.charge_id = g.id "
        "join open_invoice o on o.invoice_id = h.invoice_id where g.appointment_id = a.id and o.open_cents > 0) "
        "from appointment a join case_file c on c.id = a.case_id join staff s on s.id = a.provider_id "
        "join service v on v.id = a.service_id left join location l on l.id = a.location_id "
        "where a.provider_id = :provider and a.starts_at >= :starts and a.starts_at < :ends order by a.starts_at, a.id",
        provider=provider_id, starts=_text(starts), ends=_text(ends),
    )


_CLOCK = [time(minute // 60, minute % 60) for minute in range(24 * 60)]


def free_slots(bare: Bare, provider_id: int, first: date, last: date, length: int) -> list[tuple[date, time]]:
    """A provider's free starts for staff: zone and policy, hours, holds, and one pass over the days."""
    [(zone, buffer, grid)] = bare.all(
        "select p.zone, b.buffer_minutes, b.grid_minutes from practice p, staff s "
        "join booking_policy b on b.provider_id = s.id where s.id = :provider and s.active", provider=provider_id,
    )
    hours = bare.all(
        "select weekday, on_date, is_closed, starts, ends from opening_hours where provider_id = :provider and "
        "(weekday is not null and (valid_from is null or valid_from <= :last) and (valid_until is null "
        "or valid_until >= :first) or on_date between :first and :last)",
        provider=provider_id, first=first.isoformat(), last=last.isoformat(),
    )
    wall = ZoneInfo(zone)
    holds = bare.all(
        "select starts_at, ends_at from hold where resource_id = :provider and starts_at > :before "
        "and starts_at < :after order by starts_at", provider=provider_id,
        before=_text(datetime.combine(first - timedelta(days=1), time(), wall)),
        after=_text(datetime.combine(last + timedelta(days=2), time(), wall)),
    )
    beginning, minute = datetime(1970, 1, 1), timedelta(minutes=1)  # noqa: DTZ001  (texts in the file are naive UTC)
    taken = [
        ((datetime.fromisoformat(starts) - beginning) // minute - length - buffer,
         (datetime.fromisoformat(ends) - beginning) // minute + buffer) for starts, ends in holds
    ]
    taken.append((1 << 60, 1 << 60))
    weekly: dict[int, list[tuple[int, int]]] = {}
    closed = set()
    for weekday, on_date, is_closed, starts, ends in hours:
        if weekday is None:
            if not is_closed or starts != ends:
                raise ValueError("Only whole days are closed here.")
            closed.add(on_date)
        else:
            stretch = [int(starts[:2]) * 60 + int(starts[3:5]), int(ends[:2]) * 60 + int(ends[3:5]) or 24 * 60]
            stretches = weekly.setdefault(weekday, [])
            if stretches and stretches[-1][1] == stretch[0]:
                stretch[0] = stretches.pop()[0]
            stretches.append((stretch[0], stretch[1]))
    found = []
    place, now = 0, int(clock.now().timestamp() // 60)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        stretches = weekly.get(day.weekday(), [])
        if not stretches or day.isoformat() in closed:
            continue
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=wall)
        midnight = int(noon.timestamp()) // 60 - 12 * 60
        for opens, closes in stretches:
            start, end = max(midnight + opens, now), midnight + closes - length
            start += (midnight - start) % grid
            while start <= end:
                while taken[place][1] <= start:
                    place += 1
                if start <= taken[place][0]:
                    found.append((day, _CLOCK[start - midnight]))
                    start += grid
                else:
                    start = taken[place][1] + (midnight - taken[place][1]) % grid
    return found


def aging(bare: Bare, day: date) -> list[tuple[Any, ...]]:
    """What each payer owes, by age, from the kept open amounts and their partial index."""
    cuts = {f"d{days}": (day - timedelta(days=days)).isoformat() for days in (30, 60, 90)}
    return bare.all(
        "select o.payer_id, p.name, sum(o.open_cents), "
        "sum(case when o.issued_on >= :d30 then o.open_cents else 0 end), "
        "sum(case when o.issued_on < :d30 and o.issued_on >= :d60 then o.open_cents else 0 end), "
        "sum(case when o.issued_on < :d60 and o.issued_on >= :d90 then o.open_cents else 0 end), "
        "sum(case when o.issued_on < :d90 then o.open_cents else 0 end) "
        "from open_invoice o join payer p on p.id = o.payer_id where o.open_cents > 0 group by o.payer_id, p.name",
        **cuts,
    )
