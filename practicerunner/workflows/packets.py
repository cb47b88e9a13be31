"""What an intake packet holds: for each kind of case the forms and documents that everybody is given (I03)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, Stale
from practicerunner.records import forms, library, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.forms import FormTemplate
from practicerunner.records.library import IntakePacket
from practicerunner.records.practice import Practice
from practicerunner.rules import forms as rule
from practicerunner.vocabulary import Action, CaseType, FormPurpose, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command, reader


class SetPacket(Command):
    """Choose what the packet of a kind of case holds; ``revision`` 0 is the first choice."""

    case_type: CaseType
    revision: int
    template_ids: tuple[int, ...] = Field(max_length=50)


@dataclass(frozen=True, slots=True)
class PacketChoice:
    """A form or document that a packet can hold."""

    template_id: int
    name: str
    purpose: FormPurpose


@dataclass(frozen=True, slots=True)
class Packet:
    """The packet of one kind of case."""

    case_type: CaseType
    revision: int
    """0 while it is the usual one."""
    offered: tuple[PacketChoice, ...]
    chosen: tuple[int, ...]


def in_packet(session: Session, case_type: CaseType) -> list[FormTemplate]:
    """Forms and documents that the packet of a kind of case holds and that are in use, by name."""
    return _held(case_type, library.packet_of(session, case_type), forms.templates(session))


def _held(case_type: CaseType, packet: IntakePacket | None, templates: Sequence[FormTemplate]) -> list[FormTemplate]:
    fitting = _fitting(case_type, templates)
    if packet is None:
        usual = rule.usual_packet(case_type)
        return [one for one in fitting if one.purpose in usual]
    return [one for one in fitting if one.id in packet.template_ids]


def _fitting(case_type: CaseType, templates: Sequence[FormTemplate]) -> list[FormTemplate]:
    purposes = rule.packet_purposes(case_type)
    return [one for one in templates if one.purpose in purposes]


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def set_packet(session: Session, actor: Actor, asked: SetPacket) -> int:
    """Choose what a packet holds; who was given theirs keeps it. Returns its id. Raises Stale, BadInput."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    wanted = list(dict.fromkeys(asked.template_ids))
    if not set(wanted) <= {one.id for one in _fitting(asked.case_type, forms.templates(session))}:
        raise BadInput("template_ids", "One of these is not used any more or does not belong to this kind of case.")
    # Two who choose for the first time take turns at the practice, as there is no row of the packet to wait for.
    session.get_one(Practice, practice.the_practice(session).id, with_for_update=FOR_CHANGE)
    packet = library.packet_of(session, asked.case_type)
    if asked.revision != (packet.revision if packet is not None else 0):
        raise Stale
    if packet is None:
        packet = IntakePacket(id=ids.new_id(), case_type=asked.case_type, revision=0)
        session.add(packet)
    packet.template_ids, packet.revision = wanted, packet.revision + 1
    session.info["detail"] = f"packet {asked.case_type}: {', '.join(map(str, wanted)) or 'nothing'}"
    return packet.id


@reader(Resource.PRACTICE_SETTINGS)
def packet_list(session: Session, actor: Actor) -> list[Packet]:
    """The packet of every kind of case; the owner's alone."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    chosen, templates = library.packets(session), forms.templates(session)
    return [
        Packet(
            kind, chosen[kind].revision if kind in chosen else 0,
            tuple(PacketChoice(one.id, one.name, one.purpose) for one in _in_order(kind, _fitting(kind, templates))),
            tuple(one.id for one in _in_order(kind, _held(kind, chosen.get(kind), templates))),
        ) for kind in CaseType
    ]


def _in_order(case_type: CaseType, templates: Sequence[FormTemplate]) -> list[FormTemplate]:
    """By what they are for, then by name."""
    purposes = rule.packet_purposes(case_type)
    return sorted(templates, key=lambda one: (purposes.index(one.purpose), one.name.casefold()))
