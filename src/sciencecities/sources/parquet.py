"""Opening Parquet files so that what is wrong with one is said in the user's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import SourceError

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MAGIC = b"PAR1"


@contextmanager
def parquet_file(path: Path) -> Iterator[pq.ParquetFile]:
    """The open file, its pages checked against their checksums where it has any.

    Raises SourceError, here or while the caller reads from it, if the file is cut or corrupt.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Not memory-mapped: a file that is cut while it is read would end the process.
        with pq.ParquetFile(path, memory_map=False, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError) as error:
        message = " ".join(str(error).split())[:200] or type(error).__name__
        raise SourceError(
            f"{path}: the Parquet data is cut or corrupt ({message}); fetch or copy the file again"
        ) from error
