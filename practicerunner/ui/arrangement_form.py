"""Saying who pays: payers in order, each with a percentage, a fixed amount or the rest; and the agreed fee."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import basis_points, cents, dollars, percent
from practicerunner.ui import arrangement_preview
from practicerunner.ui.arrangement_preview import FeeEntered
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import FeeTerms, InvoicingRhythm, ShareKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.arrangements import (
    ArrangementView,
    PayersNeeded,
    SetArrangement,
    Share,
    ShareView,
    SponsorTerms,
    ended,
    is_over,
    latest,
    revision_of,
    set_arrangement,
)
from practicerunner.workflows.people import (
    AddOrganisation,
    AddPerson,
    PersonDetails,
    add_organisation,
    add_person,
    find_payers,
    payers_named,
)

Choice = tuple[str, int, str]
"""A payer to choose: whether the id is a ``person`` or a ``payer``, the id, and the name."""

MOST_PAYERS = 10


def in_words(arrangement: ArrangementView) -> str:
    """"Elena 60 %, David 40 %", with the fee where it is not the standard one."""
    alone = len(arrangement.shares) == 1
    shares = ", ".join(
        f"{share.payer} pays" if alone else _share_in_words(share) for share in arrangement.shares
    )
    if arrangement.sponsor is not None:
        shares = f"{_sponsor_in_words(arrangement.sponsor)}; otherwise {shares}"
    if arrangement.fee_terms in (FeeTerms.FIXED, FeeTerms.SPONSOR) and arrangement.fee_cents is not None:
        shares += f"; {'fixed' if arrangement.sponsor is None else 'sponsored'} fee {dollars(arrangement.fee_cents)}"
    if arrangement.fee_terms is FeeTerms.SLIDING_SCALE and arrangement.fee_basis_points is not None:
        shares += f"; {percent(arrangement.fee_basis_points)} of the standard fee"
    if arrangement.package is not None:
        sold = arrangement.package
        shares += f"; package of {count(sold.sessions, 'session')} of {sold.service} for {dollars(sold.price_cents)}"
    for rhythm in dict.fromkeys(share.rhythm for share in arrangement.shares):
        if rhythm is not InvoicingRhythm.PER_APPOINTMENT:
            shares += f"; {rhythm.label[0].lower()}{rhythm.label[1:]}"
    return shares


def _sponsor_in_words(sponsor: SponsorTerms) -> str:
    limits = [
        f"up to {dollars(sponsor.cap_cents)}" if sponsor.cap_cents is not None else "",
        f"for {count(sponsor.cap_sessions, 'session')}" if sponsor.cap_sessions is not None else "",
        f"until {day(sponsor.until)}" if sponsor.until is not None else "",
    ]
    return f"{sponsor.payer} pays first" + "".join(f", {limit}" for limit in limits if limit)


def _share_in_words(share: ShareView) -> str:
    if share.kind is ShareKind.PERCENT:
        return f"{share.payer} {percent(share.basis_points or 0)}"
    if share.kind is ShareKind.REMAINDER:
        return f"{share.payer} the rest"
    cap = f" up to {dollars(share.cap_cents)} in all" if share.cap_cents else ""
    return f"{share.payer} {dollars(share.amount_cents or 0)}{cap}"


def show_all(rows: Sequence[ArrangementView], people: dict[int, str]) -> None:
    """Every arrangement in one line each, newest last."""
    for row in rows:
        who = f"{people.get(row.person_id, '')}: " if row.person_id else ""
        st.text(f"{who}{in_words(row)}{_lasts(row)}")


def _lasts(row: ArrangementView) -> str:
    if row.valid_from is None:
        return ""
    return f" (from {day(row.valid_from)}" + (f" to {day(row.valid_until)})" if row.valid_until else ")")


def show_ended(people: dict[int, str], ended_for: Collection[int | None]) -> None:
    """For whom of these, or for the case as a whole, the agreement has ended and nobody has said since who pays."""
    for person_id in sorted(ended_for, key=lambda one: one or 0):
        if person_id is None or person_id in people:
            whose = f" for {people[person_id]}" if person_id is not None else ""
            st.text(f"The agreement about who pays{whose} has ended; nobody has said who pays since.")


@st.dialog("Who pays", width="large")
def arrangement_dialog(
    actor: Actor, case_id: int, needed: PayersNeeded, rows: Sequence[ArrangementView], today: date
) -> None:
    """Set the payers of a case, or of one participant where each is charged.

    It begins with what is in force on a day by the arrangements in ``rows``.
    """
    people, usual = needed.people, needed.usual
    form = Form(f"arrangement.{case_id}")
    person_id = None
    if needed.each:
        gone = ended(rows, today)
        place = next((place for place, person in enumerate(people) if person in gone), 0)
        person_id = form.choice("person_id", "For", list(people), index=place,
                                format_func=lambda one: f"{people[one]}, has left" if one in needed.left
                                else people[one])
        form = Form(f"arrangement.{case_id}.{person_id}")
    now = latest(rows, today).get(person_id)
    left, right = st.columns(2)
    with left:
        over = now is not None and is_over(now, today)
        first = now.valid_until + timedelta(days=1) if now and now.valid_until and over else today
        valid_from = form.date("valid_from", "First date of service", first)
    with right:
        until = now.valid_until if now and not over else None
        valid_until = form.date("valid_until", "Last date of service (optional)", until)
    if now and now.valid_from and now.valid_until and over:
        st.caption(f"What was agreed until {day(now.valid_until)} is filled in. Choose {day(now.valid_from)} as the "
                   "first date to change or prolong that agreement instead.")
    elif now is not None and now.valid_from is not None and now.valid_from != today:
        st.caption(f"Choose {day(now.valid_from)} as the first date to correct or end what holds since then. From a "
                   "later date on, caps and limits count anew.")
    choices: list[Choice] = [("person", person, name) for person, name in people.items()]
    more = {share.payer_id: (share.payer, share.person_id) for row in rows for share in row.shares}
    more |= {row.sponsor.payer_id: (row.sponsor.payer, row.sponsor.person_id) for row in rows if row.sponsor}
    choices += [("payer", payer_id, name) for payer_id, (name, person) in more.items() if person not in people]
    choices += st.session_state.get(f"{form.key}.more", [])
    fee = _fee(form, choices, needed, now)
    if fee.terms is FeeTerms.SPONSOR:
        st.text("Who pays what the sponsor does not:")
    shares = now.shares if now else ()
    number = int(st.number_input(
        "Number of payers", 1, max(MOST_PAYERS, len(shares)), max(len(shares), 1), key=form.field_key("number")))
    lines: list[tuple[Choice | None, ShareKind, str, str]] = []
    for place in range(number):
        lines.append(_payer_row(
            form, place, choices, person_id, shares[place] if place < len(shares) else None,
            [chosen for chosen, *_ in lines]))
    if number > 1:
        st.button("Equal parts", key="equal_parts", help="Every payer pays the same part.", on_click=_equal_parts,
                  args=(form, number))
    form.place("shares")
    rhythms = list(InvoicingRhythm)
    rhythm = form.choice("rhythm", "Invoices", rhythms, format_func=lambda word: word.label,
                         index=rhythms.index(shares[0].rhythm) if shares else 0)
    _somebody_else(actor, form)
    if usual is not None or fee.terms is FeeTerms.PACKAGE:
        arrangement_preview.show(usual or ("", 0), fee, [
            (chosen[2] if chosen else "", kind, value, cap) for chosen, kind, value, cap in lines])
    if st.button("Save who pays", type="primary", key="save_arrangement"):
        done, _ = form.submit(
            set_arrangement, actor,
            lambda: SetArrangement(
                op=form.op, case_id=case_id, person_id=person_id, revision=revision_of(rows, person_id),
                valid_from=valid_from or today, valid_until=valid_until, **_agreed(fee),
                shares=tuple(_share(*line, rhythm) for line in lines),
            ),
            "Payers saved",
        )
        if done:
            st.rerun()


def _place_of(choices: list[Choice], payer_id: int, person_id: int | None) -> int | None:
    known = ("person", person_id), ("payer", payer_id)
    return next((place for place, choice in enumerate(choices) if choice[:2] in known), None)


KINDS = [ShareKind.REMAINDER, ShareKind.PERCENT, ShareKind.FIXED, ShareKind.FIXED_WITH_CAP]


def _payer_row(
    form: Form, place: int, choices: list[Choice], person_id: int | None, now: ShareView | None,
    taken: Collection[Choice | None],
) -> tuple[Choice | None, ShareKind, str, str]:
    """One payer's line: who, how, how much; as it is ``now``. A new line proposes nobody who is ``taken`` already."""
    free = [i for i, choice in enumerate(choices) if choice not in taken]
    default = next((i for i in free if choices[i][:2] == ("person", person_id)), free[0] if free else None)
    if now is not None:
        default = _place_of(choices, now.payer_id, now.person_id) or 0
    value = cap = ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            f"Payer {place + 1}", choices, index=default if choices else None, format_func=lambda choice: choice[2],
            key=form.field_key(f"payer.{place}.{person_id}"), placeholder="Choose who pays",
        )
        kind = st.selectbox(
            "Pays", KINDS, index=KINDS.index(now.kind) if now else 0, format_func=lambda word: word.label,
            key=form.field_key(f"kind.{place}"),
        )
        if kind is not ShareKind.REMAINDER:
            label = "Percent" if kind is ShareKind.PERCENT else "Amount"
            value = st.text_input(label, _typed(now, kind), key=form.field_key(f"value.{place}"))
        if kind is ShareKind.FIXED_WITH_CAP:
            known = _amount(now.cap_cents) if now else ""
            cap = st.text_input("Cap", known, key=form.field_key(f"cap.{place}"))
    return chosen, kind, value, cap


