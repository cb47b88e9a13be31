"""What the practice keeps for everybody: the PDFs of its documents, and which forms an intake packet holds."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Select, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Revised, Row, WordColumn, word
from practicerunner.vocabulary import CaseType


class PracticeFile(Row):
    """A PDF that a form shows (FHIR DocumentReference); never updated, never deleted. What names it is the form."""

    __tablename__ = "practice_file"

    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    """Bytes of the file as it is handed out."""
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(32), unique=True)
    """The encrypted file's random name."""
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (CheckConstraint("size > 0", name="size"),)


class IntakePacket(Revised):
    """What a kind of case begins with, as the practice has chosen (FHIR PlanDefinition); without a row the usual."""

    __tablename__ = "intake_packet"

    case_type: Mapped[CaseType] = word(CaseType, unique=True)
    template_ids: Mapped[list[int]] = mapped_column(JSON)
    """Forms and documents, in no order."""


def packets(session: Session) -> dict[CaseType, IntakePacket]:
    """The packets that were chosen."""
    return {one.case_type: one for one in session.scalars(select(IntakePacket))}


def packet_of(session: Session, case_type: CaseType) -> IntakePacket | None:
    """The packet of one kind of case, if it was chosen."""
    return session.scalars(_packet_of(), {"case_type": case_type}).one_or_none()


@cache
def _packet_of() -> Select[IntakePacket]:
    return select(IntakePacket).filter_by(case_type=bindparam("case_type", type_=WordColumn(CaseType)))


def files(session: Session) -> list[tuple[int, str, str]]:
    """Id, stored name and hash of every PDF."""
    query = select(PracticeFile.id, PracticeFile.stored_name, PracticeFile.sha256).order_by(PracticeFile.id)
    return [(file_id, name, digest) for file_id, name, digest in session.execute(query)]


def stored_names(session: Session, names: Collection[str]) -> set[str]:
    """Which of these files belong to a PDF."""
    if not names:
        return set()
    return set(session.scalars(select(PracticeFile.stored_name).where(PracticeFile.stored_name.in_(names))))
