"""Batches as the caller has them, made into batches that fit the schema exactly, or refused.

**Promise**: what comes out has the schema's columns, types and nulls; a conversion happens only where no
value changes; a refused batch has written nothing.
**Not here**: duplicates and conflicts with what is recorded (`admission.admitting`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from probative.kernel.errors import UsageError
from probative.kernel.limits import BATCH_ROWS_MAX, LINE_BYTES_MAX
from probative.record.decisions.codec.types import arrow_schema
from probative.record.decisions.ids import parse_ids
from probative.record.decisions.schema import Column
from probative.record.decisions.values import check_names, check_row, refuse_null

Tabular: TypeAlias = pa.Table | pa.RecordBatch | Sequence[Mapping[str, Any]]

BATCH_BYTES_MAX = 256 * 1024 * 1024
# The years that every reader of ours, and SQL, can show.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def conform(columns: Sequence[Column], rows: Tabular) -> pa.RecordBatch:
    """Return `rows` as one batch with exactly `columns`; what does not fit raises `UsageError`.

    Rows are an Arrow table or batch, or dictionaries. At most 65,536 rows and 256 MiB are taken at once.
    """
    count = rows.num_rows if isinstance(rows, pa.Table | pa.RecordBatch) else len(rows)
    if not count:
        raise UsageError("decisions.empty", "The batch has 0 rows.", "Send at least one row.")
    if count > BATCH_ROWS_MAX:
        raise UsageError(
            "decisions.batch-too-long",
            f"The batch has {count} rows; at most {BATCH_ROWS_MAX} are taken at once.",
            "Split it: each part is acknowledged by itself.",
        )
    if isinstance(rows, pa.Table | pa.RecordBatch):
        return _conform_arrow(columns, rows)
    return batch_of(columns, [check_row(columns, row, f"row {at}") for at, row in enumerate(rows)])


def batch_of(columns: Sequence[Column], values: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Return rows of values that `values.check_row` let through as a batch."""
    schema = arrow_schema(columns)
    arrays = [
        pa.array(column, field.type) for column, field in zip(zip(*values, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _conform_arrow(columns: Sequence[Column], rows: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
    check_names([column.name for column in columns], list(rows.schema.names), "the batch")
    if rows.nbytes > BATCH_BYTES_MAX:
        raise UsageError(
            "decisions.batch-too-large",
            f"The batch has {rows.nbytes} bytes; at most {BATCH_BYTES_MAX} are taken at once.",
            "Split it: each part is acknowledged by itself.",
        )
    schema = arrow_schema(columns)
    arrays = []
    for column, field in zip(columns, schema, strict=True):
        array = _one_chunk(rows.column(column.name))
        array = _converted(column, array, field.type)
        _check_values(column, array)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
    return column


def _converted(column: Column, array: pa.Array, target: pa.DataType) -> pa.Array:
    """Convert where no value can change; Arrow's own safety checks find the ones that would."""
    try:
        array.validate(full=True)
        if array.type == target:
            return array
        plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        if not _lossless(plain.type, target):
            raise UsageError(
                "decisions.wrong-type",
                f"Column '{column.name}' takes {column.type}, not {array.type}.",
                "Convert it before you send it; nothing is rounded or guessed here.",
            )
        return _one_chunk(plain.cast(target, safe=True))
    except pa.ArrowException as error:
        raise UsageError(
            "decisions.wrong-type",
            f"Column '{column.name}' takes {column.type}: {str(error).splitlines()[0][:200]}.",
            "Send values that the column's type can hold.",
        ) from error


def _lossless(given: pa.DataType, target: pa.DataType) -> bool:
    """Tell whether a safe cast keeps every value it lets through exactly as it was."""
    kinds = pa.types
    if given == target or kinds.is_null(given):
        return True
    if kinds.is_integer(target):
        return bool(kinds.is_integer(given))
    if kinds.is_floating(target):
        narrower = kinds.is_floating(given) and given.bit_width <= target.bit_width
        return bool(narrower or kinds.is_integer(given))
    if kinds.is_timestamp(target):
        return bool(kinds.is_timestamp(given) and given.tz is not None)
    if kinds.is_string(target):
        return bool(kinds.is_large_string(given) or kinds.is_string_view(given))
    if kinds.is_binary(target) or kinds.is_fixed_size_binary(target):
        return bool(
            kinds.is_binary(given)
            or kinds.is_large_binary(given)
            or kinds.is_binary_view(given)
            or kinds.is_fixed_size_binary(given)
        )
    same_family = (kinds.is_decimal(given) and kinds.is_decimal(target)) or (
        kinds.is_date(given) and kinds.is_date(target)
    )
    return bool(same_family)


def _check_values(column: Column, array: pa.Array) -> None:
    if array.null_count and not column.nullable:
        first = int(np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0])
        refuse_null(column, f"row {first}")
    if column.role == "id":
        parse_ids(array)
    if pa.types.is_timestamp(array.type):
        _check_range(column, array, array.view(pa.int64()), _FIRST_US, _LAST_US)
    elif pa.types.is_date32(array.type):
        _check_range(column, array, array.view(pa.int32()), _FIRST_DAY, _LAST_DAY)
    elif pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        if longest > LINE_BYTES_MAX:
            raise UsageError(
                "decisions.value-too-long",
                f"Column '{column.name}' holds {longest} bytes in one value; {LINE_BYTES_MAX} are allowed.",
                "Record large content as a blob and keep its digest in the column.",
            )


def _check_range(column: Column, array: pa.Array, numbers: pa.Array, low: int, high: int) -> None:
    ends = pc.min_max(numbers).as_py()
    for end in (ends["min"], ends["max"]):
        if end is not None and not low <= end <= high:
            raise UsageError(
                "decisions.time-out-of-range",
                f"Column '{column.name}' holds {end} ({array.type}), outside the years 1 to 9999.",
                "Check the unit of the timestamps.",
            )
