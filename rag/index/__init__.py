"""The index folder: records, dense and sparse index, in immutable generations. Floor 5.

Order inside: layout, found, arrays < texts, nearest, manifest, lock, seen, sources, tables, fields,
dictionary < records, dense, sparse < parts < grown, store < generation, cutting < writing <
building, adding, keeping < folder < opening. A build writes with a `Draft`, or an `Addition` to
what is there, and makes the result serve with `swap`; a reader opens it from the `Store` that
`open_store` gives.
"""

from rag.index.adding import Addition
from rag.index.building import Draft, write_generation
from rag.index.dictionary import read_dictionary
from rag.index.generation import Generation, list_generations, swap, verify
from rag.index.keeping import prune, rollback
from rag.index.lock import locked
from rag.index.opening import open_store
from rag.index.records import SqliteRecords
from rag.index.seen import Look, Seen, look
from rag.index.sources import Source, Sources
from rag.index.store import Records, Snapshot, Store
from rag.index.writing import Progress

__all__ = ["Addition", "Draft", "Generation", "Look", "Progress", "Records", "Seen", "Snapshot"]
__all__ += ["Source", "Sources", "SqliteRecords", "Store", "look"]
__all__ += ["list_generations", "locked", "open_store", "prune", "read_dictionary", "rollback"]
__all__ += ["swap", "verify", "write_generation"]
