"""What can be invoiced and was not is kept by the database, whatever changes what it depends on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from practicerunner import database
from practicerunner.records.billing import Charge
from practicerunner.records.triggers import ensure_triggers
from practicerunner.records.uninvoiced import UninvoicedRow, wrong_uninvoiced
from practicerunner.vocabulary import AttendanceStatus, CaseType, FeeTerms
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.people import AddOrganisation, add_organisation
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from tests.cast import Cast, arrange, at, hold, invoice, lines, people_of


class Waiting:
    """A client with one session held and one that is invoiced; a couple of whom one did not come."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-08-01 09:00"):
            self.ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
            couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        self.held = hold(cast, self.ida, "IND50", "2026-09-03 10:00")
        self.invoiced = hold(cast, self.ida, "IND50", "2026-09-10 10:00")
        self.invoice_id = invoice(cast, self.invoiced)[0]
        self.couple = hold(cast, couple, "FAM50", "2026-09-04 10:00", missed={
            people_of(cast, couple)["Tom"]: AttendanceStatus.NO_SHOW})

    @property
    def true(self) -> str:
        return "1" if self.cast.engine.dialect.name == "sqlite" else "true"

    def shared(self) -> tuple[int, int]:
        """A session of a couple that shares equally, and one of a group of two."""
        with at("2026-08-01 09:00"):
            couple = self.cast.open_case(CaseType.TWO_PERSON, "Ana Bell", "Ben Bell")
            self.group = self.cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
        people = people_of(self.cast, couple)
        arrange(self.cast, couple, {people["Ana"]: 5000, people["Ben"]: 5000}, since="2026-08-01")
        return hold(self.cast, couple, "FAM50", "2026-09-03 11:00"), hold(
            self.cast, self.group, "GRP90", "2026-09-03 18:00")

    def agree(self, case_id: int, person_id: int, *, since: str = "2026-08-01", **terms: Any) -> None:
        """Whoever takes part pays for themselves at these terms."""
        with at("2026-09-12 09:00"):
            arrange(self.cast, case_id, {person_id: 0}, since=since, person_id=person_id, **terms)

    def kept(self) -> set[int]:
        """What is kept, after a look whether it is true."""
        with database.reading(self.cast.engine) as session:
            assert wrong_uninvoiced(session) == []
            return set(session.scalars(select(UninvoicedRow.appointment_id)))

    def write(self, *statements: str) -> set[int]:
        """Write past all workflows."""
        with self.cast.engine.execution_options(writes=True).begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        return self.kept()


@pytest.fixture
def waiting(cast: Cast) -> Iterator[Waiting]:
    yield Waiting(cast)


