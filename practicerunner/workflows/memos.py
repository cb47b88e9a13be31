"""The memo of an appointment, written by itself: for the team, never part of the record (G05).

Whoever writes it says whether the front desk may read it; nobody there reads another.
"""

from sqlalchemy.orm import Session

from practicerunner.errors import NotFound, Stale
from practicerunner.records import scheduling
from practicerunner.records.cases import Case
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, command
from practicerunner.workflows.scheduling import set_memo, watching


class WriteMemo(Command):
    """Write the memo of an appointment, or change it."""

    appointment_id: int
    revision: int
    text: Paragraph
    for_desk: bool = False


@command(Resource.APPOINTMENT_MEMO, Action.UPDATE)
def write_memo(session: Session, actor: Actor, asked: WriteMemo) -> int:
    """Keep the memo of an appointment; its provider, the case's, and their supervisors. Returns the appointment's id.

    Raises NotFound, NotPermitted, Stale.
    """
    found = scheduling.appointment(session, asked.appointment_id, lock=True)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENT_MEMO,
                       resource_id=asked.appointment_id)
    case = session.get_one(Case, found.case_id)
    authorize(
        session, actor, Action.UPDATE, Resource.APPOINTMENT_MEMO, responsible=[found.provider_id, case.provider_id],
        supervisor_id=watching(actor, found, case), resource_id=found.id, case_id=case.id,
    )
    if found.revision != asked.revision:
        raise Stale
    if set_memo(session, actor, found, case, asked.text, for_desk=asked.for_desk):
        found.revision += 1
    session.info["case_id"] = case.id
    session.info["detail"] = "for the front desk too" if found.memo_for_desk else ""
    return found.id
