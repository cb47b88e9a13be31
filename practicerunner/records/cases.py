"""Cases of all seven kinds, and the people in them."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import (
    CaseStatus,
    CaseType,
    PaperKind,
    ParticipantStatus,
    PaymentMethodKind,
    TwoPersonLabel,
)


class Case(Revised):
    """The unit of work with its participants (FHIR EpisodeOfCare); owns appointments, notes, invoices, balances."""

    __tablename__ = "case_file"

    type: Mapped[CaseType] = word(CaseType)
    label: Mapped[TwoPersonLabel | None] = word(TwoPersonLabel)
    name: Mapped[str] = mapped_column(String(500))
    """What people read: typed for groups, made of the participants' names for the others (``rules/names.py``)."""
    has_own_name: Mapped[bool] = mapped_column(default=False)
    sort_key: Mapped[str] = mapped_column(String(500), default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Folded name of the case and its participants' search texts, kept by ``workflows.cases``."""
    status: Mapped[CaseStatus] = word(CaseStatus)
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """Set only where this case has another supervisor than its provider's own."""
    opened_on: Mapped[date]
    came_from_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    """The case that this work came from, after a change of modality (A13)."""
    clinical_fields: Mapped[bool] = mapped_column(default=False)
    """An owner's switch for diagnosis, plan and mental status exam on a consultation case (DEC1)."""
    needs_review: Mapped[bool] = mapped_column(default=False)
    """An imported record that nobody has looked at yet."""
    participants: Mapped[list["Participant"]] = relationship(
        order_by="Participant.position", cascade="all, delete-orphan"
    )

    __table_args__ = (Index("ix_case_file_status_sort", "status", "sort_key"),)


class Participant(Revised):
    """A person in a case, from a date until a date (FHIR Group.member); called client, member … by type."""

    __tablename__ = "participant"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    status: Mapped[ParticipantStatus] = word(ParticipantStatus, default=ParticipantStatus.ACTIVE)
    role: Mapped[str] = mapped_column(String(60), default="")
    """What this person is in the case beyond the type's own word, for instance "mother"."""
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    """First day on which the person is no longer in the case."""

    __table_args__ = (CheckConstraint("left_on is null or left_on >= joined_on", name="dates"),)


class PaperReceived(Row):
    """An intake or consent that a participant has given (FHIR QuestionnaireResponse, Consent)."""

    __tablename__ = "paper_received"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[PaperKind] = word(PaperKind)
    received_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class Relationship(Row):
    """A link between two people, such as parent and child, or an emergency contact; it grants nothing (D02, C16)."""

    __tablename__ = "relationship"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    """What the other is to the person; a word of ``vocabulary.RelationshipKind``."""
    is_emergency_contact: Mapped[bool] = mapped_column(default=False)


class PaymentMethod(Row):
    """A saved card or bank account of a payer: the processor's token, never a number (C15)."""

    __tablename__ = "payment_method"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    kind: Mapped[PaymentMethodKind] = word(PaymentMethodKind)
    brand: Mapped[str] = mapped_column(String(40))
    last_four: Mapped[str] = mapped_column(String(4))
    expires: Mapped[str] = mapped_column(String(7), default="")
    """Month of expiry as ``YYYY-MM``; empty for a bank account."""
    token: Mapped[str] = mapped_column(String(120))
    removed: Mapped[bool] = mapped_column(default=False)
    added_by_id: Mapped[int] = mapped_column(BigInteger)
