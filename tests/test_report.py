"""The report of a build: kept beside its generation, shown by whoever serves it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rag.cli.reporting import table
from rag.index import FolderStore
from rag.pipeline import Assistant, build
from rag.report import FileReport, kept_files
from rag.settings import Settings
from tests.conftest import CORPUS, Run
from ui.app import plain_app
from ui.site import Site


def test_a_build_of_the_command_line_is_told_in_full_on_the_page(rag: Run, tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    name = "池州市抓党建促长三角一体化发展.txt"
    (corpus / name).write_bytes((CORPUS / name).read_bytes())
    (corpus / "坏.docx").write_bytes(b"PK\x03\x04 and no more")
    assert rag("build", str(corpus), "--index", str(index)).returncode == 0
    settings = Settings(data=str(tmp_path), index=str(index), corpus=str(corpus))
    site = Site.open(Assistant.open(index, settings), settings)
    with TestClient(plain_app(site), base_url="http://localhost") as client:
        shown = client.get("/admin").text
        assert "坏.docx" in shown and "未读入" in shown and name in shown
        FolderStore(index).report("000001").write_text("[{", encoding="utf-8")
        fallback = client.get("/admin").text
        assert "未读入" not in fallback and name in fallback
    site.history.close()


def test_each_generation_has_its_own_report_until_it_is_removed(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    text = next(CORPUS.glob("池州*")).read_text(encoding="utf-8")
    for number in ("甲", "乙"):
        (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
        report = build([corpus], index, Settings())
        assert kept_files(index, report.generation) == report.files
    assert [len(kept_files(index, name) or ()) for name in ("000001", "000002")] == [1, 2]
    FolderStore(index).rollback("000001")
    FolderStore(index).prune(0)
    assert kept_files(index, "000002") is None
    assert kept_files(index, "000001")
    assert kept_files(index, "../../x") is None


def test_of_very_many_files_those_are_listed_that_want_a_look(
    capsys: pytest.CaptureFixture[str],
) -> None:
    odd = [
        FileReport("修.txt", "repaired", "lines joined"),
        FileReport("坏.docx", "skipped", "坏.docx: it is damaged"),
        FileReport("旧.txt", "repaired", "lines joined", unchanged=True),
    ]
    plain = [FileReport(f"{number}.txt", "read", "") for number in range(997)]
    table([*plain[1:], *odd])
    assert len(capsys.readouterr().out.splitlines()) == 1 + 999
    table([*plain, *odd])
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "state"
    assert [row.split()[1] for row in rows] == ["修.txt", "坏.docx"]
    assert last == "998 files that were read, or are unchanged, are not listed here"
