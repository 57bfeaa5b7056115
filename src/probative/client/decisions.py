"""Recording decisions from a production service: buffered, in batches, with bounded memory.

**Promise**: every row is checked when it is handed in; each answer says what became of it: recorded,
buffered, spooled or counted. When the record is out of reach the service has chosen beforehand: refuse (the
default), spool, or allow and count.
**Not here**: the kill switch (`client.guard`), and reaching a record over the network.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from probative.client.spool import Spool
from probative.kernel.errors import ProbativeError, UnavailableError, UsageError
from probative.record.decisions.schema import DECISIONS, DecisionSchema
from probative.record.decisions.values import ID_TAKEN, check_row

if TYPE_CHECKING:
    # Only the type: the decision log brings Arrow, and a service that uses a client should not wait for it.
    from probative.record.decisions.log import BatchReceipt

OnUnrecorded = Literal["refuse", "spool", "allow_and_count"]
Row = dict[str, Any]


class Log(Protocol):
    """Where decisions go: `workspace.decisions`, or anything that records like it."""

    def schema(self, system: str, version: int | None = None) -> DecisionSchema:
        """Return the schema that rows are checked against."""
        ...

    def record(
        self, system: str, rows: Sequence[Mapping[str, Any]], *, unrecorded: int = 0
    ) -> "BatchReceipt":
        """Record decisions durably."""
        ...

    def record_outcomes(self, system: str, rows: Sequence[Mapping[str, Any]]) -> "BatchReceipt":
        """Record outcomes durably."""
        ...


class Answer(NamedTuple):
    """What became of a row, or of the rows flushed.

    `recorded`: durable, `receipt` says where. `buffered`: in memory only, lost if the process dies.
    `spooled`: on this machine's disk, to be recorded later. `counted`: dropped and counted as a gap.
    """

    state: Literal["recorded", "buffered", "spooled", "counted"]
    receipt: "BatchReceipt | None" = None


class DecisionClient:
    """Records decisions (or outcomes) of one system. Methods are safe to call from several threads.

    A service that must not act on an unrecorded decision uses `batch_rows=1`, or flushes before it acts.
    """

    def __init__(
        self,
        log: Log,
        system: str,
        *,
        stream: str = DECISIONS,
        on_unrecorded: OnUnrecorded = "refuse",
        spool: Path | None = None,
        batch_rows: int = 256,
        buffer_rows_max: int = 4096,
    ) -> None:
        """Record to `log` whenever `batch_rows` rows have come in; never hold more than `buffer_rows_max`.

        `spool` is the file for `on_unrecorded="spool"`; what an earlier process left in it is recorded with
        the first batch. Raises `NotFoundError` for a system without a schema.
        """
        if on_unrecorded == "spool" and spool is None:
            raise UsageError("client.no-spool", "'spool' was chosen without a file.", "Give `spool` a path.")
        if not 1 <= batch_rows <= buffer_rows_max:
            raise UsageError(
                "client.batch-rows",
                f"A batch of {batch_rows} rows does not fit a buffer of {buffer_rows_max}.",
                "Choose 1 <= batch_rows <= buffer_rows_max.",
            )
        self._log = log
        self._system = system
        self._stream = stream
        self._columns = log.schema(system).stream(stream)
        self._on_unrecorded = on_unrecorded
        self._spool = Spool(spool) if spool is not None and on_unrecorded == "spool" else None
        self._batch_rows = batch_rows
        self._buffer_rows_max = buffer_rows_max
        self._buffer: list[Row] = []
        self._unrecorded = 0
        self._lock = threading.Lock()

    @property
    def buffered(self) -> int:
        """How many rows are in memory only."""
        return len(self._buffer)

    @property
    def unrecorded(self) -> int:
        """How many decisions were let through without a record and are not yet counted in one."""
        return self._unrecorded

    def record(self, decision: Mapping[str, Any]) -> Answer:
        """Take in one decision with every column of the schema.

        Raises `UsageError` at once for a row that does not fit, and, with "refuse", `UnavailableError` when
        the record is out of reach: then the row is not kept, and the service must not act on it. An error
        about another row of the batch names its id; the other rows are recorded.
        """
        row = dict(zip((c.name for c in self._columns), check_row(self._columns, decision), strict=True))
        with self._lock:
            if len(self._buffer) >= self._buffer_rows_max:
                self._flush()
            self._buffer.append(row)
            if len(self._buffer) < self._batch_rows:
                return Answer("buffered")
            try:
                return self._flush()
            except ProbativeError as error:
                if not _about_rows(error):
                    self._buffer.pop()  # the row that came last: its caller is told that it is not kept
                raise

    def flush(self) -> Answer:
        """Record everything that is buffered or spooled; without any of it the answer is `buffered`."""
        with self._lock:
            return self._flush()

    def close(self) -> None:
        """Flush, and let go of the spool."""
        try:
            self.flush()
        finally:
            if self._spool:
                self._spool.close()

    def __enter__(self) -> "DecisionClient":
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def _flush(self) -> Answer:
        answer = Answer("buffered")
        try:
            if self._spool:
                answer = self._respool(self._spool)
            if self._buffer:
                answer = Answer("recorded", self._deliver(self._buffer))
        except UnavailableError:
            if self._on_unrecorded == "refuse" or not self._buffer:
                raise
            return self._without_record()
        self._buffer = []
        return answer

    def _without_record(self) -> Answer:
        """Do with the buffered rows what the service chose."""
        rows, spool = self._buffer, self._spool
        if spool is not None:
            spool.append(rows)
        else:
            self._unrecorded += len(rows)
        self._buffer = []
        return Answer("spooled" if spool is not None else "counted")

    def _respool(self, spool: Spool) -> Answer:
        """Record what was spooled, oldest first; rows that are refused are set aside, never dropped."""
        answer = Answer("buffered")
        for rows in spool.batches():
            try:
                answer = Answer("recorded", self._send(rows))
            except ProbativeError as error:
                if _about_rows(error):
                    spool.set_aside()
                raise
        spool.clear()
        return answer

    def _deliver(self, rows: list[Row]) -> "BatchReceipt":
        """Record rows in one batch; if one of them is refused, the others one by one, then raise for it."""
        try:
            return self._send(rows)
        except ProbativeError as error:
            if not _about_rows(error):
                raise
        refused: list[ProbativeError] = []
        receipts: list[BatchReceipt] = []
        while self._buffer:
            try:
                receipts.append(self._send(self._buffer[:1]))
            except ProbativeError as error:
                if not _about_rows(error):
                    raise
                refused.append(error)
            del self._buffer[0]
        if refused:
            raise refused[0]
        return receipts[-1]

    def _send(self, rows: list[Row]) -> "BatchReceipt":
        if self._stream != DECISIONS:
            return self._log.record_outcomes(self._system, rows)
        receipt = self._log.record(self._system, rows, unrecorded=self._unrecorded)
        if receipt.rows:
            self._unrecorded = 0
        return receipt


def _about_rows(error: ProbativeError) -> bool:
    """Tell whether the rows are at fault, and sending them again would fail again."""
    return isinstance(error, UsageError) or error.code == ID_TAKEN