def test_what_is_held_and_not_invoiced_waits_until_it_is(cast: Cast, waiting: Waiting) -> None:
    assert waiting.kept() == {waiting.held, waiting.couple}
    with at("2026-09-12 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=waiting.invoice_id, reason="wrong day"))
    assert waiting.kept() == {waiting.held, waiting.couple, waiting.invoiced}
    invoice(cast, waiting.held)
    assert waiting.kept() == {waiting.couple, waiting.invoiced}


def test_whatever_it_depends_on_is_followed(waiting: Waiting) -> None:
    both, held, couple = {waiting.held, waiting.couple}, waiting.held, waiting.couple
    assert waiting.write(f"update appointment set fee_cents = 0 where id = {held}") == {couple}
    assert waiting.write(f"update appointment set fee_cents = 100 where id = {held}") == both
    one = f"id = (select min(id) from attendance where appointment_id = {couple})"
    assert waiting.write(f"update attendance set status = 'arrived' where {one}") == {held}
    assert waiting.write(f"delete from attendance where {one}") == both, "the one who did not come is charged"
    assert waiting.write(f"update attendance set status = 'excused' where appointment_id = {couple}") == {held}
    # A session of a package is a charge before an appointment uses it, and again after.
    charge = f"appointment_id = {waiting.invoiced}"
    with database.reading(waiting.cast.engine) as session:
        charge_id = session.scalars(select(Charge.id).where(Charge.appointment_id == waiting.invoiced)).one()
    assert waiting.write(f"update charge set appointment_id = null where {charge}") == {held, waiting.invoiced}
    assert waiting.write(f"update charge set appointment_id = {held} where id = {charge_id}") == {waiting.invoiced}
    assert waiting.write(f"update charge set {charge} where id = {charge_id}") == {held}
    other = f"(select case_id from appointment where id = {couple})"
    assert waiting.write(f"update appointment set case_id = {other} where id = {held}") == {held}
    assert waiting.write(f"delete from appointment where id = {held}") == set()


def test_a_part_that_stands_nowhere_keeps_its_appointment_waiting(waiting: Waiting) -> None:
    """Of a couple one invoice is voided; of a group one member's; a part on a draft or of a month's invoice waits."""
    cast, both = waiting.cast, {waiting.held, waiting.couple}
    couple, group = waiting.shared()
    assert waiting.kept() == both | {couple, group}
    made = {one: invoice(cast, one) for one in (couple, group)}
    assert waiting.kept() == both
    with at("2026-09-12 09:00"):
        for one in (couple, group):
            cast.do("Tom", void_invoice, VoidInvoice(invoice_id=made[one][0], reason="wrong"))
    assert waiting.kept() == both | {couple, group}
    share = f"""charge_id in (select id from charge where appointment_id = {couple}) and invoice_id is null"""
    assert waiting.write(f"update charge_share set rhythm = 'monthly' where {share}") == both | {group}
    assert waiting.write(f"update charge_share set rhythm = 'month_ahead' where {share}") == both | {couple, group}
    own = f"appointment_id = {couple}"
    assert waiting.write(f"update charge set in_advance = {waiting.true} where {own}") == both | {group}, "to settle"
    settled = f"update charge set settled_at = '2026-09-12 09:00:00.000000' where {own}"
    assert waiting.write(settled) == both | {couple, group}
    assert waiting.write(f"update attendance set status = 'excused' where {own}") == both | {group}, "nobody came"
    assert waiting.write(f"update attendance set status = 'attended' where {own}") == both | {couple, group}
    for one in (couple, group):
        assert len(invoice(cast, one, on="2026-09-12")) == 2
    assert waiting.kept() == both
    assert waiting.write(f"delete from charge_share where {share.split(' and ', maxsplit=1)[0]}") == both


def test_who_pays_nothing_keeps_nobody_waiting(waiting: Waiting) -> None:
    """By what was agreed, from whichever day it holds; and a missed appointment where missing one costs nothing."""
    cast, held, couple = waiting.cast, waiting.held, waiting.couple
    _, group = waiting.shared()
    case_id = waiting.group
    people = people_of(cast, case_id)
    invoice(cast, held)
    rest = {couple, *waiting.kept()} - {group}
    waiting.agree(case_id, people["Gia"], fee_terms=FeeTerms.FIXED, fee_cents=0)
    assert waiting.kept() == rest | {group}, "Gus pays"
    assert len(invoice(cast, group)) == 1
    assert waiting.kept() == rest, "Gia pays nothing"
    waiting.agree(case_id, people["Gia"], fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=1)
    assert waiting.kept() == rest | {group}, "a ten-thousandth of 75.00 is 0.0075, that is one cent"
    waiting.agree(case_id, people["Gia"], since="2026-09-04", fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=0)
    assert waiting.kept() == rest | {group}, "it begins the day after"
    moved = f"where id = {group}"
    assert waiting.write(f"update appointment set local_date = '2026-09-04' {moved}") == rest
    ends = f"valid_until = '2026-09-04' where case_id = {case_id} and valid_from = '2026-09-04'"
    assert waiting.write(f"update billing_arrangement set {ends}") == rest
    over = f"update appointment set local_date = '2026-09-05' {moved}"
    assert waiting.write(over) == rest | {group}, "the agreement is over, and nobody has said who pays"
    missed = f"update attendance set status = 'no_show' where appointment_id = {group}"
    assert waiting.write(missed) == rest | {group}
    assert waiting.write("update practice set missed_fee_basis_points = 0") == rest - {group}
    assert waiting.write("update practice set missed_fee_basis_points = 10000") == rest | {group}
    assert waiting.write(f"delete from payer_share where arrangement_id in (select id from billing_arrangement "
                         f"where case_id = {case_id})", f"delete from billing_arrangement where case_id = {case_id}"
                         ) == rest | {group}


def test_what_was_booked_for_nothing_waits_where_a_fee_is_agreed_all_the_same(waiting: Waiting) -> None:
    """A fixed fee counts whatever a session was booked at; a part of nothing is nothing, and uses no package."""
    cast, people = waiting.cast, people_of(waiting.cast, waiting.ida)
    before = waiting.kept()
    free = hold(cast, waiting.ida, "IND50", "2026-09-05 10:00", fee_cents=0)
    assert waiting.kept() == before
    package: dict[str, Any] = {"fee_terms": FeeTerms.PACKAGE, "package_service_id": cast.services["IND50"],
                               "package_sessions": 3, "package_cents": 400_00}
    fixed: dict[str, Any] = {"fee_terms": FeeTerms.FIXED, "fee_cents": 120_00}
    with at("2026-09-12 09:00"):
        for terms, waits in (
            ({"fee_terms": FeeTerms.SLIDING_SCALE, "fee_basis_points": 5000}, False), (fixed, True), (package, False),
            ({**fixed, "valid_until": date(2026, 9, 4)}, False), (fixed, True),
        ):
            arrange(cast, waiting.ida, {people["Ida"]: 0}, since="2026-08-01", **terms)
            if terms is package:
                cast.do("Tom", sell_package, SellPackage(case_id=waiting.ida))
            found = cast.read("Tom", appointment_billing, free)
            assert (waiting.kept(), bool(found.planned), found.to_use) == (
                before | {free} if waits else before, waits, ()), terms
            assert bool(found.problem) is not waits
    assert lines(cast, invoice(cast, free, on="2026-09-12")) == [("Ida Holm", 120_00)]
    assert waiting.kept() == before


def test_what_a_sponsor_pays_nothing_for_is_free_and_stays_listed_where_the_limits_may_be_used_up(
    waiting: Waiting
) -> None:
    cast, people = waiting.cast, people_of(waiting.cast, waiting.ida)
    before = waiting.kept() - {waiting.held}
    with at("2026-09-12 09:00"):
        fund = cast.do("Dana", add_organisation, AddOrganisation(name="Relief Fund", address="1 North Street"))
        limits: tuple[tuple[dict[str, Any], bool], ...] = (
            ({}, False), ({"sponsor_until": date(2026, 9, 3)}, False), ({"sponsor_until": date(2026, 9, 2)}, True),
            ({"sponsor_sessions": 10}, True))
        for more, waits in limits:
            arrange(cast, waiting.ida, {people["Ida"]: 0}, since="2026-08-01", fee_terms=FeeTerms.SPONSOR, fee_cents=0,
                    sponsor_id=fund, **more)
            assert waiting.kept() == (before | {waiting.held} if waits else before), more


def test_where_nobody_was_listening_everything_is_looked_at_anew(engine: Engine, waiting: Waiting) -> None:
    on = "" if engine.dialect.name == "sqlite" else " on charge"
    name = "kept_uninvoiced_charge" + ("_update" if engine.dialect.name == "sqlite" else "")
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"drop trigger {name}{on}")
        connection.execute(text("update charge set withdrawn_at = '2026-09-12 09:00:00.000000'"))
    assert database.missing_triggers(engine) == {name}
    with database.reading(engine) as session:
        assert wrong_uninvoiced(session) == [waiting.invoiced]
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
    assert waiting.kept() == {waiting.held, waiting.couple, waiting.invoiced}
