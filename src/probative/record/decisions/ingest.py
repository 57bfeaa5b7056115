"""Decisions from files: Parquet, CSV and NDJSON.

**Promise**: a file is read twice: all of it is checked before its first row is recorded, so a bad file has
written nothing. Memory is one batch and 16 bytes a row. A file that was interrupted, or sent again, is
recorded once.
**Not here**: opening files (the caller hands in one that can seek).

In JSON and CSV, instants are RFC 3339 with a zone, dates ISO 8601, bytes base64; decimals in JSON are
strings. An empty CSV field is null, an empty quoted one is empty text.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import BinaryIO, NamedTuple, NoReturn

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from probative.kernel.canon import parse_strict
from probative.kernel.errors import UsageError
from probative.kernel.limits import LINE_BYTES_MAX
from probative.record.decisions.batch import batch_of, conform
from probative.record.decisions.codec.types import arrow_type
from probative.record.decisions.ids import Ids, id_text, parse_ids
from probative.record.decisions.log import DecisionLog
from probative.record.decisions.schema import DECISIONS, Column, parse_type
from probative.record.decisions.values import check_names, check_row, check_value

BATCH_ROWS = 16_384
_CSV_COLUMN = re.compile(r"In CSV column #(\d+): ")


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file: rows that are new, and rows that were recorded before."""

    rows: int
    duplicates: int


class _Source(NamedTuple):
    file: BinaryIO
    columns: tuple[Column, ...]


class _LineGuard:
    """A file that stops being read in the middle of a line without end: Arrow would read far ahead."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._open_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Read on; a line that has grown too long raises `UsageError`."""
        data = self._file.read(size)
        end = data.rfind(b"\n")
        self._open_bytes = self._open_bytes + len(data) if end < 0 else len(data) - end - 1
        if self._open_bytes > LINE_BYTES_MAX:
            _refuse("line-too-long", f"A line of the CSV file has more than {LINE_BYTES_MAX} bytes.")
        return data


Progress = Callable[[str, int], None]
"""Called with "checked" or "recorded" and the number of rows so far."""


def form_of(name: str) -> str:
    """Return the form of a file by its name; `UsageError` for any other.

    >>> form_of("may.parquet"), form_of("may.jsonl")
    ('parquet', 'ndjson')
    """
    forms = {".parquet": "parquet", ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
    suffix = PurePath(name).suffix.lower()
    if suffix not in forms:
        raise UsageError(
            "ingest.form-unknown",
            f"'{name[:200]}' has no form that can be taken in.",
            f"Give a file that ends with {', '.join(forms)}.",
        )
    return forms[suffix]


def ingest(
    log: DecisionLog,
    system: str,
    file: BinaryIO,
    form: str,
    *,
    stream: str = DECISIONS,
    progress: Progress | None = None,
) -> Ingested:
    """Record every row of `file`, all or none; `form` is what `form_of` returns.

    Raises `UsageError` for a file that does not fit the schema, naming line or row, and `ConflictError` for
    a decision that is recorded with other values. Nothing is written then.
    """
    source = _Source(file, log.schema(system).stream(stream))
    _check(log, system, stream, _batches(source, form), progress)
    rows = duplicates = 0
    for batch in _batches(source, form):
        receipt = (log.record if stream == DECISIONS else log.record_outcomes)(system, batch)
        rows, duplicates = rows + receipt.rows, duplicates + receipt.duplicates
        if progress:
            progress("recorded", rows + duplicates)
    return Ingested(rows=rows, duplicates=duplicates)


def _check(
    log: DecisionLog,
    system: str,
    stream: str,
    batches: Iterator[pa.RecordBatch],
    progress: Progress | None,
) -> None:
    """Read the whole file once without writing anything."""
    ids: list[Ids] = []
    for batch in batches:
        log.check(system, batch, stream=stream)
        ids.append(parse_ids(batch.column("decision_id")))
        if progress:
            progress("checked", sum(len(part) for part in ids))
    if not ids:
        raise UsageError("ingest.empty", "The file has no rows.", "Send at least one row.")
    ordered = np.sort(np.concatenate(ids))
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if stream == DECISIONS and len(twice):
        raise UsageError(
            "ingest.id-twice",
            f"Decision '{id_text(twice[0])}' is in the file twice.",
            "Leave it in once; nothing was written.",
        )


def _batches(source: _Source, form: str) -> Iterator[pa.RecordBatch]:
    """Yield batches that fit the schema, from the beginning of the file."""
    source.file.seek(0)
    readers = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}
    if form not in readers:
        raise UsageError("ingest.form-unknown", f"'{form[:40]}' is no form.", f"Use {', '.join(readers)}.")
    row = 0
    for batch in readers[form](source):
        if not batch.num_rows:
            continue
        try:
            yield conform(source.columns, batch)
        except UsageError as error:
            raise _placed(f"After {row} rows", error) from error
        row += batch.num_rows


