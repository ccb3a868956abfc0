"""The index: records, postings and vectors in immutable generations, rebuilt whole from a cache.

Order inside: layout, records, cache < manifest, bm25, dense < generation < folder < build, milvus <
store. A build writes with a `GenerationWriter`, adds vectors with `add_meaning` and lets the result
serve with `publish` of the `Store` that `open_store` gives; a reader opens it from there.
"""

from rag.index.bm25 import Scores, keys_of, terms
from rag.index.build import Embedder, GenerationWriter, add_meaning, write_generation
from rag.index.cache import Cache, key_of
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import EVERYTHING, Generation, Pool, rank
from rag.index.layout import Layout
from rag.index.manifest import Manifest
from rag.index.records import Records, Rows
from rag.index.store import Snapshot, Store, open_store

__all__ = ["EVERYTHING", "Cache", "Embedder", "FolderStore", "Generation"]
__all__ += ["GenerationWriter", "Layout", "Manifest", "Pool", "Progress", "Records"]
__all__ += ["Rows", "Scores", "Snapshot", "Store", "add_meaning", "key_of", "keys_of"]
__all__ += ["open_store", "rank", "silent", "terms", "write_generation"]
