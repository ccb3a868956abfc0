"""Outlines that are in memory → an index, for what is measured and not kept."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from rag.corpus import cut
from rag.encoding import Encoder
from rag.index import Cache, Embedder, FolderStore, GenerationWriter, Progress, silent
from rag.settings import Settings
from rag.types import Outline
from rag.words import Tokenizer


def write_generation(
    index: Path,
    outlines: Iterable[Outline],
    encoder: Encoder | None,
    settings: Settings,
    progress: Progress = silent,
    cache: Path | None = None,
) -> str:
    """Write a generation, meaning included; return its id. It does not serve yet.

    Vectors are kept in the file `cache`, by default that of the index.
    """
    tokenizer, texts = Tokenizer(), list[str]()
    with GenerationWriter(index, encoder, settings) as writer:
        for outline in outlines:
            made = cut(outline, settings.window, tokenizer)
            writer.add(outline, made.passages, made.keys, made.lengths)
            texts += made.embedded
        writer.index_words({})
        if encoder and texts:
            with closing(Cache(cache or FolderStore(index).cache)) as known:
                writer.add_vectors(Embedder(encoder, known, texts), progress)
        return writer.finish()
