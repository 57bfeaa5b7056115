"""Facts: the only thing that changes state, and the kinds of fact that the record room writes.

**Promise**: a fact is an in-toto Statement v1 whose predicate is ours; bodies are frozen structs that
refuse unknown fields; a kind and version never change meaning.
**Not here**: signing (`record.proofs.envelope`), storing (`record.ledger`), and other rooms' kinds (in their
own `facts.py`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.digest import check_digest, sha256_hex
from probative.kernel.errors import NotFoundError, TamperError, UsageError

KIND_PREFIX = "urn:probative:fact:"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

B = TypeVar("B", bound="Body")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fact says. Each kind is a subclass, registered with `fact_kind`.

    Subclasses state `frozen=True, kw_only=True` again: msgspec does not inherit `kw_only`. `blobs` lists the
    fields that name a blob which the fact needs: a verification misses those that are gone.
    """

    blobs: ClassVar[tuple[str, ...]] = ()


_KINDS: dict[tuple[str, int], type[Body]] = {}
_NAMES: dict[type[Body], tuple[str, int]] = {}


def fact_kind(name: str, version: int = 1) -> Callable[[type[B]], type[B]]:
    """Register a body class as fact kind `name` (`room.what-happened`, past tense) and `version`."""

    def register(cls: type[B]) -> type[B]:
        if (name, version) in _KINDS:
            raise UsageError("fact.kind-twice", f"Fact kind '{name}:{version}' is declared twice.", "")
        _KINDS[name, version] = cls
        _NAMES[cls] = (name, version)
        return cls

    return register


def kind_of(body: Body) -> tuple[str, int]:
    """Return the kind and version that the class of `body` was registered under."""
    return _NAMES[type(body)]


def kinds() -> dict[tuple[str, int], type[Body]]:
    """Return every kind registered so far, by name and version (for schemas and documentation)."""
    return dict(_KINDS)


class Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fact is about: a name such as `system/loans`, and a SHA-256.

    Things that are not bytes (a system, an incident) use the digest of their own name.
    """

    name: str
    sha256: str

    def __post_init__(self) -> None:
        """Refuse digests in any other spelling."""
        check_digest(self.sha256)


def subject(name: str, sha256: str | None = None) -> Subject:
    """Make a subject; without a digest the subject is not bytes and its name is hashed.

    >>> subject("system/loans").sha256[:12]
    'f2954a9cc553'
    """
    return Subject(name=name, sha256=sha256_hex(name.encode()) if sha256 is None else sha256)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A fact not yet recorded: the caller's part of it.

    `occurred_at` is when it was true; `None` means "as it is recorded". `key` makes appending idempotent:
    a second draft with the same key and body returns the first fact, another body is a conflict.
    `caused_by` lists ids of the facts that led to this one.
    """

    body: Body
    subjects: tuple[Subject, ...]
    actor: Actor
    occurred_at: datetime | None = None
    caused_by: tuple[str, ...] = ()
    key: str | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded fact as read back from the ledger.

    `id` is the entry's RFC 6962 leaf hash in hex, `index` its place in the ledger, `body` plain JSON values.
    """

    id: str
    index: int
    kind: str
    version: int
    subjects: tuple[Subject, ...]
    actor: Actor
    occurred_at: datetime
    recorded_at: datetime
    caused_by: tuple[str, ...] = ()
    key: str | None = None
    body: dict[str, Any]

    def read(self, kind: type[B]) -> B:
        """Return the body as `kind`.

        Another kind is a `NotFoundError`, a body that does not fit its own kind a `TamperError`.
        """
        name, version = _NAMES[kind]
        if (self.kind, self.version) != (name, version):
            raise NotFoundError(
                "fact.other-kind",
                f"Fact {self.index} is '{self.kind}:{self.version}', not '{name}:{version}'.",
                "Ask for facts of that kind.",
            )
        try:
            return msgspec.convert(self.body, kind)
        except msgspec.ValidationError as error:
            raise TamperError(
                "fact.body-malformed",
                f"Entry {self.index} is no '{name}:{version}': {error}.",
                "Run 'probative record verify'.",
            ) from error


@fact_kind("record.ledger-opened")
class LedgerOpened(Body, frozen=True, kw_only=True):
    """The first fact: whose ledger this is and which keys it begins with.

    `log_key` is a signed-note verifier key, `writer_key` the base64 of an Ed25519 public key.
    """

    origin: str
    log_key: str
    writer_key_id: str
    writer_key: str
    product_version: str


@fact_kind("record.key-registered")
class KeyRegistered(Body, frozen=True, kw_only=True):
    """A public key (base64 of 32 Ed25519 bytes) that `owner` signs with in `roles`."""

    key_id: str
    algorithm: str
    public_key: str
    roles: tuple[str, ...]
    owner: str


@fact_kind("record.system-registered")
class SystemRegistered(Body, frozen=True, kw_only=True):
    """An AI system in the inventory. `roles` maps RACI roles to actor ids."""

    system: str
    title: str
    purpose: str
    owner: str
    sector: str
    jurisdictions: tuple[str, ...]
    legal_roles: dict[str, str]
    impact: str
    lifecycle: str
    data_sources: tuple[str, ...]
    roles: dict[str, str]


@fact_kind("record.asset-recorded")
class AssetRecorded(Body, frozen=True, kw_only=True):
    """Bytes that matter: a dataset, split, code tree, environment, model or document, by digest.

    `derived_from` are digests of the assets it was made from; lineage closes over them.
    """

    blobs: ClassVar[tuple[str, ...]] = ("sha256",)

    asset: str
    asset_kind: str
    system: str
    sha256: str
    blake3: str | None = None
    bytes: int
    media_type: str
    derived_from: tuple[str, ...] = ()
    description: str = ""
    metadata: dict[str, str | int | float | bool] = {}


@fact_kind("record.run-started")
class RunStarted(Body, frozen=True, kw_only=True):
    """The start receipt of a run: its place in the ledger proves what was declared before it.

    `inputs` maps a role (training-set, test-set, code, environment, model) to a digest.
    """

    run: str
    run_kind: str
    system: str
    inputs: dict[str, str]
    parameters: dict[str, str | int | float | bool]


class GroupMetric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric of one group of one audit attribute, with its denominator."""

    attribute: str
    group: str
    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


@fact_kind("record.run-finished")
class RunFinished(Body, frozen=True, kw_only=True):
    """The end of a run: `outputs` by role, measured `metrics`, metrics by `groups`, `status` ok or failed."""

    run: str
    run_kind: str
    system: str
    status: str
    outputs: dict[str, str]
    metrics: dict[str, float]
    groups: tuple[GroupMetric, ...] = ()


@fact_kind("record.document-recorded")
class DocumentRecorded(Body, frozen=True, kw_only=True):
    """A document bound to what it describes: a model card, a datasheet, an evaluation report.

    `about` is the digest of the model or dataset; `fields` holds the claims that are checked, `missing`
    the template's required fields that are empty.
    """

    blobs: ClassVar[tuple[str, ...]] = ("sha256",)

    document: str
    document_kind: str
    system: str
    sha256: str
    about: str
    fields: dict[str, str | int | float | bool]
    missing: tuple[str, ...] = ()


@fact_kind("record.model-signed")
class ModelSigned(Body, frozen=True, kw_only=True):
    """A model signature: the signed statement (a blob) binds the model to its training set."""

    blobs: ClassVar[tuple[str, ...]] = ("statement",)

    system: str
    model: str
    training_set: str
    statement: str
    key_id: str


@fact_kind("record.release-proposed")
class ReleaseProposed(Body, frozen=True, kw_only=True):
    """A release of a system: which model digest would go live, from which runs."""

    system: str
    release: str
    model: str
    training_run: str
    evaluation_run: str
    fallback: str | None = None


@fact_kind("record.release-deployed")
class ReleaseDeployed(Body, frozen=True, kw_only=True):
    """A release went live on an endpoint (or came back by a rollback: then `reason` says so)."""

    system: str
    release: str
    model: str
    endpoint: str
    reason: str = ""
