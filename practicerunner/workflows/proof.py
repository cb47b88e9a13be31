"""Proving who signs: the password or the authenticator's code again, at the moment of signing (TRUST C23).

A proof is for one act of one person and lasts two minutes. The password is checked before the act and outside of its
transaction, because that takes a while and nobody else should wait for it.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.errors import BadInput
from practicerunner.records import logins
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import ProofMethod
from practicerunner.workflows.access import Actor
from practicerunner.workflows.authenticator import WRONG_CODE, takes_code
from practicerunner.workflows.commands import Command
from practicerunner.workflows.invitations import matches
from practicerunner.workflows.sign_in import refuse
from practicerunner.workflows.throttle import TOO_MANY, is_throttled

PROOF_LASTS = timedelta(minutes=2)
WRONG_PASSWORD = "This is not your password. Type the one with which you sign in."  # noqa: S105
_PROOF = "proof of who signs"
_CODE = re.compile(r"\d{3} ?\d{3}")


class NotProven(BadInput):
    """It was not shown in the last two minutes who signs."""


class Signing(Command):
    """An act that needs a signature."""

    proof: str = Field(default="", exclude=True)
    """What ``prove`` gave for this ``op``; not part of what a second click is compared with."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof, or the sentence that says why there is none; a wrong try is an answer, because it has to be counted."""

    proof: str = ""
    refusal: str = ""


def prove(session: Session, actor: Actor, typed: str, op: str) -> Proven:
    """Check the password, or the code where an authenticator is set up, for the act with operation id ``op``."""
    if not typed:
        return Proven(refusal="Type your password to sign.")
    subjects = (f"signing:{actor.staff_id}",)
    logins.one_attempt_at_a_time(session, subjects[0])
    if is_throttled(session, subjects):
        return Proven(refusal=TOO_MANY)
    account = logins.account_of(session, actor.staff_id, lock=True)
    person = session.get(Staff, actor.staff_id)
    by_code = account is not None and account.totp_secret is not None and _CODE.fullmatch(typed.strip()) is not None
    if account is None:
        right = False
    elif by_code:
        right = takes_code(session, account, typed)
    else:
        right = matches(account.password_hash, typed)
    if not right:
        sentence = WRONG_CODE if by_code else WRONG_PASSWORD
        return Proven(refusal=refuse(session, subjects, person, "sign", sentence).refusal)
    logins.forget_failures(session, subjects[0])
    return Proven(proof_of(actor.staff_id, ProofMethod.CODE if by_code else ProofMethod.PASSWORD, op))


def proof_of(staff_id: int, method: ProofMethod, op: str) -> str:
    """A sealed proof that a member of staff has just shown who they are, for one act."""
    facts = {"staff": staff_id, "method": method.value, "op": op, "at": clock.now().isoformat()}
    return cipher.seal(json.dumps(facts).encode(), _PROOF).hex()


def proven(actor: Actor, asked: Signing) -> ProofMethod:
    """How the actor showed who they are for this act. Raises NotProven."""
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(asked.proof), _PROOF))
    except (ValueError, cipher.Unreadable):
        raise NotProven("proof", "Type your password to sign.") from None
    if facts["staff"] != actor.staff_id or facts["op"] != asked.op:
        raise NotProven("proof", "Type your password to sign.")
    if clock.now() - datetime.fromisoformat(facts["at"]) > PROOF_LASTS:
        raise NotProven("proof", "That took too long. Type your password again.")
    return ProofMethod(facts["method"])
