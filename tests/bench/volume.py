"""The practice that is measured: 5,000 clients, 100 providers, 500,000 appointments, 100,000 invoices.

The same rows every time. Whatever the records keep of such a practice is there: people with their contacts and papers,
arrangements with insurers, attendance, holds, notes, charges, invoices, the ledger and its open amounts.
"""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from practicerunner import ids
from practicerunner.rules import names
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    ChargeKind,
    ContactKind,
    DocumentKind,
    EntryKind,
    NoteKind,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
    PaymentMethodKind,
    Role,
    ServiceCategory,
    SessionFormat,
    ShareKind,
    ThreadClass,
)

ZONE = "America/New_York"
FIRST_DAY = date(2024, 1, 1)
TODAY = date(2026, 10, 19)
"""The Monday on which the measured practice stands; the clock is held there."""
NOW = datetime(2026, 10, 19, 10, 0, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
A_WEEK = 32
"""Appointments of a provider a week."""
OF_A_PROVIDER = 50
"""Clients of a provider."""
FEE_CENTS = 165_00
MINUTES = 50
_WAITING = 92
"""Each client's appointment with this number is held, has its fee, and waits for its invoice."""
_INVOICED = frozenset(range(_WAITING - 1, _WAITING - 81, -4))
"""Each client's twenty invoiced appointments; the others are covered by the one fee of their month."""
_FIRST_NAMES = (
    "Ada", "Ben", "Cleo", "Dov", "Esme", "Finn", "Greta", "Hugo", "Ines", "Jonah", "Kira", "Leif", "Mina", "Nils",
    "Odile", "Pavel", "Quinn", "Rosa", "Stellan", "Tova", "Ulla", "Viggo", "Wanda", "Xavi", "Yara", "Zeno", "Amara",
    "Bruno", "Celeste", "Dario", "Elena", "Farid", "Gwen", "Hana", "Ivo", "Jade", "Kofi", "Lotte", "Malik", "Nadia",
    "Oren", "Petra", "Rafael", "Saskia", "Timo", "Uma", "Vera", "Wren", "Yusuf", "Zora",
)
_STEMS = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fern", "Grove", "Hazel", "Ivy", "Juniper", "Kestrel", "Laurel",
    "Maple", "Nettle", "Oak", "Poplar", "Quarry", "Rowan", "Sorrel", "Thistle",
)
_ENDS = ("by", "field", "ham", "land", "lock", "mere", "sen", "son", "ton", "wood")


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the practice is; everything follows from the number of clients."""

    clients: int = 5_000

    @property
    def providers(self) -> int:
        """One for fifty clients."""
        return max(1, self.clients // OF_A_PROVIDER)

    @property
    def insurers(self) -> int:
        """Bodies that pay for three clients in ten."""
        return max(1, round(self.clients * 0.012))

    @property
    def appointments(self) -> int:
        """A hundred for each client."""
        return self.clients * 100

    @property
    def invoices(self) -> int:
        """Twenty for each client."""
        return self.clients * len(_INVOICED)

    @property
    def unpaid(self) -> int:
        """Invoices on which nothing was paid."""
        return round(self.invoices * 0.04945)

    @property
    def open(self) -> int:
        """Invoices on which something is open."""
        return round(self.invoices * 0.06748)


# --- Ids --------------------------------------------------------------------------------------------------------------

_KINDS = (
    "practice", "staff", "service", "location", "organisation", "person", "payer", "insurer", "case", "participant",
    "appointment", "charge", "share", "invoice", "payment", "arrangement", "account", "hours", "policy", "supervision",
    "thread", "portal_account",
)


def row_id(kind: str, number: int) -> int:
    """The id of the row with this number of its kind."""
    return (_KINDS.index(kind) + 1) * 10**9 + number


OWNER = row_id("staff", 0)
"""The owner, who also runs the office and supervises the associate; providers are numbered from 1."""
THREADS = 200
THERAPY = row_id("service", 0)
OFFICE = row_id("location", 0)


def token(staff: int) -> str:
    """What the browser of a member of staff shows to be signed in: the owner is 0, then the providers."""
    return f"{staff:043d}"



CLIENT = 7
"""Who is signed in to the portal: somebody who pays for themselves."""


def portal_token(client: int) -> str:
    """What the browser of a client shows to be signed in to the portal."""
    return f"{client + 10**9:043d}"


def provider_of(client: int) -> int:
    """Staff id of a client's provider."""
    return row_id("staff", 1 + client // OF_A_PROVIDER)


def _associate(scale: Scale) -> int:
    """Number of the one provider who is an associate."""
    return min(2, scale.providers)


def waiting_appointment(client: int) -> int:
    """The client's appointment that was held and waits for its invoice; the draft of its note has the same id."""
    return _appointment_id(client, _WAITING)


def _appointment_id(client: int, count: int) -> int:
    provider, place = divmod(client, OF_A_PROVIDER)
    return row_id("appointment", provider * 100 * OF_A_PROVIDER + count * OF_A_PROVIDER + place)


def client_name(client: int) -> tuple[str, str]:
    """First and last name of a client."""
    last = _STEMS[client // 50 % 20] + _ENDS[(client + client // 1000) % 10]
    return _FIRST_NAMES[client % 50], last


# --- Rows -------------------------------------------------------------------------------------------------------------

Row = tuple[Any, ...]
Table = tuple[str, tuple[str, ...], Iterable[Row]]
"""Name, columns, rows; dates and moments as ISO text, which both databases read."""


@cache
def stamp(moment: datetime) -> str:
    """A moment as the records keep it: naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).strftime("%Y-%m-%d %H:%M:%S.%f")


@cache
def _moments(day: date, hour: int) -> tuple[str, str]:
    starts = datetime.combine(day, time(hour), ZoneInfo(ZONE))
    return stamp(starts), stamp(starts + timedelta(minutes=MINUTES))


def tables(scale: Scale) -> Iterator[Table]:
    """Every table with its rows, in an order that a reader of the schema expects."""
    yield from _house(scale)
    yield from _clients(scale)
    yield from _calendar(scale)
    yield from _money(scale)
    yield from _messages(scale)


def _house(scale: Scale) -> Iterator[Table]:
    yield "practice", ("id", "name", "zone", "address", "phone", "email", "totp_required", "is_demo"), [
        (row_id("practice", 0), "Measured Practice", ZONE, "1 Level Road\nAlbany, NY 12207", "+1 518 555 0100",
         "desk@measured.example", 0, 0),
    ]
    staff = range(scale.providers + 1)
    yield "staff", ("id", "first_name", "last_name", "email", "credentials"), [
        (row_id("staff", n), _FIRST_NAMES[n % 50], f"{_STEMS[n % 20]}stone", f"staff{n}@measured.example", "PhD")
        for n in staff
    ]
    roles = [(OWNER, Role.OWNER), (OWNER, Role.ADMIN)]
    roles += [(row_id("staff", n), Role.ASSOCIATE if n == _associate(scale) else Role.PROVIDER) for n in staff if n]
    roles += [(OWNER, Role.SUPERVISOR)]
    yield "staff_role", ("id", "staff_id", "role"), [
        (row_id("staff", n), who, role.value) for n, (who, role) in enumerate(roles)
    ]
    yield "supervision", ("id", "associate_id", "supervisor_id", "starts_on"), [
        (row_id("supervision", 0), row_id("staff", _associate(scale)), OWNER, FIRST_DAY.isoformat()),
    ]
    yield "account", ("id", "staff_id", "password_hash"), [
        (row_id("account", n), row_id("staff", n), "none") for n in staff
    ]
    yield "sign_in", ("id", "account_id", "token_fingerprint", "last_seen_at", "expires_at"), [
        (row_id("account", n), row_id("account", n), ids.fingerprint(token(n)), stamp(NOW),
         stamp(NOW + timedelta(hours=12)))
        for n in staff
    ]
    yield "service", ("id", "name", "category", "minutes"), [
        (THERAPY, "Individual session", ServiceCategory.THERAPY.value, MINUTES),
    ]
    yield "service_fee", ("id", "service_id", "valid_from", "fee_cents"), [
        (row_id("service", 0), THERAPY, FIRST_DAY.isoformat(), FEE_CENTS),
    ]
    yield "location", ("id", "name", "address"), [(OFFICE, "Office", "1 Level Road")]
    yield "opening_hours", (
        "id", "provider_id", "weekday", "on_date", "is_closed", "starts", "ends",
    ), list(_hours(scale))
    yield "booking_policy", (
        "id", "provider_id", "notice_hours", "advance_days", "buffer_minutes", "grid_minutes",
    ), [(row_id("policy", n), row_id("staff", n), 24, 60, 10, 30) for n in staff if n]
    yield "organisation", ("id", "name"), [
        (row_id("organisation", n), f"{_STEMS[n % 20]} Health Plan {n + 1}") for n in range(scale.insurers)
    ]


def _hours(scale: Scale) -> Iterator[Row]:
    """Each provider is open on weekdays in the morning and in the afternoon, and away on one Wednesday a month."""
    stretches = (("08:00", "12:00"), ("12:00", "13:00"), ("14:00", "19:00"))
    away = [TODAY + timedelta(days=2 + 28 * month) for month in range(-10, 3)]
    number = 0
    for n in range(1, scale.providers + 1):
        dated = [(None, day.isoformat(), 1, "00:00", "00:00") for day in away]
        weekly = [(weekday, None, 0, *stretch) for weekday in range(5) for stretch in stretches]
        for weekday, on_date, closed, starts, ends in weekly + dated:
            yield (row_id("hours", number), row_id("staff", n), weekday, on_date, closed, f"{starts}:00.000000",
                   f"{ends}:00.000000")
            number += 1


def _insurer_of(client: int, scale: Scale) -> int | None:
    return client % scale.insurers if client % 10 < 3 else None


def payer_of(client: int, scale: Scale) -> int:
    """Payer id of who pays for a client: an insurer for three in ten."""
    insurer = _insurer_of(client, scale)
    return row_id("payer", client) if insurer is None else row_id("insurer", insurer)


def _clients(scale: Scale) -> Iterator[Table]:
    clients = range(scale.clients)
    people, contacts, payers, cases, participants, papers, arranged, shares, methods = (list[Row]() for _ in range(9))
    for n in range(scale.insurers):
        payers.append((row_id("insurer", n), None, row_id("organisation", n), f"{_STEMS[n % 20]} Health Plan {n + 1}"))
    for n in clients:
        person, payer, case = row_id("person", n), row_id("payer", n), row_id("case", n)
        first, last = client_name(n)
        phone, email = f"+1 518 55{n // 10000} {n % 10000:04d}", f"{first}.{last}{n}@example.org".lower()
        found_by = names.fold(f"{first} {last} {names.digits(phone)} {email}")
        name = names.person_name(first, last)
        opened = FIRST_DAY.isoformat()
        people.append((person, first, last, date(1950 + n % 50, 1 + n % 12, 1 + n % 28).isoformat(), found_by))
        contacts.append((2 * person, person, ContactKind.PHONE.value, phone, 1, 1, 1, 0))
        contacts.append((2 * person + 1, person, ContactKind.EMAIL.value, email, 1, 0, 0, 1))
        payers.append((payer, person, None, name))
        cases.append((case, CaseType.INDIVIDUAL.value, name, names.sort_key(first, last),
                      f"{names.fold(name)} {found_by}", CaseStatus.ACTIVE.value, provider_of(n), opened))
        participants.append((row_id("participant", n), case, person, 1, ParticipantStatus.ACTIVE.value, opened))
        for at, kind in enumerate(PaperKind):
            papers.append((10 * person + at, case, person, kind.value, opened, OWNER))
        arrangement = row_id("arrangement", n)
        arranged.append((arrangement, case, opened))
        shares.append((arrangement, arrangement, payer_of(n, scale), 0, ShareKind.REMAINDER.value))
        if n % 5:
            methods.append((payer, payer, PaymentMethodKind.CARD.value, "Card", f"{n % 10000:04d}", "2029-01",
                            f"tok_{n}", OWNER))
    yield "person", ("id", "first_name", "last_name", "birth_date", "search_text"), people
    yield "contact_point", (
        "id", "person_id", "kind", "value", "preferred", "may_call", "may_text", "may_email",
    ), contacts
    yield "payer", ("id", "person_id", "organisation_id", "name"), payers
    yield "case_file", ("id", "type", "name", "sort_key", "search_text", "status", "provider_id", "opened_on"), cases
    yield "participant", ("id", "case_id", "person_id", "position", "status", "joined_on"), participants
    yield "paper_received", ("id", "case_id", "person_id", "kind", "received_on", "recorded_by_id"), papers
    yield "portal_account", ("id", "person_id", "email", "password_hash"), [
        (row_id("portal_account", CLIENT), row_id("person", CLIENT), "client@measured.example", "none"),
    ]
    yield "portal_sign_in", ("id", "account_id", "token_fingerprint", "last_seen_at", "expires_at"), [
        (row_id("portal_account", CLIENT), row_id("portal_account", CLIENT), ids.fingerprint(portal_token(CLIENT)),
         stamp(NOW), stamp(NOW + timedelta(hours=12))),
    ]
    yield "billing_arrangement", ("id", "case_id", "valid_from"), arranged
    yield "payer_share", ("id", "arrangement_id", "payer_id", "position", "kind"), shares
    yield "payment_method", ("id", "payer_id", "kind", "brand", "last_four", "expires", "token", "added_by_id"), methods


@dataclass(frozen=True, slots=True)
class _Booked:
    """One appointment: its client, the how-manieth of the client's it is, and when."""

    id: int
    client: int
    count: int
    day: date
    hour: int

    @property
    def is_over(self) -> bool:
        return self.day < TODAY

    @property
    def missed(self) -> bool:
        return self.count not in _INVOICED and self.count < _WAITING and self.id % 33 == 0


def _booked(scale: Scale) -> Iterator[_Booked]:
    """32 a week for each provider, Monday to Friday from nine, the provider's fifty clients in turn."""
    for provider in range(scale.providers):
        for number in range(100 * OF_A_PROVIDER):
            week, place = divmod(number, A_WEEK)
            count, client = divmod(number, OF_A_PROVIDER)
            day = FIRST_DAY + timedelta(days=7 * week + place % 5)
            appointment_id = row_id("appointment", provider * 100 * OF_A_PROVIDER + number)
            yield _Booked(appointment_id, provider * OF_A_PROVIDER + client, count, day, 9 + place // 5)


def _calendar(scale: Scale) -> Iterator[Table]:
    def appointments() -> Iterator[Row]:
        for b in _booked(scale):
            starts, ends = _moments(b.day, b.hour)
            held = AppointmentStatus.NOT_HELD if b.missed else AppointmentStatus.HELD
            fee = FEE_CENTS if b.count in _INVOICED or b.count == _WAITING or not b.is_over else 0
            yield (
                b.id, row_id("case", b.client), provider_of(b.client), THERAPY,
                (held if b.is_over else AppointmentStatus.SCHEDULED).value, b.day.isoformat(),
                f"{b.hour:02d}:00:00.000000", MINUTES, ZONE, starts, ends, SessionFormat.IN_PERSON.value, OFFICE, fee,
            )

    def attendances() -> Iterator[Row]:
        for b in _booked(scale):
            came = AttendanceStatus.NO_SHOW if b.missed else AttendanceStatus.ATTENDED
            status = came if b.is_over else AttendanceStatus.SCHEDULED
            recorded = _moments(b.day, b.hour)[1] if b.is_over else None
            yield (b.id, b.id, row_id("case", b.client), row_id("person", b.client), status.value, recorded,
                   provider_of(b.client) if b.is_over else None)

    def holds() -> Iterator[Row]:
        for b in _booked(scale):
            yield (b.id, provider_of(b.client), *_moments(b.day, b.hour), b.id, 0)

    def notes() -> Iterator[Row]:
        """Signed up to the appointment that waits to be invoiced, of which there is a draft; none from then on.

        The associate's last four of each client wait for the supervisor.
        """
        text = json.dumps({"subjective": "As before.", "objective": "Calm.", "assessment": "Steady.", "plan": "Go on."})
        for b in _booked(scale):
            if not b.is_over or b.count > _WAITING or b.missed:
                continue
            ends, author = _moments(b.day, b.hour)[1], provider_of(b.client)
            status, supervisor = NoteStatus.LOCKED, None
            if b.count == _WAITING:
                status = NoteStatus.DRAFT
            elif author == row_id("staff", _associate(scale)):
                status, supervisor = NoteStatus.SUBMITTED if b.count >= _WAITING - 4 else NoteStatus.LOCKED, OWNER
            signed = None if status is NoteStatus.DRAFT else ends
            yield (b.id, row_id("case", b.client), b.id, NoteKind.PROGRESS.value, "soap", status.value, author,
                   supervisor, b.day.isoformat(), text, 1 if signed else 0, signed if supervisor else None,
                   signed if status is NoteStatus.LOCKED else None, ends)

    yield "appointment", (
        "id", "case_id", "provider_id", "service_id", "status", "local_date", "local_time", "minutes", "zone",
        "starts_at", "ends_at", "format", "location_id", "fee_cents",
    ), appointments()
    yield "attendance", (
        "id", "appointment_id", "case_id", "person_id", "status", "recorded_at", "recorded_by_id",
    ), attendances()
    yield "hold", ("id", "resource_id", "starts_at", "ends_at", "appointment_id", "overriding"), holds()
    yield "note", (
        "id", "case_id", "appointment_id", "kind", "form", "status", "author_id", "supervisor_id", "service_date",
        "sections", "version", "submitted_at", "locked_at", "saved_at",
    ), notes()


def _money(scale: Scale) -> Iterator[Table]:
    invoiced = sorted((b for b in _booked(scale) if b.count in _INVOICED), key=lambda b: (b.day, b.id))
    still_open = _open_cents(scale, invoiced)
    charges, shares, invoices, lines, open_rows, payments, entries = (list[Row]() for _ in range(7))
    numbers: dict[int, int] = {}
    for n, b in enumerate(invoiced):
        charge, invoice, payment = row_id("charge", n), row_id("invoice", n), row_id("payment", n)
        case, payer, provider = row_id("case", b.client), payer_of(b.client, scale), provider_of(b.client)
        day = b.day.isoformat()
        due = (b.day + timedelta(days=14)).isoformat()
        numbers[b.day.year] = numbers.get(b.day.year, 0) + 1
        number = f"{DocumentKind.INVOICE.prefix}-{b.day.year}-{numbers[b.day.year]:04d}"
        charges.append((charge, case, b.id, f"{b.id}:0", ChargeKind.SERVICE.value, THERAPY, day, "Individual session",
                        FEE_CENTS, FEE_CENTS, provider))
        shares.append((charge, charge, payer, FEE_CENTS, invoice))
        invoices.append((invoice, number, payer, case, day, due, FEE_CENTS, OWNER))
        lines.append((charge, invoice, charge, day, "Individual session", FEE_CENTS))
        left = still_open.get(n, 0)
        open_rows.append((invoice, invoice, payer, case, day, due, left))
        entries.append((2 * invoice, case, payer, EntryKind.CHARGE.value, FEE_CENTS, day, invoice, None, charge, OWNER))
        if left < FEE_CENTS:
            paid, paid_on = FEE_CENTS - left, min(b.day + timedelta(days=3 + n % 40), TODAY).isoformat()
            payments.append((payment, payer, case, PaymentMethodKind.CARD.value, paid, paid_on, OWNER))
            entries.append((2 * invoice + 1, case, payer, EntryKind.PAYMENT.value, -paid, paid_on, invoice, payment,
                            None, OWNER))
    yield "charge", (
        "id", "case_id", "appointment_id", "unit", "kind", "service_id", "service_date", "description",
        "standard_cents", "amount_cents", "provider_id",
    ), charges
    yield "charge_share", ("id", "charge_id", "payer_id", "amount_cents", "invoice_id"), shares
    yield "invoice", (
        "id", "number", "payer_id", "case_id", "issued_on", "due_on", "total_cents", "issued_by_id",
    ), invoices
    yield "invoice_line", ("id", "invoice_id", "charge_id", "service_date", "description", "amount_cents"), lines
    yield "open_invoice", (
        "id", "invoice_id", "payer_id", "case_id", "issued_on", "due_on", "open_cents",
    ), open_rows
    yield "payment", (
        "id", "payer_id", "case_id", "method", "amount_cents", "received_on", "recorded_by_id",
    ), payments
    yield "ledger_entry", (
        "id", "case_id", "payer_id", "kind", "amount_cents", "effective_on", "invoice_id", "payment_id", "charge_id",
        "recorded_by_id",
    ), entries
    yield "number_series", ("id", "kind", "year", "next_number"), [
        (10 * year + at, kind.value, year, numbers.get(year, 0) + 1 if kind is DocumentKind.INVOICE else 1)
        for year in (2024, 2025, 2026) for at, kind in enumerate(DocumentKind)
    ]


def _open_cents(scale: Scale, invoiced: list[_Booked]) -> dict[int, int]:
    """Number of an invoice → cents that are open on it: at least one for each late payer, the rest drawn by lot."""
    lots = random.Random(19)
    of_payer: dict[int, list[int]] = {}
    for n, b in enumerate(invoiced):
        of_payer.setdefault(payer_of(b.client, scale), []).append(n)
    late = sorted(of_payer)[-max(2, round(scale.clients * 0.5344)):]
    chosen = {of_payer[payer][-1] for payer in late}
    rest = sorted({n for payer in late for n in of_payer[payer]} - chosen)
    chosen.update(lots.sample(rest, scale.open - len(chosen)))
    in_order = lots.sample(sorted(chosen), len(chosen))
    part_paid = {n: FEE_CENTS - 1_00 * lots.randrange(20, 150) for n in in_order[scale.unpaid:]}
    return dict.fromkeys(in_order[:scale.unpaid], FEE_CENTS) | part_paid


def _messages(scale: Scale) -> Iterator[Table]:
    """Administrative threads, one of a client, each with five messages of the last weeks that nobody has read."""
    threads = range(min(THREADS, scale.clients))
    last = {n: NOW - timedelta(hours=3 * n + 1) for n in threads}
    yield "message_thread", (
        "id", "case_id", "thread_class", "subject", "person_id", "last_number", "last_at",
    ), [
        (row_id("thread", n), row_id("case", n), ThreadClass.ADMIN.value, f"Question {n + 1}", row_id("person", n), 5,
         stamp(last[n])) for n in threads
    ]
    yield "thread_person", ("id", "thread_id", "person_id", "from_number", "joined_at", "added_by_person_id"), [
        (row_id("thread", n), row_id("thread", n), row_id("person", n), 1, stamp(last[n] - timedelta(days=5)),
         row_id("person", n)) for n in threads
    ]
    yield "thread_message", ("id", "thread_id", "number", "person_id", "text", "at"), [
        (10 * row_id("thread", n) + number, row_id("thread", n), number, row_id("person", n),
         f"What I wanted to ask, part {number}: " + "is there another time in the week? " * 10,
         stamp(last[n] - timedelta(days=5 - number)))
        for n in threads for number in range(1, 6)
    ]
