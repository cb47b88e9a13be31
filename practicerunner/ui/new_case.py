"""The dialog behind "New": what kind of work it is, who takes part, who is responsible; then the new page."""

from collections.abc import Callable, Sequence

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.rules.case_types import CASE_TYPES, Capabilities, capabilities
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.person_form import find_person, new_person
from practicerunner.ui.text import md
from practicerunner.vocabulary import CaseStatus, CaseType, TwoPersonLabel
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.clients import staff_choices

Builder = Callable[[], Taking]
_STATUSES = (CaseStatus.ACTIVE, CaseStatus.PROSPECT, CaseStatus.INTAKE_PENDING, CaseStatus.WAITLIST, CaseStatus.CONTACT)


def choose_kind(key: str, kinds: Sequence[CaseType] = tuple(CASE_TYPES)) -> CaseType | None:
    """What kind of work is this? One sentence a kind."""
    chosen: CaseType | None = st.radio(
        "What kind of work is this?", kinds, index=None, format_func=lambda kind: capabilities(kind).heading,
        captions=[capabilities(kind).sentence for kind in kinds], key=key,
    )
    return chosen


def ask_people(actor: Actor, form: Form, able: Capabilities, known: Sequence[tuple[int, str]] = ()) -> list[Builder]:
    """Who takes part: those ``known`` who come along, existing people, new ones. Returns what builds each of them."""
    builders: list[Builder] = []
    for person_id, name in known:
        if st.checkbox(md(name), value=True, key=form.field_key(f"known.{person_id}")):
            builders.append(lambda person_id=person_id: Taking(person_id=person_id))  # type: ignore[misc]
    added = f"{form.key}.added"
    st.session_state.setdefault(added, max(able.least - len(known), 0 if able.is_group or known else 1))
    for place in range(int(st.session_state[added])):
        with st.container(border=True):
            builders.append(_somebody(actor, form, able, len(known) + place))
    form.place("participants")
    if able.most is None or len(builders) < able.most:
        with st.container(horizontal=True):
            st.button(f"Add a {able.called}", icon=":material/add:", key=form.field_key("add"),
                      on_click=_count, args=(added, 1))
            if st.session_state[added] > 0:
                st.button("Remove the last", key=form.field_key("less"), on_click=_count, args=(added, -1))
    if able.hint_at_two and len(builders) == 2:
        st.info(f"For exactly two people there is also {capabilities(CaseType.TWO_PERSON).heading}.",
                icon=":material/lightbulb:")
    return builders


def _count(key: str, change: int) -> None:
    st.session_state[key] += change


def ask_one(actor: Actor, form: Form, able: Capabilities) -> Builder:
    """Who it is: somebody known or somebody new. Returns what builds them."""
    builder = _somebody(actor, form, able, 0, numbered=False)
    form.place("participants")
    return builder


def _somebody(actor: Actor, form: Form, able: Capabilities, place: int, *, numbered: bool = True) -> Builder:
    prefix = f"p{place}"
    title = f"{able.called.capitalize()} {place + 1}" if numbered and able.most != 1 else able.called.capitalize()
    already = st.toggle(f"{title} is already here", key=form.field_key(f"{prefix}.known"))
    role = ""
    if already:
        chosen = find_person(actor, form, f"{prefix}.person")
        if able.most is None:
            role = form.text(f"{prefix}.role", "Part in it", placeholder="for instance mother", max_chars=60)

        def pick() -> Taking:
            if chosen is None:
                raise BadInput(f"{prefix}.person", "Search and choose somebody, or describe a new person.")
            return Taking(person_id=chosen[0], role=role)

        form.place(f"{prefix}.person")
        return pick
    details = new_person(form, prefix)
    if able.most is None:
        role = form.text(f"{prefix}.role", "Part in it", placeholder="for instance mother", max_chars=60)
    return lambda: Taking(person=details(), role=role)


def ask_label(form: Form, current: TwoPersonLabel | None = None) -> TwoPersonLabel | None:
    """What two people are to each other."""
    labels = list(TwoPersonLabel)
    chosen: TwoPersonLabel | None = form.choice(
        "label", "The two are", labels, index=labels.index(current) if current else None,
        format_func=lambda label: label.label, placeholder="Choose what they are to each other",
    )
    return chosen


@st.dialog("New", width="large", icon=":material/person_add:")
def new_case_dialog(actor: Actor) -> None:
    """Ask for everything that a new client, group or workshop needs, and open its page."""
    form = Form("new_case")
    kind = choose_kind(form.field_key("type"))
    if kind is None:
        st.text("Choose a kind to go on.")
        return
    able = capabilities(kind)
    form = Form(f"new_case.{kind}")
    name = form.text("name", f"Name of the {able.heading.lower()}") if able.needs_name else ""
    label = ask_label(form) if able.has_label else None
    people = ask_people(actor, form, able)
    choices = read(staff_choices, actor)
    providers = list(choices.providers)
    left, right = st.columns(2)
    with left:
        mine = providers.index(actor.staff_id) if actor.staff_id in providers else None
        provider_id = form.choice(
            "provider_id", "Provider", providers, index=mine, format_func=lambda staff: choices.providers[staff])
    with right:
        status = form.choice("status", "Status", _STATUSES, format_func=lambda word: word.label)
    if st.button(f"Create {able.heading.lower()}", type="primary", key=form.field_key("create")):
        def build() -> OpenCase:
            if provider_id is None:
                raise BadInput("provider_id", "Choose who is responsible.")
            return OpenCase(
                op=form.op, type=kind, label=label, name=name, status=status, provider_id=provider_id,
                participants=tuple(make() for make in people),
            )

        done, case_id = form.submit(open_case, actor, build, f"{able.heading} created")
        if done:
            Form("new_case").clear()
            navigation.go("case", case=case_id)
