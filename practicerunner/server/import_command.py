"""The console's way to import clients: ``python -m practicerunner import clients FILE.csv``."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from practicerunner import database, money
from practicerunner.errors import BadInput
from practicerunner.records import staff
from practicerunner.rules.csv_files import NotATable
from practicerunner.rules.importing import DateOrder, Field
from practicerunner.vocabulary import Role, RowOutcome
from practicerunner.workflows import imports
from practicerunner.workflows.access import Actor
from practicerunner.workflows.imports import FileLook, ImportClients, ImportPlan, RowsLeftOut
from practicerunner.workflows.staff import actor_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said on the console."""
    parser.add_argument("what", choices=["clients"], help="what the file holds")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="a CSV file with a header")
    parser.add_argument("--dry-run", action="store_true", help="report what would happen and save nothing")
    parser.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD",
        help=f"take a column for a field, or for nothing (COLUMN=); fields: {', '.join(Field)}",
    )
    parser.add_argument("--date-order", choices=[order.value for order in DateOrder], help="for dates like 03/04/1985")
    parser.add_argument("--as", dest="actor", metavar="EMAIL", help="the owner who imports")
    parser.add_argument("--provider", metavar="EMAIL", help="who is responsible for the new clients")
    parser.add_argument("--leave-out-bad-rows", action="store_true", help="import the good rows without the bad")


def import_clients(asked: argparse.Namespace) -> Iterator[str]:
    """Carry it out and report line by line. Raises the sentence that says why not."""
    try:
        file = asked.file.read_bytes()
    except OSError:
        raise NotATable(f"The file {asked.file.name} cannot be opened.") from None
    look = imports.look_at(file)
    mapping = changed_mapping(look, asked.map)
    order = DateOrder(asked.date_order) if asked.date_order else None
    actor = _actor(asked.actor)
    with database.reading() as session:
        provider_id = _provider_id(imports.providers_to_choose(session, actor), asked.provider, actor)
        plan = imports.plan_import(session, actor, file, asked.file.name, mapping, order, provider_id)
    yield from _report(look, mapping, plan)
    if asked.dry_run:
        yield "This was a dry run: nothing was saved."
        return
    if plan.rejected and not asked.leave_out_bad_rows:
        raise RowsLeftOut(f"{RowsLeftOut.__doc__} Add --leave-out-bad-rows for that.")
    with database.transaction() as session:
        imports.import_clients(session, actor, ImportClients(
            file=file, file_name=asked.file.name[-200:], mapping=mapping, date_order=order,
            default_provider_id=provider_id, accept_bad_rows=asked.leave_out_bad_rows,
        ))
    yield f"Imported {plan.new:,}."


def changed_mapping(look: FileLook, changes: Sequence[str]) -> dict[str, Field | None]:
    """The proposed mapping with what was said on the console. Raises BadInput for an unknown column or field."""
    mapping = dict(look.mapping)
    for change in changes:
        column, sign, meant = change.rpartition("=")
        if not sign or column not in mapping:
            raise BadInput("map", f'There is no column "{column or change}". There are: {", ".join(mapping)}.')
        if meant and meant not in list(Field):
            raise BadInput("map", f'There is no field "{meant}". There are: {", ".join(Field)}.')
        mapping[column] = Field(meant) if meant else None
    return mapping


def _actor(email: str | None) -> Actor:
    with database.reading() as session:
        owners = [staff.staff_by_email(session, email)] if email else staff.staff_with_roles(session, [Role.OWNER])
        if len(owners) != 1 or owners[0] is None:
            raise BadInput("as", "Say with --as EMAIL which owner imports.")
        return actor_for(session, owners[0].id)


def _provider_id(choices: Sequence[tuple[int, str]], email: str | None, actor: Actor) -> int:
    """The one named; else the owner, if they see clients; else the only one there is."""
    if email:
        with database.reading() as session:
            person = staff.staff_by_email(session, email)
        return person.id if person else 0
    if choices and (len(choices) == 1 or choices[0][0] == actor.staff_id):
        return choices[0][0]
    raise BadInput("provider", "Say with --provider EMAIL who is responsible for the new clients.")


def _report(look: FileLook, mapping: Mapping[str, Field | None], plan: ImportPlan) -> Iterator[str]:
    for column, meant in mapping.items():
        if column in look.forbidden:
            yield f"{column}: left out, it holds {look.forbidden[column]}"
        else:
            yield f"{column}: {meant.label if meant else 'left out'}"
    if plan.remark:
        yield plan.remark
    for bad in plan.bad:
        yield f"Line {bad.line}: {bad.outcome.label.lower()}. {bad.reason}"
    yield f"{look.row_count:,} rows: " + ", ".join(f"{plan.counts[o]:,} {o.label.lower()}" for o in RowOutcome)
    yield f"Opening balances: {money.dollars(plan.balance_cents)}"