def _typed(now: ShareView | None, kind: ShareKind) -> str:
    """A payer's percentage or amount as somebody would type it."""
    if now is None or (kind is ShareKind.PERCENT) is not (now.kind is ShareKind.PERCENT):
        return ""
    return _points(now.basis_points) if kind is ShareKind.PERCENT else _amount(now.amount_cents)


def _amount(known: int | None) -> str:
    return "" if known is None else dollars(known)


def _points(known: int | None) -> str:
    return "" if known is None else percent(known)


def _equal_parts(form: Form, number: int) -> None:
    """Let every payer take an equal part of the whole."""
    for place in range(number):
        st.session_state[form.field_key(f"kind.{place}")] = ShareKind.REMAINDER


def _share(chosen: Choice | None, kind: ShareKind, value: str, cap: str, rhythm: InvoicingRhythm) -> Share:
    if chosen is None:
        raise BadInput("shares", "Choose who pays.")
    fixed = kind in (ShareKind.FIXED, ShareKind.FIXED_WITH_CAP)
    settings: dict[str, Any] = {
        "kind": kind, "rhythm": rhythm,
        "basis_points": basis_points(value, "shares") if kind is ShareKind.PERCENT else None,
        "amount_cents": cents(value, "shares") if fixed else None,
        "cap_cents": cents(cap, "shares") if kind is ShareKind.FIXED_WITH_CAP else None,
    }
    return Share(**{f"{chosen[0]}_id": chosen[1]}, **settings)


