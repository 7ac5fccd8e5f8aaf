"""A hash of a table's content: the same for any file layout, chunking or compression."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciencecities.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa

CANONICAL_NAN = b"\x00\x00\x00\x00\x00\x00\xf8\x7f"


def table_hash(path: Path, table: Table) -> tuple[int, str]:
    """Number of rows and SHA-256 of a Parquet file that holds `table` in key order.

    For each column in canonical order: its name and type, then one byte of validity a row, then
    the byte length of each string, then the values (little-endian; null as zeros or nothing).
    Raises pyarrow.ArrowInvalid or KeyError if the file is damaged or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = table.schema()
    for field in schema:
        stored = file.schema_arrow.field(field.name).type
        if _is_text(stored) is not _is_text(field.type) and not pa.types.is_null(stored):
            raise pa.ArrowInvalid(f"column {field.name} is of type {stored}, not {field.type}")
    hashers = [_ColumnHash(field.name, str(field.type)) for field in schema]
    n_rows = 0
    for batch in file.iter_batches(columns=table.names, batch_size=131_072):
        n_rows += batch.num_rows
        for hasher, field in zip(hashers, schema, strict=True):
            hasher.update(batch.column(field.name).cast(field.type))
    content = hashlib.sha256(str(n_rows).encode())
    for hasher in hashers:
        content.update(hasher.digest())
    return n_rows, content.hexdigest()


def _is_text(type: pa.DataType) -> bool:
    import pyarrow as pa

    value: pa.DataType = type.value_type if pa.types.is_dictionary(type) else type
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


class _ColumnHash:
    """Three running hashes, so that the result does not depend on batch boundaries."""

    def __init__(self, name: str, type: str) -> None:
        self.validity = hashlib.sha256(f"{name}:{type}".encode())
        self.lengths = hashlib.sha256()
        self.values = hashlib.sha256()

    def update(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.validity.update(_bytes(array.is_valid()))
        if pa.types.is_string(array.type):
            filled = array.fill_null("")
            self.lengths.update(_bytes(pc.binary_length(filled)))
            offsets = filled.buffers()[1]
            data = filled.buffers()[2]
            if data is not None:
                first, last = _bounds(filled, offsets)
                self.values.update(memoryview(data)[first:last])
        else:
            zero = False if pa.types.is_boolean(array.type) else 0
            self.values.update(_bytes(array.fill_null(zero)))

    def digest(self) -> bytes:
        return self.validity.digest() + self.lengths.digest() + self.values.digest()


def _bytes(array: pa.Array) -> memoryview:
    import numpy as np
    import pyarrow as pa

    values: Any = array.to_numpy(zero_copy_only=False)
    if pa.types.is_floating(array.type):
        values = np.where(np.isnan(values), np.frombuffer(CANONICAL_NAN, "<f8")[0], values)
        values = values + 0.0  # −0.0 and 0.0 are one value
    return memoryview(np.ascontiguousarray(values).tobytes())


def _bounds(array: pa.Array, offsets: pa.Buffer) -> tuple[int, int]:
    import numpy as np

    positions = np.frombuffer(offsets, dtype=np.int32)
    return int(positions[array.offset]), int(positions[array.offset + len(array)])
