"""Facts as sentences that a stranger understands, for the readable page.

**Promise**: what is said is in the fact; a kind without a sentence of its own is shown by its name and
fields; text from outside cannot reorder or hide what stands around it.
**Not here**: layout (`page`), and judging.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from probative.record.facts import Fact

_FIELDS_MAX = 12
_TEXT_CHARS_MAX = 400
_SHORT_DIGEST_CHARS = 12

_SENTENCES = {
    "record.ledger-opened": "The ledger {origin} was opened.",
    "record.key-registered": "Key {key_id} was registered for {owner}.",
    "record.system-registered": "System {system} was registered: {title}.",
    "record.asset-recorded": "The {asset_kind} {asset} was recorded.",
    "record.run-started": "A {run_kind} run was started: {run}.",
    "record.run-finished": "The {run_kind} run {run} finished: {status}.",
    "record.document-recorded": "The {document_kind} {document} was recorded.",
    "record.model-signed": "Model {model} was signed with key {key_id}.",
    "record.release-proposed": "Release {release} was proposed.",
    "record.release-deployed": "Release {release} went live on {endpoint}.",
    "record.schema-declared": "The decision schema, version {schema_version}, was declared.",
    "record.segment-sealed": "{rows} rows of stream {stream} were sealed as segment {segment}.",
    "record.audit-authorised": "Audit {audit} was allowed to read protected attributes: {purpose}.",
    "record.protected-read": "Protected attributes of {rows} decisions were read under an authorisation.",
    "gate.tier-assigned": "The risk tier is {tier}.",
    "gate.thresholds-declared": "Thresholds for evaluations were declared.",
    "gate.verdict-given": "The gate answered {outcome} for release {release}.",
    "gate.approval-given": "{approver} approved release {release} as {role}.",
    "gate.waiver-granted": "Control {control} was waived until {expires_at}: {reason}.",
    "gate.feature-refused": "A schema that feeds protected attributes to the model was refused.",
    "gate.feature-permitted": "Protected attributes were permitted as features: {legal_basis}.",
    "watch.monitor-declared": "Monitor {monitor} was declared.",
    "watch.reading-taken": "Monitor {monitor} read {n} decisions: {status}.",
    "watch.signal-raised": "Monitor {monitor} raised a signal of severity {severity}: {summary}.",
    "respond.incident-declared": "An incident was declared, severity {severity}: {title}.",
    "respond.incident-acknowledged": "The incident was acknowledged as {role}.",
    "respond.severity-changed": "The severity went from {before} to {after}: {reason}.",
    "respond.standing-order-given": "{signer} allowed an automatic stop until {expires_at}.",
    "respond.action-intended": "A {kind} was about to be done on flag {flag}.",
    "respond.action-done": "The {kind} on flag {flag} is {outcome}: {observed_variant} was observed.",
    "respond.stop-verified": "The decision log was asked whether the stop worked: {outcome}. {reason}",
    "respond.snapshot-sealed": "The evidence was captured before anything else was changed.",
    "respond.hold-placed": "A legal hold was placed: {reason}.",
    "respond.custody-recorded": "Evidence {item} was {act}: {reason}.",
    "respond.affected-frozen": "{decisions} affected decisions about {people} people were listed.",
    "respond.clock-started": "The clock {obligation} ({stage}) was started.",
    "respond.clock-recalculated": "The clock {obligation} ({stage}) moved {moved}: {reason}.",
    "respond.clock-met": "The clock {obligation} ({stage}) was met at {sent_at}.",
    "respond.notice-drafted": "A notice to {recipient} was drafted.",
    "respond.notice-approved": "The notice was approved by {approver}.",
    "respond.notice-sent": "The notice was sent to {recipient} by {channel}.",
    "respond.playbook-started": "Playbook {playbook} was started ({mode}).",
    "respond.step-finished": "Step {name}: {outcome}.",
    "respond.playbook-finished": "Playbook {playbook}: {outcome}.",
    "respond.playbook-exercised": "Playbook {playbook} was exercised.",
    "respond.corrective-agreed": "Corrective action agreed: {title}, due {due_at}.",
    "respond.corrective-done": "Corrective action {corrective} was done.",
    "respond.incident-closed": "The incident was closed.",
    "respond.inquiry-opened": "An inquiry was opened.",
    "respond.cohort-frozen": "The cohort of the inquiry was frozen.",
    "prove.package-issued": "Package {package} was issued.",
}


class Field(NamedTuple):
    """A field of a fact, ready to be shown; `digest` says that `value` is a shortened SHA-256 of `whole`."""

    name: str
    value: str
    whole: str
    digest: bool


def sentence(fact: Fact) -> str:
    """Return what `fact` says as one sentence."""
    words = {name: plain(value) for name, value in fact.body.items()}
    try:
        return _SENTENCES[fact.kind].format_map(words).replace("..", ".")
    except KeyError:
        return f"{fact.kind.partition('.')[2].replace('-', ' ').capitalize()}."


def fields(fact: Fact) -> list[Field]:
    """Return the simple fields of a fact, at most twelve; lists and groups are counted, not spread out."""
    shown = [field for name, value in fact.body.items() for field in _field(name, value)]
    return shown[:_FIELDS_MAX]


def plain(value: Any) -> str:
    """Return a value as text in which nothing is invisible and nothing turns the reading direction.

    >>> plain("in\\u202evoice")
    'in\\ufffdvoice'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = "none" if value is None else str(value)
    safe = "".join("\ufffd" if unicodedata.category(item)[0] == "C" else item for item in text)
    return safe if len(safe) <= _TEXT_CHARS_MAX else f"{safe[:_TEXT_CHARS_MAX]} …"


def _field(name: str, value: Any) -> Iterator[Field]:
    label = plain(name).replace("_", " ")
    if isinstance(value, list | dict):
        if value:
            yield Field(label, f"{len(value)} item{'s' if len(value) > 1 else ''}", "", False)
    elif isinstance(value, str) and len(value) == 64 and value.isalnum():
        yield Field(label, f"{value[:_SHORT_DIGEST_CHARS]}…", value, True)
    elif value not in ("", None):
        yield Field(label, plain(value), "", False)