def _parquet(source: _Source) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(pa.PythonFile(source.file, "r")) as parquet:
            _check_names(source.columns, parquet.schema_arrow.names)
            yield from parquet.iter_batches(BATCH_ROWS)
    except (pa.ArrowException, OSError) as error:
        _refuse("parquet-unreadable", f"The Parquet file cannot be read: {_first_line(error)}.")


def _csv(source: _Source) -> Iterator[pa.RecordBatch]:
    encoded = {c.name for c in source.columns if parse_type(c.type).kind in ("binary", "fixed")}
    types = {c.name: pa.string() if c.name in encoded else arrow_type(c.type) for c in source.columns}
    convert = pa_csv.ConvertOptions(
        column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    names = _csv_names(source)
    try:
        reader = pa_csv.open_csv(
            pa.PythonFile(_LineGuard(source.file), "r"),
            # A row must fit into one block, line breaks in quotes included.
            read_options=pa_csv.ReadOptions(block_size=LINE_BYTES_MAX, use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        for block in reader:
            for start in range(0, block.num_rows, BATCH_ROWS):
                yield _decoded(source.columns, block.slice(start, BATCH_ROWS), encoded)
    except pa.ArrowException as error:
        if "straddling" in str(error):
            _refuse("line-too-long", f"A line of the CSV file has more than {LINE_BYTES_MAX} bytes.")
        number = _CSV_COLUMN.search(str(error))
        column = f" in column '{names[int(number[1])]}'" if number else ""
        why = _CSV_COLUMN.sub("", _first_line(error))
        _refuse("csv-unreadable", f"The CSV file cannot be read{column}: {why}.")


def _csv_names(source: _Source) -> list[str]:
    """Return the names in the first line; a line without end is not read to its end."""
    line = source.file.readline(LINE_BYTES_MAX + 1)
    if len(line) > LINE_BYTES_MAX:
        _refuse("line-too-long", f"A line of the CSV file has more than {LINE_BYTES_MAX} bytes.")
    names = next(csv.reader([line.decode("utf-8-sig", "replace").rstrip("\r\n")]), [])
    if not names:
        _refuse("csv-unreadable", "The CSV file has no line of column names.")
    _check_names(source.columns, names)
    source.file.seek(0)
    return names


def _decoded(columns: Sequence[Column], batch: pa.RecordBatch, encoded: set[str]) -> pa.RecordBatch:
    """Decode the columns that hold bytes as base64."""
    for at, name in enumerate(batch.schema.names):
        if name in encoded:
            column = next(column for column in columns if column.name == name)
            values = [
                check_value(column, value, f"row {row}") for row, value in enumerate(batch[at].to_pylist())
            ]
            batch = batch.set_column(at, name, pa.array(values, arrow_type(column.type)))
    return batch


def _ndjson(source: _Source) -> Iterator[pa.RecordBatch]:
    rows: list[list[object]] = []
    number = 0
    while line := source.file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            _refuse("line-too-long", f"Line {number} has more than {LINE_BYTES_MAX} bytes.")
        if line.strip():
            rows.append(_line(source.columns, line, number))
        if len(rows) == BATCH_ROWS:
            yield batch_of(source.columns, rows)
            rows = []
    if rows:
        yield batch_of(source.columns, rows)


def _line(columns: Sequence[Column], line: bytes, number: int) -> list[object]:
    try:
        value = parse_strict(line, LINE_BYTES_MAX)
    except UsageError as error:
        raise _placed(f"Line {number}", error) from error
    if not isinstance(value, dict):
        _refuse("line-no-object", f"Line {number} is {json.dumps(value)[:40]}, not a JSON object.")
    return check_row(columns, value, f"line {number}")


def _check_names(columns: Sequence[Column], given: list[str]) -> None:
    check_names([column.name for column in columns], given, "the file")


def _placed(place: str, error: UsageError) -> UsageError:
    return UsageError(error.code, f"{place}: {error}", error.hint)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".")[:300] if str(error) else type(error).__name__


def _refuse(code: str, sentence: str) -> NoReturn:
    raise UsageError(f"ingest.{code}", sentence, "Mend the file and send it again; nothing was written.")
