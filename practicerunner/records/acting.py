"""Who acts for a client, and every decision about it; decisions are never changed, only ended (D03, D11)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Participant
from practicerunner.records.people import Organisation, Person
from practicerunner.vocabulary import AccessScope, ActingKind, Verdict


class ActsFor(Revised):
    """That a person acts for a client, as what, and how it was verified (FHIR RelatedPerson). It opens nothing."""

    __tablename__ = "acts_for"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[ActingKind] = word(ActingKind)
    title: Mapped[str] = mapped_column(String(60), default="")
    """In the practice's words, such as "bookkeeper"; empty is the kind."""
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Words of ``vocabulary.ContactRole``."""
    evidence: Mapped[str] = mapped_column(String(300), default="")
    """What was seen: the document, and its date."""
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day on which they act no longer."""
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    """For which body they help, such as an agency; ``None`` is in their own right (D13)."""
    left_organisation_on: Mapped[date | None]
    """Since when they work there no longer."""
    organisation: Mapped[Organisation | None] = relationship()

    __table_args__ = (UniqueConstraint("person_id", "client_id"),)

    @property
    def called(self) -> str:
        """As what they act, in the practice's own word if there is one."""
        return self.title or self.kind.label

    @property
    def from_where(self) -> str:
        """``, Harbor Care``, for after their name or kind; empty in their own right."""
        return f", {self.organisation.name}" if self.organisation is not None else ""


class AccessDecision(Row):
    """A grant or a denial of one scope, for one case or for everything of the client; never changed."""

    __tablename__ = "access_decision"

    acts_for_id: Mapped[int] = mapped_column(ForeignKey("acts_for.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    scope: Mapped[AccessScope] = word(AccessScope)
    verdict: Mapped[Verdict] = word(Verdict)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    acted_as: Mapped[ActingKind | None] = word(ActingKind)
    """As what the person acted when it was decided: what a parent was granted ends with minority, whatever follows."""
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime]


class AccessEnd(Row):
    """That a decision was ended, effective at once; never changed."""

    __tablename__ = "access_end"

    decision_id: Mapped[int] = mapped_column(ForeignKey("access_decision.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    ended_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime]


class AccessNotice(Row):
    """Whether a case's people are told of new access; the last row counts (D15). Never changed."""

    __tablename__ = "access_notice"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    off: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(300), default="")
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime]


_BETWEEN = select(ActsFor).where(
    ActsFor.person_id == bindparam("person_id"), ActsFor.client_id == bindparam("client_id")
)
_OF_PERSON = (
    select(ActsFor, Person).join(Person, Person.id == ActsFor.client_id)
    .where(ActsFor.person_id == bindparam("person_id")).order_by(Person.first_name, Person.last_name, ActsFor.id)
)
_DECISIONS = (
    select(AccessDecision, AccessEnd).outerjoin(AccessEnd, AccessEnd.decision_id == AccessDecision.id)
    .where(AccessDecision.acts_for_id.in_(bindparam("ids", expanding=True)))
    .order_by(AccessDecision.decided_at, AccessDecision.id)
)


def between(session: Session, person_id: int, client_id: int) -> ActsFor | None:
    """How somebody acts for a client, if they do."""
    return session.scalar(_BETWEEN, {"person_id": person_id, "client_id": client_id})


def client_of(session: Session, acts_for_id: int) -> int | None:
    """For whom somebody acts: who is locked before the entry itself."""
    return session.scalar(select(ActsFor.client_id).where(ActsFor.id == acts_for_id))


def represents(session: Session, person_id: int, client_id: int) -> bool:
    """Whether somebody acts for a client as more than a helper."""
    found = between(session, person_id, client_id)
    return found is not None and found.kind.is_representative


def for_clients(session: Session, client_ids: Collection[int]) -> list[tuple[ActsFor, Person]]:
    """Everybody who acts for some people, by name."""
    if not client_ids:
        return []
    rows = session.execute(
        select(ActsFor, Person).join(Person, Person.id == ActsFor.person_id).where(ActsFor.client_id.in_(client_ids))
        .order_by(Person.last_name, Person.first_name, ActsFor.id)
    )
    return [(acts, person) for acts, person in rows]


def is_acted_for(session: Session, client_ids: Collection[int]) -> bool:
    """Whether anybody acts for one of some people."""
    query = select(ActsFor.id).where(ActsFor.client_id.in_(client_ids)).limit(1)
    return bool(client_ids) and session.scalar(query) is not None


def of_person(session: Session, person_id: int) -> list[tuple[ActsFor, Person]]:
    """The clients for whom somebody acts or acted, by name."""
    return [(acts, client) for acts, client in session.execute(_OF_PERSON, {"person_id": person_id})]


def decisions_of(
    session: Session, acts_for_ids: Sequence[int]
) -> list[tuple[AccessDecision, AccessEnd | None]]:
    """Every decision about some acting people, the oldest first, each with its end if it has one."""
    if not acts_for_ids:
        return []
    return [(decision, end) for decision, end in session.execute(_DECISIONS, {"ids": list(acts_for_ids)})]


def of_organisation(session: Session, person_id: int, organisation_id: int) -> list[ActsFor]:
    """For whom somebody helps as one of an organisation, by client; locked, with the clients before them."""
    theirs = ActsFor.person_id == person_id, ActsFor.organisation_id == organisation_id
    clients = select(Person.id).where(Person.id.in_(select(ActsFor.client_id).where(*theirs)))
    session.execute(clients.order_by(Person.id).with_for_update(key_share=True)).all()
    query = select(ActsFor).where(*theirs).order_by(ActsFor.client_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(locked))


def notice_off(session: Session, case_ids: Collection[int]) -> bool:
    """Whether in one of these cases nobody is to be told of new access."""
    last: dict[int, bool] = {}
    query = select(AccessNotice).where(AccessNotice.case_id.in_(case_ids))
    for row in session.scalars(query.order_by(AccessNotice.decided_at, AccessNotice.id)):
        last[row.case_id] = row.off
    return any(last.values())


def last_notice(session: Session, case_id: int) -> AccessNotice | None:
    """The last decision on whether a case's people are told of new access."""
    return session.scalars(
        select(AccessNotice).where(AccessNotice.case_id == case_id)
        .order_by(AccessNotice.decided_at.desc(), AccessNotice.id.desc()).limit(1)
    ).first()


def is_of_a_minor() -> ColumnElement[bool]:
    """That the query's acting person is a parent or guardian, or was when something was decided."""
    kinds = [kind for kind in ActingKind if kind.is_of_a_minor]
    return ActsFor.kind.in_(kinds) | select(AccessDecision.id).where(
        AccessDecision.acts_for_id == ActsFor.id, AccessDecision.acted_as.in_(kinds)).correlate(ActsFor).exists()


def minors_acted_for(session: Session, case_ids: Sequence[int]) -> list[tuple[int, ActsFor, Person]]:
    """Of each case, who is or was parent or guardian of its people: case, how they act, the client."""
    rows = session.execute(
        select(Participant.case_id, ActsFor, Person).join(Person, Person.id == Participant.person_id)
        .join(ActsFor, ActsFor.client_id == Person.id)
        .where(Participant.case_id.in_(case_ids), is_of_a_minor())
    )
    return [(case_id, acts, client) for case_id, acts, client in rows]
