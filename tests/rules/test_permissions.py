"""Every cell of the permission table: role × resource × action × whose record it is, allowed and denied."""
# ruff: noqa: E501

import itertools

import pytest

from practicerunner.rules.permissions import decide
from practicerunner.vocabulary import Action, Resource, Role

OWN, SUPERVISED, STRANGE = "own", "supervised", "strange"
ROLES = (Role.OWNER, Role.PROVIDER, Role.ASSOCIATE, Role.SUPERVISOR, Role.ADMIN)

# Written out apart from the product's own table: for each role, what is allowed on an own record / on a supervisee's /
# on anybody's, as letters r c u s x v m. A record of one's own is also anybody's.
EXPECTED: dict[Resource, tuple[tuple[str, str, str], ...]] = {
    #                               owner                 provider           associate          supervisor       admin
    Resource.PRACTICE_SETTINGS:    (("", "", "rm"),       ("", "", "r"),     ("", "", "r"),     ("", "", "r"),   ("", "", "r")),
    Resource.USERS:                (("", "", "rm"),       ("", "", ""),      ("", "", ""),      ("", "r", ""),   ("", "", "")),
    Resource.CLIENT_DIRECTORY:     (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("r", "r", ""),  ("", "", "rcu")),
    Resource.DEMOGRAPHICS:         (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "ru")),
    Resource.CASE:                 (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "ru")),
    Resource.APPOINTMENTS:         (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "rcu")),
    Resource.APPOINTMENT_MEMO:     (("", "", "r"),        ("rcu", "", ""),   ("rcu", "", ""),   ("", "rcu", ""), ("", "", "")),
    Resource.DESK_MEMO:            (("", "", "r"),        ("rcu", "", ""),   ("rcu", "", ""),   ("", "rcu", ""), ("", "", "r")),
    Resource.CLINICAL_NOTE:        (("rcu", "", ""),      ("rcusx", "", ""), ("rcusx", "", ""), ("", "rs", ""),  ("", "", "")),
    Resource.CLINICAL_RECORD:      (("rcu", "", ""),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "rs", ""),  ("", "", "")),
    Resource.PSYCHOTHERAPY_NOTE:   (("rcu", "", ""),      ("rcu", "", ""),   ("rcu", "", ""),   ("rcu", "", ""), ("", "", "")),
    Resource.CONSULTATION_NOTE:    (("rcu", "", ""),      ("rcusx", "", ""), ("rcusx", "", ""), ("", "rs", ""),  ("", "", "")),
    Resource.SUPERVISION_NOTE:     (("", "", "r"),        ("rcu", "", ""),   ("rcu", "", ""),   ("", "rcu", ""), ("", "", "")),
    Resource.QUESTIONNAIRES:       (("rcu", "", ""),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "")),
    Resource.CONSENTS:             (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "rc")),
    Resource.DOCUMENTS_ADMIN:      (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "rcu")),
    Resource.DOCUMENTS_CLINICAL:   (("", "", ""),         ("rcu", "", ""),   ("rcu", "", ""),   ("", "r", ""),   ("", "", "")),
    Resource.DOCUMENTS_SEALED:     (("", "", ""),         ("rcu", "", ""),   ("rcu", "", ""),   ("", "", ""),    ("", "", "")),
    Resource.MESSAGES_CLINICAL:    (("rcu", "", ""),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "", ""),    ("", "", "")),
    Resource.MESSAGES_ADMIN:       (("", "", "rcu"),      ("rcu", "", ""),   ("rcu", "", ""),   ("", "", ""),    ("", "", "rcu")),
    Resource.INVOICES:             (("", "", "rcuvm"),    ("rc", "", ""),    ("r", "", ""),     ("", "r", ""),   ("", "", "rcuv")),
    Resource.SUPERBILLS:           (("", "", "rcx"),      ("rcx", "", ""),   ("rc", "", ""),    ("", "r", ""),   ("", "", "rcx")),
    Resource.FINANCIAL_DASHBOARDS: (("", "", "r"),        ("r", "", ""),     ("r", "", ""),     ("", "", ""),    ("", "", "r")),
    Resource.MONEY_BY_SERVICE:     (("", "", "r"),        ("r", "", ""),     ("r", "", ""),     ("", "", ""),    ("", "", "")),
    Resource.CLINICAL_DASHBOARDS:  (("", "", "r"),        ("r", "", ""),     ("r", "", ""),     ("", "r", ""),   ("", "", "r")),
    Resource.BULK_DATA:            (("", "", "rcux"),     ("x", "", ""),     ("", "", ""),      ("", "", ""),    ("", "", "")),
    Resource.AUDIT_LOG:            (("", "", "r"),        ("r", "", ""),     ("r", "", ""),     ("", "r", ""),   ("", "", "")),
    Resource.BREACHES:             (("", "", "rcum"),     ("rcu", "", ""),   ("rcu", "", ""),   ("rcu", "", ""), ("rcu", "", "")),
    Resource.AMENDMENTS:           (("rcu", "", "c"),     ("rcusx", "", ""), ("rcusx", "", ""), ("", "rsx", ""), ("", "", "c")),
    Resource.RETENTION:            (("", "", "m"),        ("", "", ""),      ("", "", ""),      ("", "", ""),    ("", "", "")),
}
LETTERS = {Action.READ: "r", Action.CREATE: "c", Action.UPDATE: "u", Action.SIGN: "s", Action.EXPORT: "x",
           Action.VOID: "v", Action.MANAGE: "m", Action.REQUEST: "q"}
