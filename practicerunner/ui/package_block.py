"""Packages of sessions on the billing section of a case: what is left, selling one, giving back what is unused."""

import streamlit as st

from practicerunner import ids
from practicerunner.money import dollars
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.packages import (
    CancelPackage,
    InvoicePackage,
    Offer,
    Packages,
    PackageView,
    SellPackage,
    cancel_package,
    invoice_package,
    packages_of_case,
    sell_package,
)


def show(actor: Actor, case_id: int) -> None:
    """Draw the block; nothing where no package was agreed or sold."""
    found = read(packages_of_case, actor, case_id)
    if not found.sold and not found.offers:
        return
    with st.container(border=True):
        st.subheader("Packages", anchor=False)
        for offer in found.offers:
            whose = f", {offer.name}" if offer.name else ""
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                what = f"{count(offer.sessions, 'session')} of {offer.service} for {dollars(offer.price_cents)}"
                st.text(f"{what}{whose}", width="content")
                if found.may_sell and st.button("Sell a package", key=f"sell_package.{offer.person_id or 0}"):
                    sell_dialog(actor, case_id, offer)
        for package in found.sold:
            _row(actor, found, package)


def _row(actor: Actor, found: Packages, package: PackageView) -> None:
    whose = f", {package.name}" if package.name else ""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(f"{day(package.sold_on, found.today)}  {package.service}{whose}  {dollars(package.price_cents)}",
                width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if package.cancelled_on:
                st.badge("Cancelled", color="gray")
            elif package.left:
                st.text(f"{package.left} of {package.sessions} left", width="content")
                if not package.is_invoiced and found.may_sell:
                    _invoice(actor, package)
                if found.may_cancel and st.button("Cancel", key=f"cancel_package.{package.package_id}",
                                                  type="tertiary"):
                    cancel_dialog(actor, package)
            else:
                st.badge("Used up" if package.used else "Void", color="gray")
    if package.cancelled_on:
        st.caption(md(f"{count(package.used, 'session')} used; cancelled on {day(package.cancelled_on, found.today)}: "
                      f"{package.reason}"))


def _invoice(actor: Actor, package: PackageView) -> None:
    operation = st.session_state.setdefault(f"invoice_package.{package.package_id}.op", ids.new_operation())
    if st.button("Invoice it", key=f"invoice_package.{package.package_id}"):
        done, _ = perform(
            invoice_package, actor, lambda: InvoicePackage(op=operation, package_id=package.package_id),
            done="Package invoiced")
        if done:
            st.session_state.pop(f"invoice_package.{package.package_id}.op")
            st.rerun()


@st.dialog("Sell a package")
def sell_dialog(actor: Actor, case_id: int, offer: Offer) -> None:
    """What is sold, and what each payer is invoiced for it."""
    whose = f" to {offer.name}" if offer.name else ""
    st.text(f"{count(offer.sessions, 'session')} of {offer.service}{whose} for {dollars(offer.price_cents)}, invoiced "
            "today:")
    for payer, cents in offer.payers:
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.text(payer)
            st.text(dollars(cents))
    form = Form(f"sell_package.{case_id}.{offer.person_id or 0}")
    form.place("package_cents")
    if st.button("Sell this package", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            sell_package, actor, lambda: SellPackage(op=form.op, case_id=case_id, person_id=offer.person_id),
            "Package sold")
        if done:
            st.rerun()


@st.dialog("Cancel this package")
def cancel_dialog(actor: Actor, package: PackageView) -> None:
    """What is given back, and why."""
    st.text(f"{count(package.left, 'session')} worth {dollars(package.left_cents)} were not used. They are credited to "
            "whoever was invoiced for them; what was paid becomes the payer's credit and can be refunded.")
    form = Form(f"cancel_package.{package.package_id}")
    reason = form.text("reason", "Reason")
    if st.button("Cancel this package", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            cancel_package, actor,
            lambda: CancelPackage(op=form.op, package_id=package.package_id, reason=reason), "Package cancelled")
        if done:
            st.rerun()
