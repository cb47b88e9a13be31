"""What can be invoiced and was not is kept by the database, whatever changes what it depends on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select, text

from practicerunner import database
from practicerunner.records.billing import Charge
from practicerunner.records.triggers import ensure_triggers
from practicerunner.records.uninvoiced import UninvoicedRow, wrong_uninvoiced
from practicerunner.vocabulary import AttendanceStatus, CaseType
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from tests.cast import Cast, at, hold, invoice, people_of


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
