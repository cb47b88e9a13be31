"""Which forms and documents each kind of case begins with: chosen once, sent from a case with one click."""

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.packets import Packet, SetPacket, packet_list, set_packet


def show(actor: Actor) -> None:
    """A row for each kind of case."""
    st.text("What everybody in a case is given with “Send the intake packet”, each their own. Who has a form already, "
            "or has handed it in, does not get it again.")
    for packet in read(packet_list, actor):
        with st.container(border=True):
            _packet(actor, packet)


def _packet(actor: Actor, packet: Packet) -> None:
    heading = capabilities(packet.case_type).heading
    form = Form(f"packet.{packet.case_type}.{packet.revision}")
    names = {one.template_id: one.name for one in packet.offered}
    chosen: list[int] = st.pills(
        f"**{md(heading)}**", list(names), selection_mode="multi", default=list(packet.chosen),
        format_func=lambda one: md(names[one]), key=form.field_key("forms"),
    )
    form.place("template_ids")
    if not names:
        st.text("Nothing that is in use fits here.")
    elif not chosen:
        st.caption("Nothing is sent.")
    elif not packet.revision:
        st.caption("The usual forms, until you choose.")
    if set(chosen) != set(packet.chosen) and st.button(
        f"Save the packet of {heading}", type="primary", key=form.field_key("save")
    ):
        done, _ = form.submit(set_packet, actor, lambda: SetPacket(
            op=form.op, case_type=packet.case_type, revision=packet.revision, template_ids=tuple(chosen)),
            f"The packet of {heading} was saved")
        if done:
            st.rerun()
