"""The index folder: records, dense and sparse index, in immutable generations. Floor 5.

Order inside: layout, found < manifest, tables, fields < records, dense, sparse < generation.
A build writes with `write_generation` and makes the result serve with `swap`; a reader opens
it with `Generation.open`.
"""

from rag.index.generation import (
    Generation,
    Progress,
    list_generations,
    swap,
    verify,
    write_generation,
)
from rag.index.records import Records

__all__ = ["Generation", "Progress", "Records"]
__all__ += ["list_generations", "swap", "verify", "write_generation"]
