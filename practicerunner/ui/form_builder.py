"""Writing a form: its fields in order, each with what it asks, beside how a participant will meet it."""

from dataclasses import replace
from typing import Any

import streamlit as st

from practicerunner.rules import forms as rule
from practicerunner.rules.forms import Content, Field
from practicerunner.ui import form_fields, navigation, reading
from practicerunner.ui.forms import Form
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import FieldKind, FormPurpose
from practicerunner.workflows.access import Actor
from practicerunner.workflows.form_templates import AddForm, ChangeForm, TemplatePage, add_form, change_form

_CHOSEN = (FieldKind.CHOICE, FieldKind.CHOICES)


class Draft:
    """The fields of a form while it is written, in this browser only, until it is saved."""

    def __init__(self, key: str, content: Content) -> None:
        self.key = key
        if self._order_key not in st.session_state:
            st.session_state[self._order_key] = [field.key for field in content.fields]
            st.session_state[f"{key}.known"] = {field.key: field for field in content.fields}

    @property
    def _order_key(self) -> str:
        return f"{self.key}.order"

    @property
    def order(self) -> list[str]:
        """Keys of the fields, in order."""
        return st.session_state[self._order_key]  # type: ignore[no-any-return]

    @property
    def known(self) -> dict[str, Field]:
        """Every field as it was last seen, also those that were taken out, so that no key is used twice."""
        return st.session_state[f"{self.key}.known"]  # type: ignore[no-any-return]

    def add(self, kind: FieldKind) -> None:
        """Put a new field at the end, before the signature if there is one."""
        key = rule.new_key(list(self.known))
        self.known[key] = Field(key, kind, "Signature" if kind is FieldKind.SIGNATURE else "",
                                required=kind in (FieldKind.SIGNATURE, FieldKind.ACKNOWLEDGEMENT),
                                high=4 if kind is FieldKind.SCALE else 0)
        last = bool(self.order) and self.known[self.order[-1]].kind is FieldKind.SIGNATURE
        self.order.insert(len(self.order) - last, key)

    def move(self, key: str, by: int) -> None:
        """Move a field up or down."""
        at = self.order.index(key)
        if 0 <= at + by < len(self.order):
            self.order[at], self.order[at + by] = self.order[at + by], self.order[at]

    def remove(self, key: str) -> None:
        """Take a field out."""
        self.order.remove(key)

    def files(self) -> list[tuple[str, Any]]:
        """PDFs that were chosen for texts to read, each with the key of its field."""
        return [(key, st.session_state.get(f"{self.key}.{key}.pdf")) for key in self.order]

    def fields(self) -> tuple[Field, ...]:
        """The fields as they are now."""
        return tuple(self.known[key] for key in self.order)


def show(actor: Actor, page: TemplatePage | None, zone: str) -> None:
    """Draw the builder of a form, or of a new one."""
    if st.button("All forms", icon=":material/arrow_back:", type="tertiary"):
        navigation.go("forms")
    st.title(md(page.line.name) if page else "New form", anchor=False)
    if page is not None and page.line.purpose is FormPurpose.MEASURE:
        st.text("A published measure; its wording is not changed.")
        with st.container(border=True, width=760):
            form_fields.preview(page.content, f"measure.{page.line.template_id}")
        return
    name = f"form.{page.line.template_id}.{page.line.revision}" if page else "form.new"
    form = Form(name)
    draft = Draft(f"{form.key}.fields", page.content if page else Content())
    left, right = st.columns(2, gap="large")
    with left:
        title = form.text("name", "Name", page.line.name if page else "")
        purpose = page.line.purpose if page else form.choice(
            "purpose", "Purpose", rule.OF_SEVERAL_FIELDS, index=len(rule.OF_SEVERAL_FIELDS) - 1,
            format_func=lambda word: word.label)
        st.caption("Answers are clinical: only those who treat read them." if purpose in rule.CLINICAL
                   else "Not clinical: the front desk may read it.")
        intro = form.area("intro", "Text at the top", page.content.intro if page else "", height=80)
        form.place("fields")
        form.place("file")
        for place, key in enumerate(list(draft.order)):
            _field(draft, key, place, purpose, form)
        _add(draft)
    content = Content(draft.fields(), intro)
    with right:
        st.subheader("Preview", anchor=False)
        with st.container(border=True):
            form_fields.preview(content, f"{form.key}.preview")
            if not content.fields:
                st.text("Add the first field on the left. It appears here as participants will see it.")
    _save(actor, page, form, title, purpose, content, draft)
    if page is not None:
        _versions(page, zone)


