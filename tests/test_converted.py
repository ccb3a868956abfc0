"""Both essays come out of every format as a reader sees them: F1 against the hand-made trees.

The files are made by the real programs: python-docx, LibreOffice, and for OFD by the standard.
"""

from pathlib import Path

import pytest

from rag.outline import outline
from rag.reading import read
from tests import converted
from tests.test_outline import f1

FORMS = ("html", "ofd", "gb18030.txt", "docx", "plain.docx")
BY_LIBREOFFICE = ("pdf", "two.pdf", "doc", "odt")
Files = dict[str, dict[str, Path]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return converted.convert_all(tmp_path_factory.mktemp("converted"))


def mean_f1(files: dict[str, Path]) -> float:
    """Mean F1 of both essays; each file is called as the essay, so that no name helps."""
    return sum(f1(outline(read(path, name)), name) for name, path in files.items()) / len(files)


@pytest.mark.parametrize("form", FORMS)
def test_an_outline_survives_the_format(files: Files, form: str) -> None:
    assert mean_f1(files[form]) >= 0.97


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("form", BY_LIBREOFFICE)
def test_an_outline_survives_libreoffice(files: Files, form: str) -> None:
    assert mean_f1(files[form]) >= 0.97


@pytest.mark.skipif(converted.SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("form", ["pdf", "two.pdf", "ofd"])
def test_every_character_is_kept_and_its_page_known(files: Files, form: str) -> None:
    for name, path in files[form].items():
        made = outline(read(path, name))
        pages = {line.number: line.page for line in made.document.lines}
        for paragraph in made.paragraphs:
            assert all(piece.page == pages[piece.line] for piece in paragraph.origin)
            assert paragraph.pages is not None
        kept = "".join("".join(paragraph.text.split()) for paragraph in made.paragraphs)
        whole = "".join("".join(block.text.split()) for block in converted.paragraphs(name))
        assert sorted(kept) == sorted(whole)  # running heads and page numbers are gone


def test_the_page_is_in_the_citation(files: Files) -> None:
    (path,) = [files["ofd"][name] for name in converted.NAMES[:1]]
    made = outline(read(path, "a.ofd"))
    last = made.paragraphs[-1]
    assert made.paragraphs[0].pages == (1, 1)
    assert last.pages == (19, 19) == (made.document.lines[-1].page,) * 2