DIRECTOR_READS = {Resource.CLINICAL_NOTE, Resource.CLINICAL_RECORD, Resource.CONSULTATION_NOTE,
                  Resource.QUESTIONNAIRES, Resource.DOCUMENTS_CLINICAL, Resource.AMENDMENTS}
CELLS = list(itertools.product(ROLES, Resource, Action, (OWN, SUPERVISED, STRANGE)))


def expected(role: Role, resource: Resource, action: Action, whose: str) -> bool:
    own, supervised, anybody = EXPECTED[resource][ROLES.index(role)]
    letters = anybody + {OWN: own, SUPERVISED: supervised, STRANGE: ""}[whose]
    return LETTERS[action] in letters


def test_the_table_covers_every_resource() -> None:
    assert set(EXPECTED) == set(Resource)
    assert len(CELLS) == 3600


@pytest.mark.parametrize("role", ROLES)
def test_every_cell(role: Role) -> None:
    wrong = []
    for _, resource, action, whose in (cell for cell in CELLS if cell[0] is role):
        allowed = decide(frozenset({role}), action, resource, own=whose == OWN, supervised=whose == SUPERVISED)
        if (allowed is not None) != expected(role, resource, action, whose):
            wrong.append((resource, action, whose, allowed))
        if allowed is not None and (allowed.role is not role or allowed.needs_reason):
            wrong.append((resource, action, whose, allowed))
    assert wrong == []


def test_supervision_that_includes_messages_opens_one_cell_more_and_no_other() -> None:
    opened = {
        cell for cell in CELLS for role, resource, action, whose in [cell]
        if (decide(frozenset({role}), action, resource, own=whose == OWN, supervised=whose == SUPERVISED,
                   supervises_messages=True) is not None) != expected(role, resource, action, whose)
    }
    assert opened == {(Role.SUPERVISOR, Resource.MESSAGES_CLINICAL, Action.READ, SUPERVISED)}


def test_a_clinical_director_reads_everything_clinical_with_a_reason_and_no_more() -> None:
    for resource, action in itertools.product(Resource, Action):
        found = decide(frozenset({Role.OWNER}), action, resource, own=False, supervised=False,
                       is_clinical_director=True)
        if expected(Role.OWNER, resource, action, STRANGE):
            assert found is not None and not found.needs_reason
        elif resource in DIRECTOR_READS and action is Action.READ:
            assert found is not None and found.needs_reason
        else:
            assert found is None, (resource, action)


def test_roles_are_a_union_and_the_log_names_the_one_that_granted() -> None:
    both = frozenset({Role.ADMIN, Role.PROVIDER})
    void = decide(both, Action.VOID, Resource.INVOICES, own=True, supervised=False)
    note = decide(both, Action.SIGN, Resource.CLINICAL_NOTE, own=True, supervised=False)
    assert void is not None and void.role is Role.ADMIN
    assert note is not None and note.role is Role.PROVIDER
    assert decide(both, Action.READ, Resource.CLINICAL_NOTE, own=False, supervised=False) is None


def test_nobody_without_a_role_may_do_anything() -> None:
    assert all(
        decide(frozenset(), action, resource, own=True, supervised=True, is_clinical_director=True) is None
        for resource, action in itertools.product(Resource, Action)
    )
