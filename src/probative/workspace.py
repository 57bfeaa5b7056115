"""The composition root: opens a folder's adapters and hands out the front classes.

**Promise**: each part is opened when it is first asked for, so that a quick command stays quick; a ledger
that is behind what it published is refused before anything is written.
**Not here**: any rule; imports inside methods are for the start-up budget (`benchmarks/startup.py`).
"""

import base64
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from probative import __version__
from probative.adapters import processes
from probative.adapters.files import durable
from probative.adapters.files.blobs import FileBlobs
from probative.adapters.files.keys import FileSigner, KeyRing
from probative.adapters.files.tree import FileTree
from probative.adapters.sqlite import SqliteLedger
from probative.config import FILE_NAME, Config, config_text, read_config
from probative.kernel.actor import Actor
from probative.kernel.clock import Clock, SystemClock
from probative.kernel.errors import ConflictError
from probative.record.facts import Draft, KeyRegistered, LedgerOpened, subject
from probative.record.ledger import Ledger
from probative.record.proofs.note import check_key_name
from probative.record.proofs.trust import TrustFile, build_trust
from probative.record.publisher import Publisher
from probative.record.recorder import Parts, Recorder
from probative.record.verify import Progress, Report, Stores, verify, with_decisions

if TYPE_CHECKING:
    import pyarrow as pa

    from probative.gate.gatekeeper import Gatekeeper
    from probative.prove.prover import Prover
    from probative.record.decisions.log import DecisionLog
    from probative.respond.inquiry.inquiries import Inquiries
    from probative.respond.responder import Responder
    from probative.watch.watcher import Watcher

LOG_KEY = "log"
WRITER_KEY = "writer"


