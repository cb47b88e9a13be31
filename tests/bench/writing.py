"""What is done: opening a client, booking once or every week, signing a note, invoicing, taking a payment.

Permission, operation and audit included.
"""

from datetime import date, time, timedelta
from typing import Any

from practicerunner import database, ids
from practicerunner.vocabulary import CaseType, ContactKind, PaymentMethodKind, ProofMethod
from practicerunner.workflows.access import Actor
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.proof import proof_of
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import actor_for
from tests.bench import bare
from tests.bench.building import Volume
from tests.bench.measure import Result, compare
from tests.bench.volume import (
    FEE_CENTS,
    OF_A_PROVIDER,
    OFFICE,
    THERAPY,
    TODAY,
    payer_of,
    provider_of,
    row_id,
    waiting_appointment,
)


class Writing:
    """The six acts on one volume. Ours takes the even clients, the bare one the odd ones."""

    def __init__(self, volume: Volume, actor: Actor, limit: bare.Bare) -> None:
        self.volume, self.actor, self.limit = volume, actor, limit
        self._made: dict[str, list[int]] = {"ours": [], "bare": []}

    def do(self, verb: Any, command: Any) -> Any:
        """One act of ours, as a page does it."""
        with database.transaction(self.volume.engine) as session:
            return verb(session, self.actor, command)

    def create_client(self, n: int) -> Result:
        """An individual with one new person who has a phone."""
        providers = self.volume.scale.providers

        def ours(turn: int) -> None:
            self.do(open_case, OpenCase(
                type=CaseType.INDIVIDUAL, provider_id=row_id("staff", 1 + turn % providers), participants=(
                    Taking(person=PersonDetails(
                        first_name=f"Nova{turn}", last_name="Ashgrove", birth_date=date(1988, 4, 5),
                        contacts=(Contact(kind=ContactKind.PHONE, value="+1 518 555 0199", preferred=True,
                                          may_call=True),),
                    )),
                ),
            ))

        def limit(turn: int) -> None:
            bare.create_client(self.limit, f"Nova{turn}", "Ashgrove", "+1 518 555 0199",
                               row_id("staff", 1 + turn % providers), TODAY)

        return compare("create_client", 8, n, ours, limit)

    def create_appointment(self, n: int) -> Result:
        """Booked for a client in the evening, where the provider is free; conflicts are looked for."""

        def place(turn: int, side: int) -> tuple[int, date, int]:
            client = (2 * turn * 7 + side) % self.volume.scale.clients
            round_of = 2 * turn * 7 // self.volume.scale.clients
            # Evening hours that nobody has yet: each client of a provider has a day of their own.
            return client, TODAY + timedelta(days=1 + client % 50 + 60 * (round_of // 4)), 18 + round_of % 4

        def ours(turn: int) -> None:
            client, day, hour = place(turn, 0)
            self.do(book, Book(
                case_id=row_id("case", client), service_id=THERAPY, local_date=day, local_time=time(hour),
                location_id=OFFICE,
            ))

        def limit(turn: int) -> None:
            client, day, hour = place(turn, 1)
            bare.create_appointment(
                self.limit, row_id("case", client), row_id("person", client), provider_of(client), day, hour
            )

        return compare("create_appointment", 5, n, ours, limit)

    def series_52(self, n: int) -> Result:
        """Every week for a year, in the night, where the provider is free; conflicts are looked for on each date."""

        def place(turn: int, side: int) -> tuple[int, date, int]:
            client = (2 * turn * 7 + side) % self.volume.scale.clients
            round_of = 2 * turn * 7 // self.volume.scale.clients
            # A weekday and an hour for each client of a provider, and another year for each round.
            return client, TODAY + timedelta(days=1 + client % 5, weeks=53 * round_of), (22 + client % 50 // 5) % 24

        def ours(turn: int) -> None:
            client, day, hour = place(turn, 0)
            self.do(book_series, BookSeries(
                case_id=row_id("case", client), service_id=THERAPY, local_date=day, local_time=time(hour),
                location_id=OFFICE, count=52,
            ))

        def limit(turn: int) -> None:
            client, day, hour = place(turn, 1)
            bare.book_series(
                self.limit, row_id("case", client), row_id("person", client), provider_of(client), day, hour, 52
            )

        return compare("series_52", 6, n, ours, limit)

    def sign_note(self, n: int) -> Result:
        """The provider signs a draft whose sections are filled in; that they are who they are was shown before."""
        signers: dict[int, Actor] = {}
        with database.reading(self.volume.engine) as session:
            for provider in range(1, 1 + self.volume.scale.providers):
                signers[row_id("staff", provider)] = actor_for(session, row_id("staff", provider))

        def place(turn: int, side: int) -> tuple[int, int]:
            # From the third provider on, who is no associate, where there are so many.
            client = (2 * turn + side + 2 * OF_A_PROVIDER) % self.volume.scale.clients
            return waiting_appointment(client), provider_of(client)

        def ours(turn: int) -> None:
            note_id, staff = place(turn, 0)
            op = ids.new_operation()
            proof = proof_of(staff, ProofMethod.PASSWORD, op)
            with database.transaction(self.volume.engine) as session:
                sign_note(session, signers[staff], SignNote(op=op, proof=proof, note_id=note_id, revision=1))

        def limit(turn: int) -> None:
            bare.sign_note(self.limit, *place(turn, 1))

        return compare("sign_note", 10, n, ours, limit)

    def invoice_from_appointment(self, n: int) -> Result:
        """An appointment that was held is charged and invoiced to its one payer."""

        def ours(turn: int) -> None:
            self._made["ours"] += self.do(
                invoice_appointment, InvoiceAppointment(appointment_id=waiting_appointment(2 * turn))
            )

        def limit(turn: int) -> None:
            made = bare.invoice_appointment(self.limit, waiting_appointment(2 * turn + 1), TODAY)
            self._made["bare"].append(made)

        return compare("invoice_from_appointment", 10, n, ours, limit)

    def payment(self, n: int) -> Result:
        """The payer pays the invoice that was just made, in full; the receipt is issued."""

        def ours(turn: int) -> None:
            client = 2 * turn
            self.do(record_payment, RecordPayment(
                payer_id=payer_of(client, self.volume.scale), case_id=row_id("case", client),
                method=PaymentMethodKind.CHEQUE, amount_cents=FEE_CENTS, received_on=TODAY,
                invoice_ids=(self._made["ours"][turn],),
            ))

        def limit(turn: int) -> None:
            bare.record_payment(self.limit, self._made["bare"][turn], TODAY)

        return compare("payment", 12, n, ours, limit)