def _field(draft: Draft, key: str, place: int, purpose: FormPurpose, form: Form) -> None:
    """One field of the form, to change."""
    field = draft.known[key]
    label = f"{place + 1}. {field.label or field.kind.label}"
    # A new field stays open while it is written, although its question becomes the label of the box.
    begun_open = st.session_state.setdefault(f"{draft.key}.{key}.open", not field.label)
    with st.expander(md(label if len(label) < 60 else f"{label[:60]} …"), expanded=begun_open, key=f"box.{key}"):
        draft.known[key] = _edited(field, f"{draft.key}.{key}", purpose)
        with st.container(horizontal=True):
            for title, icon, work, arguments in (
                ("Up", ":material/arrow_upward:", draft.move, (key, -1)),
                ("Down", ":material/arrow_downward:", draft.move, (key, 1)),
                ("Remove", ":material/delete:", draft.remove, (key,)),
            ):
                st.button(title, icon=icon, key=f"{draft.key}.{key}.{title}", type="tertiary", on_click=work,
                          args=arguments)
    form.place(key)


def _edited(field: Field, key: str, purpose: FormPurpose) -> Field:
    """The field as its widgets now say."""
    st.caption(field.kind.label)
    text = st.text_area if field.asks and field.kind is not FieldKind.SIGNATURE else st.text_input
    changes: dict[str, Any] = {"label": text("Question" if field.asks else "Heading", field.label, key=f"{key}.label")}
    if field.kind is FieldKind.DOCUMENT:
        shown, _ = reading.ask(field, key)
        changes |= {"text": shown.text, "pdf": shown.pdf}
    if field.kind in _CHOSEN:
        changes["options"] = _lines("Answers to choose from, one a line", field.options, key)
    if field.kind is FieldKind.SCALE:
        low, high = st.columns(2)
        changes["low"] = int(low.number_input("From", 0, 100, field.low, key=f"{key}.low"))
        changes["high"] = int(high.number_input("To", 1, 100, field.high, key=f"{key}.high"))
        changes["options"] = _lines("Words of the points, one a line, or none", field.options, key)
    if field.asks:
        changes["required"] = st.checkbox("Has to be answered", field.required, key=f"{key}.required")
    edited = replace(field, **changes)
    if purpose in rule.CLINICAL and field.kind in (*_CHOSEN, FieldKind.SCALE):
        possible = [str(point) for point in edited.points] if field.kind is FieldKind.SCALE else list(edited.options)
        critical = st.multiselect(
            "Answers that raise an alert", possible, [one for one in field.critical if one in possible],
            key=f"{key}.critical.{hash(tuple(possible))}",
            help="Whoever treats is told at once, and has to say what was done.",
        )
        edited = replace(edited, critical=tuple(critical))
    elif edited.critical:
        edited = replace(edited, critical=())
    return edited


def _lines(label: str, options: tuple[str, ...], key: str) -> tuple[str, ...]:
    typed = st.text_area(label, "\n".join(options), key=f"{key}.options", height=110)
    return tuple(line.strip() for line in typed.splitlines() if line.strip())


def _add(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Another field", list(FieldKind), format_func=lambda word: word.label,
                            key=f"{draft.key}.kind")
        st.button("Add field", icon=":material/add:", key=f"{draft.key}.add", on_click=draft.add, args=(kind,))


def _save(
    actor: Actor, page: TemplatePage | None, form: Form, name: str, purpose: FormPurpose, content: Content, draft: Draft
) -> None:
    label = f"Save as version {page.line.version + 1}" if page else "Save form"
    if not st.button(label, type="primary", key=form.field_key("save")):
        return
    if page is None:
        done, template_id = form.submit(add_form, actor, lambda: AddForm(
            op=form.op, name=name, purpose=purpose, content=content, pdfs=reading.sent(draft.files())), "Form saved")
    else:
        done, template_id = form.submit(change_form, actor, lambda: ChangeForm(
            op=form.op, template_id=page.line.template_id, revision=page.line.revision, name=name, content=content,
            pdfs=reading.sent(draft.files()),
        ), "Form saved")
    if done and template_id is not None:
        navigation.go("forms", form=template_id)


def _versions(page: TemplatePage, zone: str) -> None:
    """What the form asked before: whoever has an older version, or answered it, keeps it."""
    with st.expander(f"Versions ({len(page.versions)})"):
        st.text("Whoever was given an older version, or has answered it, keeps that one.")
        for version in page.versions:
            by = f", {version.made_by}" if version.made_by else ", came with the product"
            st.text(f"Version {version.number}: {version.name}, {moment(version.made_at, zone)}{by}")
            labels = "; ".join(field.label for field in version.content.fields if field.asks)
            st.caption(md(labels))
