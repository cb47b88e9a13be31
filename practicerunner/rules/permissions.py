"""Which role may do what with which resource, as data: the table in TRUST 3.2.

The half for people outside the practice says what a client may do with what is their own, and what a representative or
a helper may do for them, each with the scopes that have to be granted (D04–D08).

A cell lists grants. A grant is a scope (own, supervisees', all) with the actions it opens; ``needs_reason`` marks the
clinical director's reading, which takes a typed reason, ``needs_setting`` what the practice has to switch on first
(supervision that includes messages). What is not in the table is refused.
"""

from dataclasses import dataclass
from enum import StrEnum

from practicerunner.vocabulary import AccessScope, Action, Resource, Role


class Scope(StrEnum):
    """Whose records a grant reaches, from the narrowest to the widest."""

    OWN = "own"
    SUPERVISED = "supervised"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Grant:
    """Some actions within a scope."""

    scope: Scope
    actions: frozenset[Action]
    needs_reason: bool = False
    needs_setting: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """That an act is allowed, by which role, and whether a typed reason has to be given first."""

    role: Role
    needs_reason: bool = False


_LETTERS = {
    "r": Action.READ, "c": Action.CREATE, "u": Action.UPDATE, "s": Action.SIGN, "x": Action.EXPORT,
    "v": Action.VOID, "m": Action.MANAGE,
}
_SCOPES = {"O": Scope.OWN, "S": Scope.SUPERVISED, "A": Scope.ALL}


def _cell(text: str) -> tuple[Grant, ...]:
    """Read ``"O rcu, S r"``; after the letters ``!`` is: only with the clinical director flag and a reason.

    ``?`` is: only where the practice's supervision includes messages.
    """
    grants = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        scope, letters = part.split()
        grants.append(Grant(
            _SCOPES[scope], frozenset(_LETTERS[x] for x in letters.rstrip("!?")), letters.endswith("!"),
            letters.endswith("?")))
    return tuple(grants)


# The order of the columns: owner, provider, associate, supervisor, admin.
_ROWS: dict[Resource, tuple[str, str, str, str, str]] = {
    Resource.PRACTICE_SETTINGS: ("A rm", "A r", "A r", "A r", "A r"),
    Resource.USERS: ("A rm", "", "", "S r", ""),
    Resource.CLIENT_DIRECTORY: ("A rcu", "O rcu", "O rcu", "O r, S r", "A rcu"),
    Resource.DEMOGRAPHICS: ("A rcu", "O rcu", "O rcu", "S r", "A ru"),
    Resource.CASE: ("A rcu", "O rcu", "O rcu", "S r", "A ru"),
    Resource.APPOINTMENTS: ("A rcu", "O rcu", "O rcu", "S r", "A rcu"),
    Resource.APPOINTMENT_MEMO: ("A r", "O rcu", "O rcu", "S rcu", ""),
    # The same cell for the others: "r if marked front desk" is admin's alone.
    Resource.DESK_MEMO: ("A r", "O rcu", "O rcu", "S rcu", "A r"),
    Resource.CLINICAL_NOTE: ("O rcu, A r!", "O rcusx", "O rcusx", "S rs", ""),
    Resource.CLINICAL_RECORD: ("O rcu, A r!", "O rcu", "O rcu", "S rs", ""),
    Resource.PSYCHOTHERAPY_NOTE: ("O rcu", "O rcu", "O rcu", "O rcu", ""),
    # The row says "as notes": the one note workflow (G06) signs and prints consultation notes like the others.
    Resource.CONSULTATION_NOTE: ("O rcu, A r!", "O rcusx", "O rcusx", "S rs", ""),
    Resource.SUPERVISION_NOTE: ("A r", "O rcu", "O rcu", "S rcu", ""),
    Resource.QUESTIONNAIRES: ("O rcu, A r!", "O rcu", "O rcu", "S r", ""),
    Resource.CONSENTS: ("A rcu", "O rcu", "O rcu", "S r", "A rc"),
    Resource.DOCUMENTS_ADMIN: ("A rcu", "O rcu", "O rcu", "S r", "A rcu"),
    Resource.DOCUMENTS_CLINICAL: ("A r!", "O rcu", "O rcu", "S r", ""),
    Resource.DOCUMENTS_SEALED: ("", "O rcu", "O rcu", "", ""),
    Resource.MESSAGES_CLINICAL: ("O rcu", "O rcu", "O rcu", "S r?", ""),
    Resource.MESSAGES_ADMIN: ("A rcu", "O rcu", "O rcu", "", "A rcu"),
    Resource.INVOICES: ("A rcuvm", "O rc", "O r", "S r", "A rcuv"),
    Resource.SUPERBILLS: ("A rcx", "O rcx", "O rc", "S r", "A rcx"),
    Resource.FINANCIAL_DASHBOARDS: ("A r", "O r", "O r", "", "A r"),
    Resource.MONEY_BY_SERVICE: ("A r", "O r", "O r", "", ""),
    Resource.CLINICAL_DASHBOARDS: ("A r", "O r", "O r", "S r", "A r"),
    Resource.BULK_DATA: ("A rcux", "O x", "", "", ""),
    Resource.AUDIT_LOG: ("A r", "O r", "O r", "S r", ""),
    Resource.BREACHES: ("A rcum", "O rcu", "O rcu", "O rcu", "O rcu"),
    # As notes: their text is clinical. Whoever receives a request writes it down, and reads it no more than a note.
    # Whoever decides prints the letter that says so.
    Resource.AMENDMENTS: ("O rcu, A c, A r!", "O rcusx", "O rcusx", "S rsx", "A c"),
    Resource.RETENTION: ("A m", "", "", "", ""),
}


