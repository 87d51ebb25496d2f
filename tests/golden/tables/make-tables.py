"""Parquet files as pandas and pyarrow write them, for tests/storage/tables.test.ts: one for each compression, all with the same cells.

pip install pandas==3.1.1 pyarrow==26.0.1; python make-tables.py
"""

import datetime
import decimal
import pathlib

import pandas as pd

here = pathlib.Path(__file__).parent
table = pd.DataFrame(
    {
        "file": ["a/1.png", "a/2.png", "b/3.png"],
        "dx": pd.Categorical(["nv", "mel", "nv"]),
        "age": pd.array([50, None, 2**60], dtype="Int64"),
        "flag": pd.array([True, None, False], dtype="boolean"),
        "when": pd.to_datetime(["2024-01-01T10:00", None, "2024-01-03T00:00"]),
        "price": [decimal.Decimal("1.25"), None, decimal.Decimal("2.50")],
        "day": [datetime.date(2024, 2, 29)] * 3,
        "tags": [[1, 2], [], None],
        "image": [{"bytes": b"\x89PNG", "path": "1.png"}] * 3,
        "size": [1.5, float("nan"), 3.0],
    }
)
for codec in ["snappy", "gzip", "brotli", "lz4", "zstd"]:
    table.to_parquet(here / f"{codec}.parquet", compression=codec)
