"""What a note asks beside its text: findings to choose, the risk line, the telehealth statement (C40)."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from practicerunner.rules.note_details import (
    ABROAD,
    CONFIRMED,
    CONSENT_PLACE,
    FOR_ALL,
    HARM,
    PLACES,
    STATES,
    Details,
    Risk,
    Telehealth,
    Whereabouts,
    in_words,
    state_name,
)
from practicerunner.ui import goal_picker
from practicerunner.ui.draft import Draft
from practicerunner.ui.navigation import link
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import RiskFinding, SessionFormat
from practicerunner.workflows.note_facts import Remote
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.note_text import Written

USUAL = "Within normal limits"


def values(page: NotePage) -> dict[str, Any]:
    """Name of every field beside the text → what is saved of it."""
    found: dict[str, Any] = {}
    for section in page.sections:
        if section.findings:
            found |= {f"s.{section.key}": list(section.chosen), f"m.{section.key}": section.more}
    if page.has_risk:
        found |= _risk_values(page)
    if page.remote is not None:
        found |= _remote_values(page, page.remote)
    return found


def _risk_values(page: NotePage) -> dict[str, Any]:
    risk = page.details.risk or Risk()
    found: dict[str, Any] = {f"risk.{key}": getattr(risk, key) for key in HARM}
    present = any(st.session_state.get(f"note.{page.line.note_id}.{name}", kept) is RiskFinding.PRESENT
                  for name, kept in found.items())
    if present or risk.means.strip() or risk.action.strip():
        found |= {"risk.means": risk.means, "risk.action": risk.action}
    return found


def _remote_values(page: NotePage, remote: Remote) -> dict[str, Any]:
    told = page.details.telehealth or Telehealth(mode=remote.held_by)
    found: dict[str, Any] = {"tele.mode": told.mode, "tele.clinician_location": told.clinician_location}
    keys = [key for key, _ in remote.people]
    if len(keys) > 1:
        together = FOR_ALL in told.locations or not told.locations
        found["tele.together"] = together
        if st.session_state.get(f"note.{page.line.note_id}.tele.together", together):
            keys = [FOR_ALL]
    for key in keys:
        where = told.locations.get(key) or told.locations.get(FOR_ALL) or Whereabouts()
        found |= {f"tele.state.{key}": where.state or None, f"tele.place.{key}": where.place or None}
    found |= {f"tele.{key}": getattr(told, key) for key in CONFIRMED}
    ticked = st.session_state.get(f"note.{page.line.note_id}.tele.consent_on_file", told.consent_on_file)
    if ticked and (remote.unsigned or told.consent_place.strip()):
        found["tele.consent_place"] = told.consent_place
    return found | {"tele.interruptions": told.interruptions}


def labels(page: NotePage) -> dict[str, str]:
    """Name of every field beside the text → what it is called."""
    found = {f"m.{section.key}": f"{section.label}, in your words" for section in page.sections if section.findings}
    found |= {f"risk.{key}": label for key, label in HARM.items()} | {
        "risk.means": "Plan and means", "risk.action": "What was done", "tele.mode": "Held by",
        "tele.clinician_location": "Where you were", "tele.together": "Everybody was at the same place",
        "tele.interruptions": "Interruptions", "tele.consent_place": CONSENT_PLACE,
    }
    found |= {f"tele.{key}": label for key, label in CONFIRMED.items()}
    for key, name in (*(page.remote.people if page.remote is not None else ()), (FOR_ALL, "everybody")):
        found |= {f"tele.state.{key}": f"State in which {name} was", f"tele.place.{key}": f"Place where {name} was"}
    return found


def entered(page: NotePage, typed: Mapping[str, Any]) -> Details | None:
    """What was entered, as it is kept; ``None`` where a note has nothing beside its text."""
    made: dict[str, Any] = {}
    if page.has_risk:
        made["risk"] = Risk(**{name[5:]: value for name, value in typed.items() if name.startswith("risk.")})
    if page.remote is not None:
        kept = page.details.telehealth.locations if page.details.telehealth is not None else {}
        made["telehealth"] = _telehealth(typed, [key for key, _ in page.remote.people], kept)
    if "goals" in typed:
        made["goals"] = goal_picker.links(typed["goals"])
    return Details(**made) if made else None


def _telehealth(typed: Mapping[str, Any], people: Sequence[str], kept: Mapping[str, Whereabouts]) -> Telehealth:
    """What was entered; a location for all becomes everybody's own, or the first one's that of all, by one tick.

    Where each one's own are ``kept`` already, because another window has said so, those stay.
    """
    places = {
        name.removeprefix("tele.state."): Whereabouts(
            state=state or "", place=typed.get(f"tele.place.{name.removeprefix('tele.state.')}") or "")
        for name, state in typed.items() if name.startswith("tele.state.")
    }
    together = typed.get("tele.together")
    if together and FOR_ALL not in places:
        places = {FOR_ALL: next(iter(places.values()), Whereabouts())}
    elif together is False and FOR_ALL in places:
        apart = bool(kept) and FOR_ALL not in kept
        places = dict(kept) if apart else dict.fromkeys(people, places[FOR_ALL])
    simple = ("mode", "clinician_location", "interruptions", "consent_place", *CONFIRMED)
    return Telehealth(
        locations={key: where for key, where in places.items() if where.state or where.place or together is False},
        **{key: typed[f"tele.{key}"] for key in simple if f"tele.{key}" in typed},
    )


def findings(draft: Draft, section: Written, label: str) -> None:
    """Findings to choose from, and a line for what else there is to say."""
    st.pills(
        label, section.findings, selection_mode="multi", key=draft.field(f"s.{section.key}"), on_change=draft.save,
        format_func=md, wrap=True,
    )
    st.text_input(
        f"{section.label}, in your words", key=draft.field(f"m.{section.key}"), on_change=draft.save,
        placeholder=section.hint, label_visibility="collapsed",
    )
    draft.problem(f"s.{section.key}")


def usual(draft: Draft, page: NotePage) -> None:
    """One click for what is as usual; what says something already stays as it is."""
    empty = {
        f"s.{section.key}": [section.usual] for section in page.sections
        if section.usual and not draft.typed()[f"s.{section.key}"] and not draft.typed()[f"m.{section.key}"].strip()
    }
    st.button(
        USUAL, icon=":material/done_all:", key=draft.field("usual"), disabled=not empty, on_click=draft.fill,
        args=(empty,), help="Fills in what is still empty.",
    )


def risk(draft: Draft, page: NotePage) -> None:
    """The risk line: two questions, and what was done where something is present."""
    with st.container(border=True):
        for column, (key, label) in zip(st.columns(2), HARM.items(), strict=True):
            with column:
                st.segmented_control(
                    label, list(RiskFinding), format_func=lambda one: one.label, key=draft.field(f"risk.{key}"),
                    on_change=draft.save,
                )
        if "risk.means" in draft.texts:
            draft.area("risk.means", "Plan and means", height=90, placeholder="What was said or found of them.")
            draft.area("risk.action", "What was done", height=90,
                       placeholder="Safety plan, who was told, what comes next.")
        draft.problem("risk")


def telehealth(draft: Draft, page: NotePage, remote: Remote, zone: str) -> None:
    """The statement on a session by video or phone."""
    with st.container(border=True):
        st.subheader("Session by video or phone", anchor=False)
        left, right = st.columns(2)
        with left:
            st.segmented_control(
                "Held by", [SessionFormat.VIDEO, SessionFormat.PHONE], format_func=lambda one: one.label,
                key=draft.field("tele.mode"), on_change=draft.save,
            )
        with right:
            st.text_input("Where you were", key=draft.field("tele.clinician_location"), on_change=draft.save,
                          placeholder="Office, home …")
        if "tele.together" in draft.texts:
            st.checkbox("Everybody was at the same place", key=draft.field("tele.together"), on_change=draft.save)
        names = dict(remote.people) | {FOR_ALL: "everybody"}
        for name in draft.texts:
            if name.startswith("tele.state."):
                _where(draft, name.removeprefix("tele.state."), names)
        for state in remote.outside:
            st.warning(f"Your licence states do not include {state_name(state)}. Look up whether you may work there.",
                       icon=":material/gavel:")
        for key, label in CONFIRMED.items():
            st.checkbox(label, key=draft.field(f"tele.{key}"), on_change=draft.save)
            if key == "consent_on_file":
                _consents(page, remote, zone)
                if "tele.consent_place" in draft.texts:
                    st.text_input(CONSENT_PLACE, key=draft.field("tele.consent_place"), on_change=draft.save,
                                  placeholder="On paper, 3 Nov", help="It was not signed here, so say where it is.")
        draft.area("tele.interruptions", "Interruptions (optional)", height=70,
                   placeholder="What was cut off, for how long, and how it went on.")
        draft.problem("telehealth")


def _where(draft: Draft, key: str, names: Mapping[str, str]) -> None:
    left, right = st.columns(2)
    with left:
        st.selectbox(
            md(f"State in which {names[key]} was"), [*STATES, ABROAD], format_func=state_name, index=None,
            key=draft.field(f"tele.state.{key}"), on_change=draft.save, placeholder="State",
        )
    with right:
        place = draft.texts[f"tele.place.{key}"]
        st.selectbox(
            md(f"Place where {names[key]} was"), list(dict.fromkeys((*PLACES, *([place] if place else [])))),
            index=None, accept_new_options=True, key=draft.field(f"tele.place.{key}"), on_change=draft.save,
            placeholder="Choose or type",
        )


def _consents(page: NotePage, remote: Remote, zone: str) -> None:
    """Who has signed the consent to telehealth; a signed one opens, a missing one is given out on the case's page."""
    for consent in remote.consents:
        if consent.response_id is not None and consent.signed_at is not None:
            when = day(consent.signed_at.astimezone(ZoneInfo(zone)).date())
            link(md(f"{consent.name} signed it on {when}"), "form", response=consent.response_id)
        else:
            link(md(f"{consent.name} has not signed the telehealth form"), "case", case=page.line.case_id)


def paper(details: Details, names: Mapping[str, str], *, with_plan: bool = True) -> None:
    """What stands beside the text, as it is read; ``with_plan`` where a plan is not drawn in its own way."""
    shown = details if with_plan else details.model_copy(update={"plan": None})
    for label, text in in_words(shown, names):
        st.markdown(f"**{label}**")
        st.text(text)
