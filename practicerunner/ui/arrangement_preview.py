"""What one session of the usual service, or a package, would cost each payer, before who pays is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import basis_points, cents, dollars
from practicerunner.rules import fees
from practicerunner.rules.shares import Part, arrangement_problem, split, split_in_turn
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import FeeTerms, ShareKind

Entered = tuple[str, ShareKind, str, str]
"""A payer's line as it is entered: name, how, how much, cap."""


@dataclass(frozen=True, slots=True)
class FeeEntered:
    """The fee agreement as it is entered."""

    terms: FeeTerms
    fee: str = ""
    scale: str = ""
    service_id: int | None = None
    service: str = ""
    sessions: int = 0
    price: str = ""
    sponsor: tuple[str, int, str] | None = None
    """Whether the id is a ``person`` or a ``payer``, the id, and the name."""
    cap: str = ""
    cap_sessions: int | None = None
    until: date | None = None


def show(usual: tuple[str, int], fee: FeeEntered, rows: Sequence[Entered]) -> None:
    """A small table, by the rule that the invoices follow, or why these payers cannot be saved.

    Nothing while something is still to be entered.
    """
    try:
        parts = [_part(place, *row[1:]) for place, row in enumerate(rows)]
        problem = arrangement_problem(parts)
        if problem:
            st.caption(md(problem))
            return
        if fee.terms is FeeTerms.PACKAGE:
            _package(fee, rows, parts)
        else:
            _session(usual, fee, rows, parts)
    except BadInput:
        return


def _session(usual: tuple[str, int], fee: FeeEntered, rows: Sequence[Entered], parts: list[Part]) -> None:
    service, standard = usual
    agreed_for = fee.terms is FeeTerms.FIXED or (fee.terms is FeeTerms.SPONSOR and fee.fee.strip())
    agreed = fees.agreed_fee(
        standard, fee.terms, cents(fee.fee, "fee_cents") if agreed_for else None,
        basis_points(fee.scale, "fee_basis_points") if fee.terms is FeeTerms.SLIDING_SCALE else None,
    )
    names = [row[0] for row in rows]
    if fee.terms is FeeTerms.SPONSOR:
        if fee.sponsor is None:
            return
        limits = fees.Sponsorship(
            cents(fee.cap, "sponsor_cents") if fee.cap.strip() else None, fee.cap_sessions, fee.until)
        left = min(agreed, limits.cap_cents) if limits.cap_cents is not None else agreed
        sponsor = Part(len(rows), ShareKind.FIXED_WITH_CAP, amount_cents=left, cap_left_cents=left)
        shares = dict(split(agreed, [sponsor, *parts]))
        _table(f"One session of {service}, {dollars(agreed)}, would cost:", [fee.sponsor[2], *names],
               [shares.get(len(rows), 0), *(shares.get(place, 0) for place in range(len(rows)))])
        st.caption(md(_until(fee, limits, agreed, standard)))
        return
    shares = dict(split(agreed, parts))
    _table(f"One session of {service}, {dollars(agreed)}, would cost:", names,
           [shares.get(place, 0) for place in range(len(rows))])
    for part, row in zip(parts, rows, strict=True):
        if part.cap_left_cents is not None and shares.get(part.payer_id):
            used_up = -(-part.cap_left_cents // shares[part.payer_id])
            st.caption(md(f"{row[0]}: the cap of {dollars(part.cap_left_cents)} is used up in session {used_up}; what "
                          "it no longer covers is shared among the others."))


def _until(fee: FeeEntered, limits: fees.Sponsorship, agreed: int, standard: int) -> str:
    """Up to where the sponsor pays, in words."""
    ends = []
    if limits.cap_sessions:
        ends.append(f"after {count(limits.cap_sessions, 'session')}")
    if limits.cap_cents is not None:
        number = -(-limits.cap_cents // max(agreed, 1))
        ends.append(f"once {dollars(limits.cap_cents)} are used up, in session {number}")
    if limits.until:
        ends.append(f"after {day(limits.until)}")
    name = fee.sponsor[2] if fee.sponsor else ""
    if not ends:
        return f"{name} pays without a limit."
    return f"{name} stops {' or '.join(ends)}; from then on the others pay the standard fee of {dollars(standard)}."


def _package(fee: FeeEntered, rows: Sequence[Entered], parts: list[Part]) -> None:
    price = cents(fee.price, "package_cents")
    if fees.package_problem(fee.sessions, price):
        return
    prices = fees.package_prices(price, fee.sessions)
    total = [0] * len(rows)
    for shares in split_in_turn(prices, parts):
        for place, part in shares:
            total[place] += part
    odd = prices[0] - prices[-1]
    each = f"{dollars(prices[-1])} each" + (f", {prices.count(prices[0])} of them 0.01 more" if odd else "")
    _table(f"{count(fee.sessions, 'session')} of {fee.service} for {dollars(price)} ({each}). At the sale:",
           [row[0] for row in rows], total)
    st.caption("Each attended session then uses one, for 0.00. When the package is used up, the standard fee counts.")


def _table(title: str, names: Sequence[str], amounts: Sequence[int]) -> None:
    st.text(title)
    st.dataframe(
        pd.DataFrame({"Payer": list(names), "Pays": [dollars(amount) for amount in amounts]}),
        hide_index=True, key="arrangement_preview", alt="What each payer would pay",
        column_config={"Pays": st.column_config.TextColumn(alignment="right")},
    )


def _part(place: int, kind: ShareKind, value: str, cap: str) -> Part:
    """A line as the split rule takes it; its place stands for the payer, who may not be chosen yet."""
    fixed = kind in (ShareKind.FIXED, ShareKind.FIXED_WITH_CAP)
    return Part(
        place, kind, basis_points(value, "shares") if kind is ShareKind.PERCENT else 0,
        cents(value, "shares") if fixed else 0, cents(cap, "shares") if kind is ShareKind.FIXED_WITH_CAP else None,
    )
