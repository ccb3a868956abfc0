"""The index: records, postings and vectors in immutable generations, rebuilt whole from a cache.

Order inside: records, cache < bm25, dense < generation < folder < build, milvus. A build
writes with a `GenerationWriter` and lets the result serve with `publish` of the store that
`open_store` gives; a reader opens it from there.
"""

import os
from pathlib import Path

from rag.errors import BadInput
from rag.index.bm25 import Keys, Scores, keys_of
from rag.index.build import Embedder, GenerationWriter
from rag.index.cache import Cache, key_of
from rag.index.folder import FolderStore, Progress, silent
from rag.index.generation import EVERYTHING, Generation, Manifest, Pool, rank
from rag.index.records import Records, Rows
from rag.settings import Settings

__all__ = ["EVERYTHING", "Cache", "Embedder", "FolderStore", "Generation", "GenerationWriter"]
__all__ += ["Keys", "Manifest", "Pool", "Progress", "Records", "Rows", "Scores"]
__all__ += ["key_of", "keys_of", "open_store", "rank", "silent"]


def open_store(index: Path, settings: Settings) -> FolderStore:
    """Where generations serve from: the folder `index`, or the Milvus server that is set.

    Raises:
        BadInput: there is no such store, its package is not installed, or its address is wrong.
        StoreFailed: nobody answers there.
    """
    if settings.store == "folder":
        return FolderStore(index)
    if settings.store != "milvus":
        raise BadInput(
            "setting store must be folder or milvus, got {store!r}", store=settings.store
        )
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it writes beside our one line otherwise
    try:
        from rag.index.milvus import MilvusStore
    except ModuleNotFoundError as error:
        told = "the store milvus needs the package {name}: pip install 'youju[milvus]'"
        raise BadInput(told, name=error.name) from error
    return MilvusStore(index, settings)
