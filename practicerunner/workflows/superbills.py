"""Which invoiced lines may stand on a superbill. Consultation and workshop never get one (X01, X02)."""

from sqlalchemy.orm import Session

from practicerunner.errors import RuleViolation
from practicerunner.records import billing
from practicerunner.records.billing import InvoiceLine
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, ChargeKind, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.commands import reader


class NoSuperbill(RuleViolation):
    """This kind of work gets invoices and receipts, never a superbill."""


@reader(Resource.SUPERBILLS)
def superbill_lines(session: Session, actor: Actor, invoice_id: int) -> list[InvoiceLine]:
    """The rendered services on an invoice; fees for missed appointments are left out (X10). Raises NoSuperbill."""
    invoice, case = invoice_for(session, actor, invoice_id, Action.READ)
    authorize(
        session, actor, Action.READ, Resource.SUPERBILLS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=invoice.id, case_id=case.id,
    )
    if not capabilities(case.type).superbill:
        raise NoSuperbill
    lines = billing.lines_of(session, invoice.id)
    rendered = {
        charge.id for charge in billing.charges(session, [line.charge_id for line in lines])
        if charge.kind is ChargeKind.SERVICE
    }
    return [line for line in lines if line.charge_id in rendered]