class Workspace:
    """One organisation unit's record and everything that works on it, in one folder."""

    def __init__(self, folder: Path, config: Config, clock: Clock) -> None:
        """Use `create` or `open` instead."""
        self.folder = folder
        self.config = config
        self.clock = clock

    @classmethod
    def create(cls, folder: Path, origin: str, clock: Clock | None = None) -> "Workspace":
        """Make a workspace in `folder`: keys, settings and the first fact; a used folder is refused."""
        workspace = cls(folder, Config(origin=check_key_name(origin)), clock or SystemClock())
        with durable.translated(folder):
            durable.make_folder(folder)
        if any(folder.iterdir()):
            raise ConflictError(
                "workspace.not-empty", f"'{folder}' is not empty.", "Name a new folder, or an empty one."
            )
        for name in (LOG_KEY, WRITER_KEY):
            workspace.keys.create(name)
        workspace._write_opening()
        # Last: what was interrupted before this is no workspace yet.
        workspace.write_file(FILE_NAME, config_text(workspace.config).encode())
        return workspace

    @classmethod
    def open(cls, folder: Path, clock: Clock | None = None) -> "Workspace":
        """Open the workspace in `folder`; `NotFoundError` says how to make one."""
        return cls(folder, read_config(folder), clock or SystemClock())

    @property
    def actor(self) -> Actor:
        """Who acts when nobody else is named."""
        return Actor(id=self.config.actor, role=self.config.role)

    @cached_property
    def keys(self) -> KeyRing:
        """The workspace's own private keys."""
        return KeyRing(self.folder / "keys")

    @cached_property
    def recorder(self) -> Recorder:
        """The record; opened at its first use, after the check that it is not behind what was published."""
        return Recorder(self._checked_parts, self.clock)

    @cached_property
    def decisions(self) -> "DecisionLog":
        """The decision log."""
        return self._decisions(self.recorder)

    @cached_property
    def gatekeeper(self) -> "Gatekeeper":
        """The gate."""
        from probative.gate.gatekeeper import Gatekeeper

        return Gatekeeper(self.recorder)

    @cached_property
    def watcher(self) -> "Watcher":
        """The monitors."""
        from probative.watch.watcher import Watcher

        return Watcher(self.recorder, self.decisions)

    @cached_property
    def responder(self) -> "Responder":
        """Incidents and what is done about them."""
        from probative.adapters.files.flags import FlagFile, SpoolFolder
        from probative.respond.notice import Notices
        from probative.respond.responder import Responder

        def inquiries() -> "Inquiries":
            from probative.respond.inquiry.inquiries import Inquiries

            return Inquiries(self.recorder, self.decisions)

        return Responder(
            self.recorder,
            _LateDecisions(self),
            FlagFile(self.flags),
            SpoolFolder(self.folder / "spool"),
            notices=Notices(self.recorder, FileTree(self.folder / "outbox")),
            inquiries=inquiries,
        )

    @cached_property
    def prover(self) -> "Prover":
        """Evidence packages."""
        from probative.adapters.files.packages import PackageFolder
        from probative.prove.prover import Prover

        return Prover(self.recorder, self._stores.blobs, self.decisions, PackageFolder(), self.trust())

    @property
    def flags(self) -> Path:
        """The flag file that production services are pointed at."""
        return self.folder / "flags" / "flags.json"

    def register_key(self, name: str, roles: tuple[str, ...], owner: str, actor: Actor) -> FileSigner:
        """Make key `name` here and record its public half: `owner` signs with it in `roles`.

        A key that an interrupted call left unrecorded is taken up; another of that name is a `ConflictError`.
        """
        try:
            signer = self.keys.create(name)
        except ConflictError:
            signer = self.keys.load(name)
            known = next(self.recorder.facts(subject=f"key/{signer.key_id}"), None)
            if known is not None or name in (LOG_KEY, WRITER_KEY):
                raise
        body = KeyRegistered(
            key_id=signer.key_id,
            algorithm="ed25519",
            public_key=base64.b64encode(signer.public_key).decode(),
            roles=roles,
            owner=owner,
        )
        self.recorder.append(Draft(body=body, subjects=(subject(f"key/{signer.key_id}"),), actor=actor))
        return signer

    def trust(self) -> TrustFile:
        """Return the trust file that verifiers elsewhere pin."""
        log_key = self.keys.load(LOG_KEY).public_key
        return build_trust(self.config.origin, log_key, {self._writer.key_id: self._writer.public_key})

    def verify(self, trust: TrustFile | None = None, progress: Progress | None = None) -> Report:
        """Check the whole record, decisions included; without `trust`, against this workspace's own keys."""
        report = verify(self._stores, trust or self.trust(), progress)
        if not self._has_decisions():
            return report
        # Not `self.recorder`: a ledger that is refused for writing is still to be judged in full.
        return with_decisions(report, self._recorder, self._decisions(self._recorder).verify, progress)

    def rebuild(self) -> int:
        """Compute the index again, and published files that are gone; return the entries read.

        Entries, blobs and segments are only read, and nothing is acted upon.
        """
        # Not `self.recorder`: its check needs the very index that may be missing.
        count = self._recorder.rebuild()
        self._publisher.restore()
        return count

    def published_size(self) -> int:
        """Return the size of the published checkpoint, 0 before the first."""
        published = self._publisher.published()
        return published.size if published else 0

    def execute(self, words: Sequence[str]) -> int:
        """Run a command of the user's own to its end, without a shell, and return its exit status."""
        return processes.execute(words)

    def read_file(self, relative: str) -> bytes | None:
        """Return a small working file of the workspace, `None` if it is not there."""
        return durable.read(durable.inside(self.folder, relative))

    def write_file(self, relative: str, data: bytes) -> None:
        """Replace a small working file of the workspace in one step."""
        durable.replace(durable.inside(self.folder, relative), data)

    def only_worker(self) -> AbstractContextManager[bool]:
        """Yield True to the one process that may do waiting work now; others get False at once."""
        return durable.try_locked(self.folder / "record" / ".working")

    @cached_property
    def _recorder(self) -> Recorder:
        return Recorder(self._parts, self.clock)

    def _decisions(self, recorder: Recorder) -> "DecisionLog":
        from probative.adapters.files.journals import FileJournals
        from probative.adapters.files.segments import FileSegments
        from probative.adapters.files.vault import FileVault
        from probative.record.decisions.log import DecisionLog

        record = self.folder / "record"
        return DecisionLog(
            recorder,
            FileJournals(record / "journal"),
            FileSegments(record / "segments", record / "protected"),
            FileVault(self.folder / "keys" / "protected.key"),
            self.actor,
        )

    def _has_decisions(self) -> bool:
        """Tell whether anything says that decisions were recorded; without any, Arrow need not load."""
        record = self.folder / "record"
        kept = (record / name for name in ("journal", "segments", "protected"))
        about = self._recorder.facts(kind="record.schema-declared")
        return any(folder.exists() for folder in kept) or next(about, None) is not None

    def _parts(self) -> Parts:
        return Parts(self._stores.ledger, self._stores.blobs, self._ledger, self._publisher)

    def _checked_parts(self) -> Parts:
        self._publisher.check()
        return self._parts()

    @cached_property
    def _publisher(self) -> Publisher:
        return Publisher(
            self._ledger,
            self._stores.public,
            self._stores.bundles,
            self.config.origin,
            self.keys.load(LOG_KEY),
        )

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._stores.ledger, self._writer, self.clock)

    @cached_property
    def _stores(self) -> Stores:
        record = self.folder / "record"
        return Stores(
            ledger=SqliteLedger(record / "ledger.sqlite"),
            blobs=FileBlobs(record / "blobs", record / "private"),
            public=FileTree(record / "public"),
            bundles=FileTree(record / "entries"),
        )

    @cached_property
    def _writer(self) -> FileSigner:
        return self.keys.load(WRITER_KEY)

    def _write_opening(self) -> None:
        trust = self.trust()
        body = LedgerOpened(
            origin=trust.origin,
            log_key=trust.log_keys[0],
            writer_key_id=trust.writer_keys[0].key_id,
            writer_key=trust.writer_keys[0].public_key,
            product_version=__version__,
        )
        self.recorder.append(
            Draft(
                body=body,
                subjects=(subject(f"ledger/{trust.origin}"),),
                actor=self.actor,
                key="ledger-opened",
            )
        )
        self.recorder.checkpoint()


class _LateDecisions:
    """The decision log, opened when it is first read: a stop must not wait for Arrow to load."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(
        self,
        system: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> "pa.Table":
        return self._workspace.decisions.read(system, since=since, until=until, columns=columns)
