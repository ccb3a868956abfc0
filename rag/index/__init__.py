"""The index folder: records, dense and sparse index, in immutable generations. Floor 5.

Order inside: layout, found, texts < manifest, tables, fields, dictionary < records, dense,
sparse < parts < generation < building, keeping. A build writes with `write_generation` and makes
the result serve with `swap`; a reader opens it with `Generation.open`.
"""

from rag.index.building import Progress, write_generation
from rag.index.dictionary import read_dictionary
from rag.index.generation import Generation, list_generations, swap, verify
from rag.index.keeping import prune, rollback
from rag.index.records import Records

__all__ = ["Generation", "Progress", "Records"]
__all__ += ["list_generations", "prune", "read_dictionary", "rollback", "swap", "verify"]
__all__ += ["write_generation"]
