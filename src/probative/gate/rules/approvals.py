"""Rule on approvals: enough different people, in enough different entitled roles, for this model digest.

**Promise**: each approval is a statement signed with the approver's own registered key; the proposer does
not approve, an owner alone does not suffice, and an approval given before the evaluation ended does not
count.
**Not here**: giving approvals (`gate.gatekeeper`).
"""

from itertools import combinations
from typing import Any

import msgspec

from probative.gate.dossier import (
    Case,
    Contradiction,
    Dossier,
    Evidence,
    Finding,
    Gap,
    Unmet,
    place,
    read,
    short,
)
from probative.gate.facts import ApprovalGiven
from probative.gate.rules.shape import Parameters, Rule
from probative.gate.rules.signatures import blob, registered_key
from probative.gate.statements import Approval, open_approval
from probative.kernel.actor import Actor
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import DeniedError, ProbativeError, TamperError
from probative.kernel.outcome import Outcome
from probative.record.facts import Fact, SystemRegistered

CONSIDERED_MAX = 32
OWNER_ROLE = "model-owner"


class ApprovalParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many people must approve, and in which roles an approval counts."""

    people_min: int
    roles: tuple[str, ...]


class Valid(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that counts: who, in which role, with which key."""

    approver: str
    role: str
    key_id: str
    fact: Fact


def approvals(case: Case, parameters: ApprovalParameters) -> Finding:
    """Find a set of valid approvals by different people, roles and keys that is not the owner's alone."""
    found = case.of("gate.approval-given", release=case.release.release)[-CONSIDERED_MAX:]
    owner = _owner(case)
    valid: list[Valid] = []
    refused: list[str] = []
    for fact in found:
        try:
            valid.append(judge_approval(case, fact, parameters))
        except Unmet as refusal:
            refused.append(refusal.reason)
    for chosen in combinations(valid, parameters.people_min):
        if _independent(chosen, owner):
            case.stand_on(*(item.fact for item in chosen))
            who = " and ".join(f"'{item.approver}' as {item.role}" for item in chosen)
            return Finding(
                outcome=Outcome.PASS, reason=f"{who} approved model {short(case.release.model)}, signed"
            )
    if found:
        case.stand_on(*found)
    raise Gap(_missing(valid, refused, parameters, owner))


def judge_approval(case: Case, fact: Fact, parameters: ApprovalParameters) -> Valid:
    """Return an approval if it counts; `Unmet` says why not. Used when approving as well as when checking."""
    given = read(fact, ApprovalGiven)
    who = f"{place(fact)} by '{given.approver}' as {given.role}"
    holder = case.dossier.holder(given.role, fact.index)
    ended = [finish.index for finish in case.of("record.run-finished", run=case.release.evaluation_run)]
    refusals = (
        (given.model != case.release.model, f"is for model {short(given.model)}"),
        (given.role not in parameters.roles, f"counts only as {', '.join(parameters.roles)}"),
        (holder != given.approver, f"is not by the holder of that role ('{holder or 'nobody'}')"),
        (given.approver == case.dossier.proposed.actor.id, "is by the one who proposed the release"),
        (fact.index < max(ended, default=0), "was given before the evaluation ended"),
    )
    for refused, why in refusals:
        if refused:
            raise Contradiction(f"{who} {why}")
    key, public = registered_key(case, given.key_id, given.role, fact.index)
    if key.owner != given.approver:
        raise Contradiction(f"{who} is signed with a key of '{key.owner}'", "key")
    try:
        signed = open_approval(blob(case, given.statement, who), {given.key_id: public})
    except TamperError as error:
        raise Contradiction(f"{who}: {error}") from error
    except ProbativeError as error:
        raise Gap(f"{who} cannot be read: {error}") from error
    stated = (signed.system, signed.release, signed.role, signed.approver, signed.model)
    if stated != (given.system, given.release, given.role, given.approver, given.model):
        raise Contradiction(f"{who}: the signed statement is about something else")
    if signed.evaluation_run != case.release.evaluation_run:
        raise Contradiction(f"{who} was given on evaluation run '{signed.evaluation_run}'")
    return Valid(approver=given.approver, role=given.role, key_id=given.key_id, fact=fact)


def check_approval(
    dossier: Dossier,
    evidence: tuple[Evidence, ...],
    settings: dict[str, Any],
    statement: Approval,
    envelope: bytes,
    key_id: str,
    actor: Actor,
) -> ApprovalGiven:
    """Return the body of an approval about to be given, judged by the very rule that checks will use.

    An approval that would not count raises `DeniedError`.
    """
    body = ApprovalGiven(
        system=statement.system,
        release=statement.release,
        role=statement.role,
        approver=statement.approver,
        model=statement.model,
        statement=sha256_hex(envelope),
        key_id=key_id,
    )
    fact = Fact(
        id="0" * 64,
        index=statement.ledger_size,
        kind="gate.approval-given",
        version=1,
        subjects=(),
        actor=actor,
        occurred_at=dossier.at,
        recorded_at=dossier.at,
        body=msgspec.to_builtins(body),
    )
    with_blob = msgspec.structs.replace(dossier, blobs={**dossier.blobs, body.statement: envelope})
    try:
        judge_approval(Case(with_blob, evidence), fact, msgspec.convert(settings, ApprovalParameters))
    except Unmet as unmet:
        raise DeniedError(
            "approval.denied",
            f"The approval {unmet.reason.removeprefix(place(fact)).strip()}.",
            "Ask someone who holds an entitled role, with their own registered key.",
        ) from unmet
    return body


def _independent(chosen: tuple[Valid, ...], owner: str) -> bool:
    """Different people, roles and keys, and not only the system's owner."""
    count = len(chosen)
    return (
        len({item.approver for item in chosen}) == count
        and len({item.role for item in chosen}) == count
        and len({item.key_id for item in chosen}) == count
        and any(item.approver != owner and item.role != OWNER_ROLE for item in chosen)
    )


def _owner(case: Case) -> str:
    registered = case.latest("record.system-registered", "the system is not registered")
    return read(registered, SystemRegistered).owner


def _missing(valid: list[Valid], refused: list[str], parameters: ApprovalParameters, owner: str) -> str:
    people = {item.approver for item in valid}
    text = (
        f"{len(people)} of {parameters.people_min} people approved in different roles"
        if valid
        else f"no valid approval, {parameters.people_min} needed"
    )
    if valid and people == {owner}:
        text += "; the owner alone does not suffice"
    return "; ".join([text, *refused[-3:]])


NAME = "approvals"
RULES = (
    Rule(
        name=NAME,
        parameters=ApprovalParameters,
        reads=(
            "gate.approval-given",
            "record.system-registered",
            "record.run-finished",
            "record.key-registered",
        ),
        decide=approvals,
    ),
)
