"""The practice of the ledger's state machine: built once, copied for every run."""

import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy import event

from practicerunner import database
from practicerunner.records.billing import LedgerEntry
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    EntryKind,
    FeeTerms,
    InvoicingRhythm,
    PaymentMethodKind,
    ShareKind,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.payments import (
    RecordPayment,
    record_payment,
)
from tests.cast import Cast, arrange, at, bring_on, hold, payer, payer_id, people_of

FIRST = date(2026, 9, 1)


class World:
    """A couple that shares, and a child whom one of the two pays for: built once, copied for every run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="practicerunner-ledger-"))
        self.engine = database.engine(f"sqlite:///{self.folder / 'practice.db'}")
        event.listen(self.engine, "connect", lambda raw, _: raw.execute("pragma synchronous=off"))
        database.migrate(self.engine)
        self.cast: Cast = bring_on(self.engine)
        cast = self.cast
        with at("2026-08-01 09:00"):
            self.couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
            self.child = cast.open_case(CaseType.INDIVIDUAL, "Leo Rivera")
            aunt = payer(cast, "Ana", "Rivera")
        self.people = people_of(cast, self.couple)
        arrange(cast, self.couple, {self.people["Maya"]: 6000, self.people["Tom"]: 4000}, since="2026-08-01")
        arrange(cast, self.child, {self.people["Maya"]: 0}, since="2026-08-01")
        self.payers = [payer_id(cast, self.people[name]) for name in ("Maya", "Tom")]
        aunt_pays = Share(person_id=aunt)
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=self.child, revision=1, valid_from=date(2026, 8, 2), shares=(
                Share(person_id=self.people["Maya"], kind=ShareKind.PERCENT, basis_points=7000,
                      rhythm=InvoicingRhythm.MONTHLY), aunt_pays)))
        self.payers.append(payer_id(cast, aunt))
        held = [hold(cast, self.couple, "FAM50", f"{FIRST} 10:00"), hold(cast, self.child, "IND50", f"{FIRST} 12:00")]
        leo = people_of(cast, self.child)["Leo"]
        hold(cast, self.child, "IND50", f"{FIRST} 14:00", missed={leo: AttendanceStatus.NO_SHOW})
        held.append(hold(cast, self.child, "IND60", f"{FIRST} 16:00", by="Dana", provider="Olga"))
        with at(f"{FIRST} 22:30"):
            for appointment_id in held:
                cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=appointment_id))
            cast.do("Tom", invoice_month, InvoiceMonth(month=FIRST))
            for cents, pending in ((300_00, False), (50_00, True)):
                cast.do("Tom", record_payment, RecordPayment(
                    payer_id=self.payers[0], case_id=self.couple, method=PaymentMethodKind.CASH, amount_cents=cents,
                    received_on=FIRST, surplus_as_credit=True, pending=pending))
        with database.transaction(self.engine) as session:
            session.add(LedgerEntry(
                case_id=self.couple, payer_id=self.payers[1], kind=EntryKind.OPENING, amount_cents=-90_00,
                effective_on=FIRST, reason="Opening balance, imported", recorded_by_id=cast.staff["Tom"]))
            session.add(LedgerEntry(
                case_id=self.child, payer_id=self.payers[2], kind=EntryKind.OPENING, amount_cents=120_00,
                effective_on=FIRST, reason="Opening balance, imported", recorded_by_id=cast.staff["Tom"]))
        with at("2026-08-01 09:00"):
            self.friend = cast.open_case(CaseType.INDIVIDUAL, "Kim Rivera")
            kim = people_of(cast, self.friend)["Kim"]
            self.ahead = cast.open_case(CaseType.INDIVIDUAL, "Lou Rivera")
            lou = people_of(cast, self.ahead)["Lou"]
            arrange(cast, self.friend, {kim: 7000, aunt: 0}, since="2026-08-01", fee_terms=FeeTerms.PACKAGE,
                    package_service_id=cast.services["IND50"], package_sessions=3, package_cents=400_00)
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=self.ahead, valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
                sponsor_person_id=aunt, sponsor_cents=500_00,
                shares=(Share(person_id=lou, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
            self.group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
            self.members = people_of(cast, self.group)
            arrange(cast, self.group, {self.members["Gia"]: 0}, since="2026-08-01", person_id=self.members["Gia"])
        for hour in (9, 11):
            hold(cast, self.group, "GRP90", f"2026-08-05 {hour:02d}:00")
        self.start = self.folder / "start.db"
        raw = self.engine.raw_connection()
        raw.cursor().execute("vacuum into ?", (str(self.start),))
        raw.close()

    def anew(self) -> None:
        """The practice as it was at the start."""
        self.engine.dispose()
        for tail in ("-wal", "-shm"):
            (self.folder / f"practice.db{tail}").unlink(missing_ok=True)
        shutil.copy(self.start, self.folder / "practice.db")


@cache
def world() -> World:
    return World()
