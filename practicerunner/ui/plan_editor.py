"""Writing a treatment plan: problems, goals, objectives, interventions; every change is kept, none over another's."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import FieldProblems
from practicerunner.rules import plan_changes
from practicerunner.rules import plans as rule
from practicerunner.rules.note_details import Details
from practicerunner.rules.plans import Objective, Plan, Problem, Spot
from practicerunner.ui import note_editor, note_paper, unsaved
from practicerunner.ui.draft import Draft, Pair, standing
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read_logged
from practicerunner.ui.text import count, day, md, saved
from practicerunner.vocabulary import NoteStatus, ObjectiveStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import sentence
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.notes import SaveDraft, save_draft
from practicerunner.workflows.plans import PlanPage, plan_page

PARTS = " Where both added or removed parts, “Keep what I wrote” keeps those of this window."
WIDTH = 860
SHAPE, REVIEW = "shape", "review_on"
UP, DOWN, REMOVE = "Move up", "Move down", "Remove"
_ASK = {
    0: ("What brings them, in their words and yours.", "goal"), 1: ("What is to be different.", "objective"),
    2: ("What can be seen or counted when it is reached.", "intervention"),
    3: ("What is done, how often, and by whom.", ""),
}


class PlanDraft(Draft):
    """As a draft of texts, for parts that come and go: which parts there are is this window's own until it is saved.

    A refused save keeps the parts as they are on the screen, and what is typed in them.
    """

    def __init__(
        self, note_id: int, revision: int, plan: Plan, sections: Mapping[str, str],
        keep: Callable[[Session, int, Plan, dict[str, str]], Any], labels: Mapping[str, str],
    ) -> None:
        def keep_typed(session: Session, revision: int, typed: Mapping[str, Any]) -> Any:
            return keep(session, revision, self.entered(typed), {key: typed[f"s.{key}"] for key in self.sections})

        self.key, self.revision, self.plan, self.sections = f"plan.{note_id}", revision, plan, sections
        self.labels, self._hidden = labels, False
        self.texts, self._keep, self._told = values(plan, sections), keep_typed, set()
        known = self.key in st.session_state
        if not known or (self.state["revision"] != revision and self.typed() == self.saved()):
            self.take()

    @property
    def shape(self) -> Plan:
        """The parts that this window shows; their words are in the fields."""
        return self.state["plan"]  # type: ignore[no-any-return]

    def typed(self) -> dict[str, Any]:
        """What stands in the fields now, and which parts there are."""
        there = values(self.shape, self.sections)
        found = {
            name: st.session_state.get(self.field(name), self.state["last"].get(name, value))
            for name, value in there.items()
        } | {SHAPE: there[SHAPE]}
        for name in [name for name in found if name.endswith(".status")]:
            if found[name] is ObjectiveStatus.ACTIVE:
                found[f"{name}_on"] = None
        return found

    def saved(self) -> dict[str, Any]:
        """What is saved, as far as this window knows."""
        return self.state["saved"]  # type: ignore[no-any-return]

    def entered(self, typed: Mapping[str, Any]) -> Plan:
        """The plan as it is typed. Raises FieldProblems, each under the name of its field."""
        fields: dict[int, dict[str, Any]] = {}
        for name, value in typed.items():
            key, _, field = name.partition(".")
            if key.isdigit():
                fields.setdefault(int(key), {})[field] = value
        try:
            return plan_changes.rewritten(self.shape, fields, typed[REVIEW])
        except ValidationError as problem:
            raise FieldProblems({
                _field(self.shape, error["loc"]): sentence(error) for error in problem.errors()
            }) from None

    def take(self) -> None:
        """Show what is saved."""
        super().take()
        self.state.update(plan=self.plan, last=dict(self.texts), removing=None)

    def concede(self) -> None:
        """Take what is saved where both changed it; parts that only this window changed stay, with their words."""
        shape, stays = self.shape, self.mine_alone()
        unsaved.forget(self.key)
        self.take()
        if SHAPE in stays:
            self.state["plan"] = shape
        for name in stays.keys() - {SHAPE}:
            st.session_state[self.field(name)] = stays[name]
        self.save()

    def mine_alone(self) -> dict[str, Any]:
        """What was changed here alone; the parts are not, where the other window changed one that is gone here."""
        typed, known = self.typed(), self.saved()
        there = {name for name, value in self.texts.items() if value != known.get(name)}
        found = {
            name: value for name, value in typed.items()
            if value != known.get(name) and name not in there and name in self.texts
        }
        if SHAPE in found and not there <= typed.keys():
            del found[SHAPE]
        return found | {name: typed[name] for name in typed.keys() - self.texts.keys() if SHAPE in found}

    def merge(self) -> None:
        """Take what is saved into the fields, and the parts, that were not changed here; what says something stays."""
        typed, known = self.typed(), self.saved()
        changed = {name for name, value in typed.items() if value != known.get(name)}
        if SHAPE not in changed and changed <= self.texts.keys():
            self.state["plan"] = self.plan
        for name in values(self.shape, self.sections).keys() - changed - {SHAPE}:
            if name in self.texts and (name in known or SHAPE not in changed):
                st.session_state[self.field(name)] = self.texts[name]

    def save(self) -> None:
        """Keep what is typed, if it differs from what is saved."""
        self.state["last"] = self.typed()
        super().save()

    def at(self, name: str) -> str:
        """The key of a field, which has its text; also after the page was left and opened again."""
        if self.field(name) not in st.session_state:
            last = {**values(self.shape, self.sections), **self.state["last"]}
            st.session_state[self.field(name)] = last[name]
        return self.field(name)

    def change(self, act: Callable[[Plan], Plan]) -> None:
        """Add, move or take out a part, and keep it so."""
        self.state["last"] = self.typed()
        try:
            self.state["plan"] = act(self.shape)
        except plan_changes.NoPlace as problem:
            self.state["problems"] = {"": str(problem)}
            return
        self.save()

    def add(self, above: int) -> None:
        """Add a part below another, or a problem (0)."""
        self.change(lambda plan: plan_changes.add(plan, above or None))

    def menu(self, spot: Spot) -> None:
        """What was chosen from the menu of a part; one that says something is asked about before it goes."""
        chosen, key = st.session_state[self.field(f"{spot.part.key}.menu")], spot.part.key
        if chosen in (UP, DOWN):
            self.change(lambda plan: plan_changes.move(plan, key, -1 if chosen == UP else 1))
        elif chosen == REMOVE:
            below = {key, *(one.part.key for one in rule.spots(self.shape) if _within(self.shape, one, key))}
            says = [name for name, value in self.typed().items() if name.split(".")[0] in map(str, below)
                    and name.endswith((".text", ".codes", ".measure")) and str(value).strip()]
            if says:
                self.state["removing"] = key
            else:
                self.remove(key)

    def remove(self, key: int) -> None:
        """Take a part out with all that belongs to it."""
        self.state["removing"] = None
        self.change(lambda plan: plan_changes.remove(plan, key))

    def keep_part(self) -> None:
        """Do not take it out after all."""
        self.state["removing"] = None

    def since(self, key: int, today: Any) -> None:
        """A status was chosen: it counts from today unless somebody says otherwise."""
        active = st.session_state[self.field(f"{key}.status")] is ObjectiveStatus.ACTIVE
        name = self.field(f"{key}.status_on")
        if active or st.session_state.get(name) is None:
            st.session_state[name] = None if active else today
        self.save()

    def trouble(self) -> bool:
        """Say why the plan could not be saved, and offer both ways on. Returns whether there is trouble."""
        problems = self.state["problems"]
        general = next((told for field, told in problems.items() if field not in self._told), "")
        if not general:
            return bool(problems)
        if not self.overtaken(general):
            return True
        typed, theirs = self.typed(), dict(rule.plan_sections(self.plan))
        mine: dict[str, str] | None
        try:
            mine = dict(rule.plan_sections(self.entered(typed)))
        except FieldProblems:
            mine = None
        self.choose([
            *(Pair(label, theirs.get(label) or "–", mine.get(label) or "–" if mine is not None else None)
              for label in dict.fromkeys([*theirs, *(mine or ())])
              if mine is None or theirs.get(label) != mine.get(label)),
            *(Pair(self.labels[key], text or "–", typed[f"s.{key}"] or "–",
                   standing(self.saved().get(f"s.{key}"), text, typed[f"s.{key}"]))
              for key, text in self.sections.items() if text != typed[f"s.{key}"]),
        ], PARTS)
        return True


def _field(plan: Plan, place: tuple[int | str, ...]) -> str:
    """The name of the field at a place of the plan."""
    part, parts = None, plan.problems
    for step in place:
        if isinstance(step, int):
            part = parts[step]
            parts = rule.below(part)
    return f"{part.key}.{place[-1]}" if part is not None else REVIEW


def _within(plan: Plan, spot: Spot, key: int) -> bool:
    above = {one.part.key: one.above for one in rule.spots(plan)}
    at = spot.above
    while at is not None and at != key:
        at = above[at]
    return at == key


def values(plan: Plan, sections: Mapping[str, str]) -> dict[str, Any]:
    """Every field of a plan by its name, and which parts there are in which order."""
    found: dict[str, Any] = {
        SHAPE: tuple((spot.part.key, spot.above) for spot in rule.spots(plan)), REVIEW: plan.review_on,
    } | {f"s.{key}": text for key, text in sections.items()}
    for spot in rule.spots(plan):
        part, key = spot.part, spot.part.key
        found[f"{key}.text"] = part.text
        if isinstance(part, Problem):
            found[f"{key}.codes"] = part.codes
        if isinstance(part, Objective):
            found |= {
                f"{key}.measure": part.measure, f"{key}.target_on": part.target_on, f"{key}.status": part.status,
                f"{key}.status_on": part.status_on,
            }
    return found


def show(actor: Actor, page: NotePage, zone: str) -> None:
    """Draw the editor of a plan that is being written or was returned."""
    note_id = page.line.note_id or 0
    seen = read_logged(plan_page, actor, note_id)

    def keep(session: Session, revision: int, plan: Plan, sections: dict[str, str]) -> int:
        return save_draft(session, actor, SaveDraft(
            note_id=note_id, revision=revision, sections=sections, details=Details(plan=plan),
        ))

    draft = PlanDraft(
        note_id, page.revision, seen.plan, {one.key: one.text for one in page.sections}, keep,
        {one.key: one.label for one in page.sections},
    )
    note_paper.facts(page.header, page.line, page.template)
    if page.line.status is NoteStatus.RETURNED:
        note_paper.comments(page.comments, zone)
    with st.container(width=WIDTH):
        draft.left_over()
        _before(seen)
        for problem in [spot for spot in rule.spots(draft.shape) if spot.depth == 0]:
            with st.container(border=True):
                _part(draft, problem, seen)
        _add(draft, (0, "problem"))
        st.date_input("Next review", key=draft.at(REVIEW), format="YYYY-MM-DD", on_change=draft.save, width=220)
        for section in page.sections:
            st.text_area(note_editor.label_of(section), key=draft.at(f"s.{section.key}"), on_change=draft.save,
                         height=80, placeholder=section.hint)
            draft.problem(f"s.{section.key}")
        in_trouble = draft.trouble()
        if page.line.saved_at is not None:
            st.text(saved(page.line.saved_at, zone, clock.today(zone)))
        _lacks(seen)
        note_editor.finish(actor, page, draft, in_trouble)


def _before(seen: PlanPage) -> None:
    """The plan that this one reviews, and what is different so far."""
    if seen.previous_id is None or seen.previous_on is None:
        return
    if seen.overtaken:
        st.warning("Another plan was signed since this one was begun. Look at it before you sign.")
    with st.container(horizontal=True, vertical_alignment="center"):
        link(md(f"Review of the plan of {day(seen.previous_on)}"), "note", icon=":material/history:",
             note=seen.previous_id)
        if seen.changes:
            with st.popover(f"{count(len(seen.changes), 'change')} so far", type="tertiary"):
                for change in seen.changes:
                    st.text(change)


def _part(draft: PlanDraft, spot: Spot, seen: PlanPage, after: tuple[tuple[int, str], ...] = ()) -> None:
    """A part with its fields and all that belongs to it; ``after`` it stands what can be added around it."""
    key, (hint, below) = spot.part.key, _ASK[spot.depth]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_area(spot.name, key=draft.at(f"{key}.text"), on_change=draft.save, max_chars=rule.LONGEST,
                     placeholder=hint, height=90 if spot.depth < 2 else 68)
        st.menu_button("More", (UP, DOWN, REMOVE), key=draft.field(f"{key}.menu"), on_click=draft.menu, args=(spot,),
                       type="tertiary", help=f"Move or remove {spot.name.lower()}")
    draft.problem(f"{key}.text")
    if draft.state["removing"] == key:
        _ask(draft, spot)
    if isinstance(spot.part, Problem):
        st.text_input("Codes in force (optional)", key=draft.at(f"{key}.codes"), on_change=draft.save, max_chars=200,
                      placeholder=", ".join(seen.codes))
        draft.problem(f"{key}.codes")
    if isinstance(spot.part, Objective):
        _objective(draft, key, seen)
    inner = [one for one in rule.spots(draft.shape) if one.above == key]
    if below and spot.depth > 0:
        after = ((key, below), *after)
    for place, one in enumerate(inner):
        last = place == len(inner) - 1
        with st.container(border=one.depth == 1):
            _part(draft, one, seen, after if last else ())
    if not inner:
        _add(draft, *after)
    if spot.depth == 0:
        _add(draft, (key, below))


def _objective(draft: PlanDraft, key: int, seen: PlanPage) -> None:
    """How an objective is measured, until when, and where it stands."""
    measure, target, status, since = st.columns([3, 2, 2, 2])
    with measure:
        st.text_input("Measured by", key=draft.at(f"{key}.measure"), on_change=draft.save, max_chars=200)
        draft.problem(f"{key}.measure")
    with target:
        st.date_input("Target date", key=draft.at(f"{key}.target_on"), on_change=draft.save, format="YYYY-MM-DD")
    with status:
        st.selectbox("Status", list(ObjectiveStatus), key=draft.at(f"{key}.status"), on_change=draft.since,
                     args=(key, seen.today), format_func=lambda word: word.label)
    if st.session_state[draft.field(f"{key}.status")] is not ObjectiveStatus.ACTIVE:
        with since:
            st.date_input("Since", key=draft.at(f"{key}.status_on"), on_change=draft.save, format="YYYY-MM-DD",
                          max_value=seen.today)


def _ask(draft: PlanDraft, spot: Spot) -> None:
    """Before something that was written goes."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(f"Remove {spot.name.lower()} and everything that belongs to it?", width="content")
        st.button("Remove", key=draft.field(f"{spot.part.key}.remove"), on_click=draft.remove, args=(spot.part.key,))
        st.button("Keep", key=draft.field(f"{spot.part.key}.keep"), on_click=draft.keep_part, type="tertiary")


def _add(draft: PlanDraft, *around: tuple[int, str]) -> None:
    """What can be added here: key of the part above (0 for a problem), and what."""
    if not around:
        return
    with st.container(horizontal=True, gap="small"):
        for above, what in around:
            st.button(f"Add {what}", key=draft.field(f"{above}.add"), icon=":material/add:", type="tertiary",
                      on_click=draft.add, args=(above,))


SHOWN = 5


def _lacks(seen: PlanPage) -> None:
    """What has to be filled in before the plan can be signed."""
    if seen.missing:
        with st.container(gap="xxsmall"):
            st.text("Before you sign:")
            for lacking in seen.missing[:SHOWN]:
                st.text(lacking)
            if len(seen.missing) > SHOWN:
                st.text(f"and {len(seen.missing) - SHOWN} more")
