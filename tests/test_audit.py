"""The audit log: whole lines whatever is asked, and only what the settings allow."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.audit import FILE_NAME, Audit
from rag.errors import BadInput
from rag.settings import Settings


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / FILE_NAME).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def test_who_when_what_and_which_generation(tmp_path: Path) -> None:
    Audit(tmp_path, Settings()).asked("wang", "太湖县？", generation="000007", abstained=False)
    (line,) = lines(tmp_path)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "event": "asked",
        "user": "wang",
        "question": "太湖县？",
        "generation": "000007",
        "abstained": False,
    }


def test_the_text_can_be_left_out(tmp_path: Path) -> None:
    Audit(tmp_path, Settings(audit_text=False)).asked("wang", "太湖县？")
    assert (lines(tmp_path)[0]["characters"], "太湖" in str(lines(tmp_path))) == (4, False)


def test_nothing_is_written_where_it_is_off(tmp_path: Path) -> None:
    Audit(tmp_path / "data", Settings(audit=False)).asked("wang", "太湖县？")
    assert not (tmp_path / "data").exists()


@given(question=st.text())
def test_no_question_breaks_a_line_or_makes_one(
    tmp_path_factory: pytest.TempPathFactory, question: str
) -> None:
    folder = tmp_path_factory.mktemp("audit")
    Audit(folder, Settings()).asked("wang", question)
    assert [line["question"] for line in lines(folder)] == [question]


def test_a_lone_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    Audit(tmp_path, Settings()).asked("wang", "a\ud800")
    assert lines(tmp_path)[0]["question"] == "a\ud800"


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    audit = Audit(tmp_path, Settings())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.asked("wang", "问" * 5000, number=n), range(200)))
    assert sorted(line["number"] for line in lines(tmp_path)) == list(range(200))


def test_a_renamed_file_is_begun_anew(tmp_path: Path) -> None:
    audit = Audit(tmp_path, Settings())
    audit.write("login", "wang")
    (tmp_path / FILE_NAME).rename(tmp_path / "audit.jsonl.1")
    audit.write("logout", "wang")
    assert [line["event"] for line in lines(tmp_path)] == ["logout"]
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(BadInput, match="RAG_DATA"):
        Audit(tmp_path / "data", Settings())
