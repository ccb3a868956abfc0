"""Which store the settings name."""

from pathlib import Path

from rag.index.folder import FolderStore
from rag.index.store import Store
from rag.settings import Settings


def open_store(index: Path, settings: Settings) -> Store:
    """The store of the index: the folder `index`."""
    return FolderStore(index)
