"""Where generations serve from: the index folder, or a Milvus server."""

import os
from pathlib import Path

from rag.errors import BadInput
from rag.index.folder import FolderStore
from rag.index.generation import Generation
from rag.index.milvus import MilvusSnapshot, MilvusStore
from rag.settings import Settings

Store = FolderStore
Snapshot = Generation | MilvusSnapshot


def open_store(index: Path, settings: Settings) -> Store:
    """The store of the index: the folder `index`, or the Milvus server that is set.

    Raises:
        BadInput: there is no such store, its package is not installed, or its address is wrong.
        StoreFailed: nobody answers there.
    """
    if settings.store == "folder":
        return FolderStore(index)
    if settings.store != "milvus":
        raise BadInput(f"setting store must be folder or milvus, got {settings.store!r}")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it writes beside our one line otherwise
    return MilvusStore(index, settings)
