"""A file that looks as it did is not read again; whatever is written into it is noticed."""

import os
import time
from pathlib import Path

import pytest

from rag.index import seen as module
from rag.index.layout import Layout
from rag.index.seen import Seen, look
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.test_pipeline import FIRST, SECOND, write


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 0)
    time.sleep(0.02)  # longer than the system's clock stands still


def test_what_was_seen_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    paths = [tmp_path / "甲.txt", tmp_path / os.fsdecode(b"\xff.txt")]
    for path in paths:
        path.write_text("育人才", encoding="utf-8")
    time.sleep(0.02)
    before = Seen(tmp_path)
    for path in paths:
        before.keep(path.name, look(path), f"sha of {path.name}")
    before.keep("丙.txt", None, "sha")
    before.save()
    after = Seen(tmp_path)
    assert [after.sha256(p.name, look(p)) for p in paths] == [f"sha of {p.name}" for p in paths]
    assert after.sha256("丙.txt", look(paths[0])) is None
    assert after.sha256(paths[0].name, look(paths[1])) is None
    assert after.sha256(paths[0].name, None) is None
    after.save()
    assert Seen(tmp_path).sha256(paths[0].name, look(paths[0]))
    Seen(tmp_path).save()  # a build that saw no file
    assert Seen(tmp_path).sha256(paths[0].name, look(paths[0])) is None


def test_what_has_just_changed_or_is_gone_has_no_look(tmp_path: Path) -> None:
    path = tmp_path / "甲.txt"
    assert look(path) is None
    path.write_text("育人才", encoding="utf-8")
    os.utime(path, (0, 0))
    assert look(path) is None


def test_other_bytes_of_the_same_length_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    corpus, index, settings = tmp_path / "corpus", tmp_path / "index", Settings(grow_from=1)
    write(corpus, 甲=FIRST, 乙=SECOND)
    old = time.time() - 99
    os.utime(corpus / "甲.txt", (old, old))
    time.sleep(0.02)
    build([corpus], index, settings)
    assert Seen(index).sha256("甲.txt", look(corpus / "甲.txt"))
    assert build([corpus], index, settings).unchanged == 2
    text = (corpus / "甲.txt").read_text(encoding="utf-8")
    (corpus / "甲.txt").write_text(text.replace("园区", "社区"), encoding="utf-8")
    os.utime(corpus / "甲.txt", (old, old))
    time.sleep(0.02)
    assert build([corpus], index, settings).unchanged == 1
    assert "社区" in Assistant.open(index, settings).ask("选派干部到哪里跟班学习？").text


@pytest.mark.parametrize("content", ["", "{", "[]", '{"甲.txt": 3}', '{"甲.txt": [1, 2]}'])
def test_a_broken_file_says_nothing(tmp_path: Path, content: str) -> None:
    write(tmp_path / "corpus", 甲=FIRST, 乙=SECOND)
    settings = Settings(grow_from=1)
    build([tmp_path / "corpus"], tmp_path / "index", settings)
    Layout(tmp_path / "index").seen.write_text(content, encoding="utf-8")
    assert build([tmp_path / "corpus"], tmp_path / "index", settings).unchanged == 2