def _fee(form: Form, choices: list[Choice], needed: PayersNeeded, now: ArrangementView | None) -> FeeEntered:
    """The fee agreement and what belongs to it, as it is ``now``."""
    kinds = list(FeeTerms)
    terms = form.choice("fee_terms", "Fee", kinds, index=kinds.index(now.fee_terms) if now else 0,
                        format_func=lambda word: word.label)
    fee = _amount(now.fee_cents) if now and now.fee_terms is terms else ""
    if terms is FeeTerms.FIXED:
        return FeeEntered(terms, fee=form.text("fee_cents", "Fixed fee", fee))
    if terms is FeeTerms.SLIDING_SCALE:
        scale = _points(now.fee_basis_points) if now else ""
        return FeeEntered(terms, scale=form.text("fee_basis_points", "Percent of the standard fee", scale))
    if terms is FeeTerms.PACKAGE:
        sold, services = now.package if now else None, needed.services
        usual = next((one for one, name in services.items() if needed.usual and name == needed.usual[0]), None)
        first = sold.service_id if sold else usual
        columns = st.columns([3, 2, 2])
        with columns[0]:
            service = form.choice(
                "package_service_id", "Package of", list(services), format_func=services.__getitem__,
                index=list(services).index(first) if first in services else 0)
        with columns[1]:
            sessions = form.number("package_sessions", "Sessions", sold.sessions if sold else 10)
        with columns[2]:
            price = form.text("package_cents", "Price of the package", _amount(sold.price_cents) if sold else "")
        return FeeEntered(terms, service_id=service, service=services.get(service, ""), sessions=sessions, price=price)
    if terms is FeeTerms.SPONSOR:
        pays = now.sponsor if now else None
        left, right = st.columns(2)
        with left:
            sponsor = form.choice("sponsor_id", "Sponsor", choices, format_func=lambda choice: choice[2],
                                  index=_place_of(choices, pays.payer_id, pays.person_id) if pays else None,
                                  help="Add whoever is missing under “Somebody else pays” below.")
            cap = form.text("sponsor_cents", "Up to an amount in all (optional)",
                            _amount(pays.cap_cents) if pays else "")
            until = form.date("sponsor_until", "Last day that is paid (optional)", pays.until if pays else None)
        with right:
            fee = form.text("fee_cents", "Agreed fee while the sponsor pays (optional)", fee,
                            placeholder="The standard fee")
            most = st.number_input("Number of sessions (optional)", value=pays.cap_sessions if pays else None, step=1,
                                   min_value=0,
                                   key=form.field_key("sponsor_sessions"))
            form.place("sponsor_sessions")
        return FeeEntered(terms, fee=fee, sponsor=sponsor, cap=cap, until=until,
                          cap_sessions=None if most is None else int(most))
    return FeeEntered(terms)


