"""What one session of the usual service would cost each payer, before who pays is saved."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import basis_points, cents, dollars
from practicerunner.rules import fees
from practicerunner.rules.shares import Part, arrangement_problem, split
from practicerunner.ui.text import md
from practicerunner.vocabulary import FeeTerms, ShareKind

Entered = tuple[str, ShareKind, str, str]
"""A payer's line as it is entered: name, how, how much, cap."""


def show(usual: tuple[str, int], fee: tuple[FeeTerms, str, str], rows: Sequence[Entered]) -> None:
    """A small table, by the rule that the invoices follow; nothing while something is still to be entered."""
    service, standard = usual
    terms, fixed, scale = fee
    try:
        agreed = fees.agreed_fee(
            standard, terms, cents(fixed, "fee_cents") if terms is FeeTerms.FIXED else None,
            basis_points(scale, "fee_basis_points") if terms is FeeTerms.SLIDING_SCALE else None,
        )
        parts = [_part(place, *row[1:]) for place, row in enumerate(rows)]
    except BadInput:
        return
    if arrangement_problem(parts):
        return
    st.text(f"One session of {service}, {dollars(agreed)}, would cost:")
    shares = dict(split(agreed, parts))
    st.dataframe(
        pd.DataFrame({
            "Payer": [row[0] for row in rows], "Pays": [dollars(shares.get(place, 0)) for place in range(len(rows))],
        }),
        hide_index=True, key="arrangement_preview", alt="What each payer would pay for one session",
    )
    for part, row in zip(parts, rows, strict=True):
        if part.cap_left_cents is not None and part.cap_left_cents <= min(part.amount_cents, agreed):
            st.caption(md(f"{row[0]}: After 1 session the cap is used up."))


def _part(place: int, kind: ShareKind, value: str, cap: str) -> Part:
    """A line as the split rule takes it; its place stands for the payer, who may not be chosen yet."""
    fixed = kind in (ShareKind.FIXED, ShareKind.FIXED_WITH_CAP)
    return Part(
        place, kind, basis_points(value, "shares") if kind is ShareKind.PERCENT else 0,
        cents(value, "shares") if fixed else 0, cents(cap, "shares") if kind is ShareKind.FIXED_WITH_CAP else None,
    )
