"""Records and trees of essays for tests, without vectors and without an index."""

from collections.abc import Mapping
from pathlib import Path

from rag.answering.tree import EssayTree
from rag.index.records import Records, RecordsWriter
from rag.outline import outline
from rag.passages import passages
from rag.reading import documents
from rag.settings import Settings
from rag.types import Outline


def outlines(texts: Mapping[str, str]) -> list[Outline]:
    """Outline texts, each a file."""
    made = []
    for name, text in texts.items():
        for _, document in documents(text.encode(), name, Settings()):
            assert not isinstance(document, Exception)
            made.append(outline(document))
    return made


def records_of(folder: Path, texts: Mapping[str, str]) -> Records:
    """Index texts, each a file, without vectors."""
    path = folder / "records.sqlite"
    path.unlink(missing_ok=True)
    writer = RecordsWriter(path)
    for made in outlines(texts):
        writer.add(made, passages(made, 360))
    writer.finish({})
    return Records(path)


def trees_of(text: str) -> list[EssayTree]:
    """Take the essays of one file apart."""
    return [
        EssayTree(
            essay,
            tuple(p for p in made.paragraphs if p.essay_id == essay.essay_id),
            tuple(m for m in made.measures if m.essay_id == essay.essay_id),
        )
        for made in outlines({"甲.txt": text})
        for essay in made.essays
    ]
