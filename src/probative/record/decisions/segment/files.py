"""The files of a segment: written once while sealing, read back only if their digest still holds.

**Promise**: digests are taken from the bytes on their way to the disk; `opened` hashes the whole file before
a reader may trust its statistics. Memory is one row group.
**Not here**: which rows (`segment.sealing`), fsync and renaming (the adapter).
"""

import contextlib
import hashlib
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from probative.kernel.errors import TamperError
from probative.record.decisions.facts import SealedFile
from probative.record.decisions.ports import SegmentFiles, Vault
from probative.record.decisions.schema import COMMITMENT_PREFIX, SALT_PREFIX, Layout
from probative.record.decisions.segment.parts import FACTS, PAYLOAD, PROTECTED, from_ipc, part_schema, to_ipc

ROW_GROUP_ROWS = 32_768
_CHUNK_BYTES = 1 << 20
_LENGTH = struct.Struct(">I")
_PIECE_BYTES_MAX = 512 * 1024 * 1024


class HashingFile:
    """A file to write to that knows the digest and size of what went through it."""

    def __init__(self, file: BinaryIO) -> None:
        """Write on to `file`, which the caller closes."""
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        view = memoryview(data)
        self._hash.update(view)
        self._size += view.nbytes
        self._file.write(view)
        return view.nbytes

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self._size

    def flush(self) -> None:
        """Do nothing: the caller flushes the file itself."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True

    def digest(self) -> SealedFile:
        """Return what the manifest says about the file."""
        return SealedFile(sha256=self._hash.hexdigest(), bytes=self._size)


@contextlib.contextmanager
def written(files: SegmentFiles, segment: str, name: str) -> Iterator[HashingFile]:
    """Write one file of a segment; it is durable when the block ends."""
    with files.write(segment, name) as file:
        yield HashingFile(file)


class ParquetPart:
    """Facts or payload on the way to disk, a row group at a time."""

    def __init__(self, sink: HashingFile, layout: Layout, part: str) -> None:
        """Begin the file of `part`."""
        schema = part_schema(layout, part)
        texts = {
            c.name for c in layout.columns if c.type == "text" and c.role not in ("id", "subject", "trace")
        }
        random = (COMMITMENT_PREFIX, SALT_PREFIX)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(sink, "w"),
            schema,
            # Salts and hashes do not compress; trying would cost more than all the other columns.
            compression={n: "none" if n.startswith(random) else "zstd" for n in schema.names},
            use_dictionary=[name for name in schema.names if name in texts],
            write_statistics=[name for name in schema.names if not name.startswith(random)],
        )

    def add(self, table: pa.Table) -> None:
        """Write one row group."""
        self._writer.write_table(table, row_group_size=table.num_rows)

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class SealedPart:
    """Protected values on the way to disk: each row group an Arrow message, encrypted for its place."""

    def __init__(self, sink: HashingFile, vault: Vault, segment: str) -> None:
        """Begin the protected file of `segment`."""
        self._sink = sink
        self._vault = vault
        self._segment = segment
        self._pieces = 0

    def add(self, table: pa.Table) -> None:
        """Write one row group."""
        batch = table.combine_chunks().to_batches()[0]
        head = _LENGTH.pack(batch.num_rows)
        sealed = self._vault.seal(head + to_ipc(batch), self._segment, f"file/{self._pieces}")
        self._sink.write(_LENGTH.pack(len(sealed)) + sealed)
        self._pieces += 1

    def close(self) -> None:
        """Do nothing: there is no footer; the manifest's digest says where the file ends."""


@contextlib.contextmanager
def opened(files: SegmentFiles, segment: str, name: str, expected: SealedFile) -> Iterator[BinaryIO]:
    """Open a file whose digest was just checked over all its bytes; another digest raises `TamperError`."""
    with files.open(segment, name) as file:
        found, size = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
            size += len(chunk)
        if (found.hexdigest(), size) != (expected.sha256, expected.bytes):
            raise TamperError(
                "segment.file-changed",
                f"'{name}' of segment {segment} has {size} bytes with SHA-256 {found.hexdigest()[:16]}..., "
                f"not {expected.bytes} with {expected.sha256[:16]}...",
                "Nothing is read from it. Restore it from a copy, then run 'probative record verify'.",
            )
        file.seek(0)
        yield file


def batches(file: BinaryIO, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a checked Parquet file, a row group at a time and in file order."""
    with pq.ParquetFile(pa.PythonFile(file, "r")) as parquet:
        for group in range(parquet.num_row_groups):
            yield from parquet.read_row_group(group, columns).combine_chunks().to_batches()


def protected_batches(file: BinaryIO, vault: Vault, layout: Layout, segment: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a checked protected file, in the same row groups."""
    schema, piece = part_schema(layout, PROTECTED), 0
    while head := file.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        plain = vault.open(file.read(min(length, _PIECE_BYTES_MAX)), segment, f"file/{piece}")
        yield from_ipc(plain[_LENGTH.size :], schema, _LENGTH.unpack_from(plain)[0])
        piece += 1


def part_names(layout: Layout) -> list[str]:
    """Return the parts that a stream of this layout has."""
    return [FACTS, PAYLOAD, *([PROTECTED] if layout.side(protected=True) else [])]