def _agreed(fee: FeeEntered) -> dict[str, Any]:
    """What was entered, as the command takes it. Raises BadInput."""
    if fee.terms is FeeTerms.FIXED:
        return {"fee_terms": fee.terms, "fee_cents": cents(fee.fee, "fee_cents")}
    if fee.terms is FeeTerms.SLIDING_SCALE:
        return {"fee_terms": fee.terms, "fee_basis_points": basis_points(fee.scale, "fee_basis_points")}
    if fee.terms is FeeTerms.PACKAGE:
        return {"fee_terms": fee.terms, "package_service_id": fee.service_id, "package_sessions": fee.sessions,
                "package_cents": cents(fee.price, "package_cents")}
    if fee.terms is FeeTerms.SPONSOR:
        if fee.sponsor is None:
            raise BadInput("sponsor_id", "Choose the sponsor.")
        who = "sponsor_person_id" if fee.sponsor[0] == "person" else "sponsor_id"
        return {
            "fee_terms": fee.terms, who: fee.sponsor[1],
            "fee_cents": cents(fee.fee, "fee_cents") if fee.fee.strip() else None,
            "sponsor_cents": cents(fee.cap, "sponsor_cents") if fee.cap.strip() else None,
            "sponsor_sessions": fee.cap_sessions, "sponsor_until": fee.until,
        }
    return {"fee_terms": fee.terms}


def _offer(form: Form, found: Sequence[tuple[int, str, str]], more: list[Choice], field: str) -> None:
    """Payers in the list, each with what tells them apart, to be added to the choices."""
    for payer_id, name, known in found:
        if st.button(md(f"Add {name}" + (f" ({known})" if known else "")), key=form.field_key(f"{field}.{payer_id}")):
            if all(choice[:2] != ("payer", payer_id) for choice in more):
                more.append(("payer", payer_id, name))
            st.rerun(scope="fragment")


def _somebody_else(actor: Actor, form: Form) -> None:
    """Find another payer, or add a new person or organisation, to choose above."""
    more: list[Choice] = st.session_state.setdefault(f"{form.key}.more", [])
    turn = f"{form.key}.new"
    added: list[str] = st.session_state.get(turn, [])
    new = f"new.{len(added)}"  # the fields begin anew for the next one
    with st.expander("Somebody else pays"):
        sought = st.text_input("Find a payer by name", key=form.field_key("sought"))
        _offer(form, read(find_payers, actor, sought, 8) if sought.strip() else (), more, "found")
        st.text("Or somebody new:")
        kind = st.segmented_control(
            "Kind", ["Person", "Organisation"], default="Person", key=form.field_key("new_kind"),
            label_visibility="collapsed",
        )
        first = st.text_input("Name" if kind == "Organisation" else "First name", key=form.field_key(f"{new}.first"))
        last = "" if kind == "Organisation" else st.text_input("Last name", key=form.field_key(f"{new}.last"))
        address = st.text_area("Postal address", key=form.field_key(f"{new}.address"), height=80)
        if added:
            st.text(f"{added[-1]} is added and can be chosen above as one of the payers.")
        same = read(payers_named, actor, f"{first} {last}") if kind == "Person" and first.strip() else ()
        sure = True
        if same:
            st.warning(md(f"{same[0][1]} is in the list already."), icon=":material/person_search:")
            _offer(form, same, more, "same")
            sure = st.checkbox("This is somebody else of the same name", key=form.field_key(f"{new}.other"))
        if st.button("Add this payer", key=form.field_key("new_payer"), disabled=not sure):
            if kind == "Organisation":
                done, made = perform(
                    add_organisation, actor, lambda: AddOrganisation(name=first, address=address)
                )
            else:
                done, made = perform(
                    add_person, actor,
                    lambda: AddPerson(person=PersonDetails(first_name=first, last_name=last, address=address)),
                )
            if done and made:
                name = f"{first} {last}".strip()
                more.append(("payer" if kind == "Organisation" else "person", made, name))
                st.session_state[turn] = [*added, name]
                st.rerun(scope="fragment")
