"""Who supervises: an appointment's supervisor, what waits for them, and what a supervisor may read (E24, G13, C31)."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from practicerunner.rules.notes import UNSIGNED_KINDS
from practicerunner.vocabulary import NoteKind, Role, SignatureRole, SupervisionFormat, SupervisionLevel


class Supervises(Protocol):
    """Somebody supervises somebody from a day until the day before another."""

    @property
    def supervisor_id(self) -> int:
        """Who supervises."""
    @property
    def starts_on(self) -> date:
        """The first day."""
    @property
    def ends_on(self) -> date | None:
        """The first day on which it is over."""


@dataclass(frozen=True, slots=True)
class Term:
    """One assignment: who is supervised by whom, how far, and from when until the day before when."""

    associate_id: int
    supervisor_id: int
    level: SupervisionLevel
    starts_on: date
    ends_on: date | None = None


def covers(term: Supervises, day: date) -> bool:
    """Whether an assignment is in force on a day."""
    return term.starts_on <= day and (term.ends_on is None or term.ends_on > day)


def supervisor_on(supervisions: Iterable[Supervises], day: date) -> int | None:
    """The supervisor in force on a day, the newest being last; ``None`` without one."""
    in_force = [s for s in supervisions if covers(s, day)]
    return in_force[-1].supervisor_id if in_force else None


def inherited(
    case_supervisor_id: int | None, provider_id: int, supervisions: Iterable[Supervises], day: date
) -> int | None:
    """The supervisor of an appointment that has none of its own: the case's, or else its provider's on that day.

    Nobody supervises themselves: where the case's supervisor treats, the next one counts.
    """
    candidates = (case_supervisor_id, supervisor_on(supervisions, day))
    return next((one for one in candidates if one is not None and one != provider_id), None)


def narrowest(candidates: Iterable[int | None], author_id: int, able: Container[int]) -> int | None:
    """Who is responsible for a note: the first of the candidates, narrowest first, who is able to supervise (G13).

    Nobody is responsible for their own note.
    """
    return next((one for one in candidates if one is not None and one != author_id and one in able), None)


def signed_as(roles: Collection[Role], level: SupervisionLevel | None) -> SignatureRole | None:
    """As what the responsible supervisor signs a note, by its author's roles and their level; ``None``: nothing waits.

    An associate who is no provider as well never has a final note without a co-signature, whatever the level (X12).
    """
    if Role.ASSOCIATE in roles and Role.PROVIDER not in roles:
        return SignatureRole.CO_SIGNER
    if level is SupervisionLevel.CO_SIGN:
        return SignatureRole.CO_SIGNER
    return SignatureRole.APPROVER if level is SupervisionLevel.APPROVE else None


REVIEWED = tuple(kind for kind in NoteKind if kind not in UNSIGNED_KINDS)
"""The kinds of note that can wait for a supervisor; the others are never signed."""


def leaves_out(kinds: Collection[str] | None, kind: NoteKind) -> bool:
    """Whether an assignment holds for some kinds of note and this is none of them; ``None`` is all of them (C30)."""
    return kinds is not None and kind.value not in kinds


def reads_as_supervisor(
    staff_id: int, terms: Iterable[Term], *, written_by: Container[int | None], day: date, named: Container[int | None]
) -> bool:
    """Whether somebody reads a document of a day as a supervisor (C31).

    It is dated within their assignment to one of those it was ``written_by``, or they are ``named`` on it: it waits for
    them, or they signed or returned it.
    """
    return staff_id in named or any(
        term.supervisor_id == staff_id and term.associate_id in written_by and covers(term, day) for term in terms
    )


def fits(kind: SupervisionFormat, number: int) -> bool:
    """Whether so many supervisees make an hour of this kind."""
    if kind is SupervisionFormat.GROUP:
        return number >= 3
    return number == (1 if kind is SupervisionFormat.INDIVIDUAL else 2)
