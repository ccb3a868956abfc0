"""docs/reading.md shows what the code does: all that it prints is run."""

import doctest
import re
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "reading.md"


def test_what_is_printed_is_what_the_code_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fences around the code are taken out: doctest would wait for them as output."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = re.sub(r"^```.*$", "", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    walk = doctest.DocTestParser().get_doctest(text, {}, GUIDE.name, str(GUIDE), 0)
    assert len(walk.examples) > 40
    printed = list[str]()
    doctest.DocTestRunner(verbose=False).run(walk, out=printed.append)
    assert "".join(printed) == ""