class PortalRole(StrEnum):
    """How somebody outside the practice stands to the client whose things these are."""

    CLIENT = "client"
    REPRESENTATIVE = "representative"
    HELPER = "helper"


@dataclass(frozen=True, slots=True)
class Proxied:
    """Some actions for a client, open once every one of the scopes is."""

    scopes: frozenset[AccessScope]
    actions: frozenset[Action]


_PORTAL_LETTERS = _LETTERS | {"q": Action.REQUEST}


def _proxied(text: str) -> Proxied | None:
    """Read ``"scheduling rq"`` or ``"billing+forms r"``; of a client's own cell the scopes are ``own``."""
    if not text:
        return None
    named, letters = text.split()
    scopes = frozenset() if named == "own" else frozenset(AccessScope(word) for word in named.split("+"))
    return Proxied(scopes, frozenset(_PORTAL_LETTERS[x] for x in letters))


# The order of the columns: client, representative, helper. What is not here is refused to all three.
_PORTAL_ROWS: dict[Resource, tuple[str, str, str]] = {
    Resource.CLIENT_DIRECTORY: ("own r", "portal r", "scheduling r"),
    Resource.DEMOGRAPHICS: ("own rq", "portal r", ""),
    Resource.CASE: ("own r", "portal r", ""),
    Resource.APPOINTMENTS: ("own rq", "scheduling rq", "scheduling rq"),
    # Of what is written, the plan if it is shared; the consultation note, only if it is shared.
    Resource.CLINICAL_RECORD: ("own r", "forms r", ""),
    Resource.CONSULTATION_NOTE: ("own r", "", ""),
    Resource.QUESTIONNAIRES: ("own rc", "forms rc", ""),
    Resource.CONSENTS: ("own rcs", "forms rcs", ""),
    Resource.DOCUMENTS_ADMIN: ("own r", "portal r", ""),
    Resource.DOCUMENTS_CLINICAL: ("own r", "", ""),
    Resource.MESSAGES_CLINICAL: ("own rc", "messages rc", ""),
    Resource.MESSAGES_ADMIN: ("own rc", "messages rc", "messages rc"),
    Resource.AMENDMENTS: ("own rq", "forms rq", ""),
    Resource.INVOICES: ("own r", "billing r", "billing r"),
    Resource.SUPERBILLS: ("own r", "billing+forms r", ""),
}
PORTAL: dict[Resource, dict[PortalRole, Proxied]] = {
    resource: {
        role: cell for role, cell in zip(PortalRole, map(_proxied, cells), strict=True) if cell is not None
    } for resource, cells in _PORTAL_ROWS.items()
}
_COLUMNS = (Role.OWNER, Role.PROVIDER, Role.ASSOCIATE, Role.SUPERVISOR, Role.ADMIN)

TABLE: dict[Resource, dict[Role, tuple[Grant, ...]]] = {
    resource: dict(zip(_COLUMNS, map(_cell, cells), strict=True)) for resource, cells in _ROWS.items()
}


def scopes(
    roles: frozenset[Role], action: Action, resource: Resource, *, is_clinical_director: bool = False,
    supervises_messages: bool = False,
) -> dict[Scope, Allowed]:
    """Every scope in which somebody with these roles may do this, with the role that grants it.

    Roles are a union (K01). A grant without a reason is preferred over one that needs it.
    """
    found: dict[Scope, Allowed] = {}
    for role in _COLUMNS:
        if role not in roles:
            continue
        for grant in TABLE[resource][role]:
            if action not in grant.actions or (grant.needs_reason and not is_clinical_director) or (
                grant.needs_setting and not supervises_messages
            ):
                continue
            known = found.get(grant.scope)
            if known is None or (known.needs_reason and not grant.needs_reason):
                found[grant.scope] = Allowed(role, grant.needs_reason)
    return found


def decide(
    roles: frozenset[Role], action: Action, resource: Resource, *, own: bool, supervised: bool,
    is_clinical_director: bool = False, supervises_messages: bool = False,
) -> Allowed | None:
    """Whether one record may be acted on, given how it stands to the actor; ``None`` means no (deny by default)."""
    found = scopes(
        roles, action, resource, is_clinical_director=is_clinical_director, supervises_messages=supervises_messages)
    reached = [Scope.OWN] * own + [Scope.SUPERVISED] * supervised + [Scope.ALL]
    candidates = [found[scope] for scope in reached if scope in found]
    return min(candidates, key=lambda allowed: allowed.needs_reason, default=None)


def proxied(role: PortalRole, action: Action, resource: Resource) -> frozenset[AccessScope] | None:
    """The scopes that have to be open for this; none for a client's own, ``None`` where it is never allowed."""
    cell = PORTAL.get(resource, {}).get(role)
    return cell.scopes if cell is not None and action in cell.actions else None


def opens(role: PortalRole, scope: AccessScope) -> bool:
    """Whether a scope opens anything at all to whoever stands to the client like that."""
    return any(role in cells and scope in cells[role].scopes for cells in PORTAL.values())
