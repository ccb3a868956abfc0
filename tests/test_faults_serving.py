"""Which generation answers, when the current one is damaged, large, or not good enough."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag.errors import IndexDamaged
from rag.index import FolderStore
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import Run
from tests.test_pipeline import SECOND, write

FIRST = "第一篇\n\n加强队伍建设。选派干部到园区“跟班学习”，记入“民情账本”。\n"
ASKED = "选派干部到哪里跟班学习？"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two generations; the second one serves."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "words.txt").write_text("跟班学习\n", encoding="utf-8")
    settings = Settings(dictionary=str(folder / "words.txt"))
    build([write(folder / "corpus", 甲=FIRST)], folder / "index", settings)
    build([write(folder / "corpus", 乙=SECOND)], folder / "index", settings)
    return folder / "index"


@pytest.fixture
def index(two: Path, tmp_path: Path) -> Path:
    return shutil.copytree(two, tmp_path / "index")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def files(index: Path) -> list[str]:
    folder = FolderStore(index).folder("000002")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


@pytest.mark.parametrize("harm", [flip, truncate, Path.unlink])
def test_any_damage_of_any_file_is_named_and_the_last_whole_generation_answers(
    two: Path, index: Path, harm: Callable[[Path], None]
) -> None:
    names = files(two)
    assert len(names) == 9
    for name in names:
        path = FolderStore(index).folder("000002") / name
        harm(path)
        named = FolderStore(index).verify("000002")
        assistant = Assistant.open(index, Settings())
        (hit,) = assistant.search(ASKED, 1)
        assert (named, assistant.generation) == ((name,), "000001"), name
        assert "跟班学习" in hit.passage.text
        assert assistant.warning is not None
        assert assistant.warning.startswith("the index 000002 cannot be used, 000001 answers: ")
        shutil.copy(FolderStore(two).folder("000002") / name, path)
    assert Assistant.open(index, Settings()).generation == "000002"


@pytest.mark.parametrize("said", [b"", b"\xff\xfe", b"000009\n", b"../generations/000001"])
def test_a_current_that_names_nothing_leaves_the_newest_whole_one(index: Path, said: bytes) -> None:
    (index / "CURRENT").write_bytes(said)
    flip(FolderStore(index).folder("000002") / "dense.faiss")
    assert Assistant.open(index, Settings()).generation == "000001"


def test_what_was_rolled_back_from_or_held_back_never_steps_in(index: Path) -> None:
    FolderStore(index).publish("000001")
    flip(FolderStore(index).folder("000001") / "records.sqlite")
    with pytest.raises(IndexDamaged, match=r"records\.sqlite"):
        Assistant.open(index, Settings())


def test_after_the_fallback_a_new_build_is_changed_over_to(index: Path, tmp_path: Path) -> None:
    flip(FolderStore(index).folder("000002") / "records.sqlite")
    assistant = Assistant.open(index, Settings())
    assert (assistant.generation, assistant.warning is None) == ("000001", False)
    build([write(tmp_path / "corpus", 甲=FIRST)], index, Settings())
    assert (assistant.generation, assistant.warning) == ("000003", None)


def test_a_generation_that_comes_late_is_changed_over_to_when_it_is_there(
    index: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As where the folder is copied to the machine that asks after the alias was changed."""
    folder = FolderStore(index).folder("000002")
    later = folder.rename(index / "000002")
    FolderStore(index).publish("000001")
    assistant = Assistant.open(index, Settings())
    FolderStore(index).publish("000002")
    assert [assistant.ask(ASKED).generation for _ in range(2)] == ["000001"] * 2
    monkeypatch.setattr("rag.answering.serving._AGAIN", 0)
    FolderStore(index).publish("000003")
    assert [assistant.ask(ASKED).generation for _ in range(3)] == ["000001"] * 3
    said = [record.message for record in caplog.records]
    assert [f"the new index {name} cannot be used" in text for name, text in zip(
        ("000002", "000003"), said, strict=True)] == [True, True]  # fmt: skip
    FolderStore(index).publish("000002")
    assert assistant.ask(ASKED).generation == "000001"
    later.rename(folder)
    assert (assistant.ask(ASKED).generation, assistant.warning) == ("000002", None)


def test_a_steady_assistant_stays_with_its_generation(index: Path, tmp_path: Path) -> None:
    assistant = Assistant.open(index, Settings())
    steady = assistant.steady()
    build([write(tmp_path / "corpus", 丙=SECOND)], index, Settings())
    assert (assistant.generation, steady.generation) == ("000003", "000002")
    (hit, *_) = steady.search("跟班学习")
    assert steady.records.essay(hit.passage.essay_id).document == "甲.txt"
    assert steady.ask(ASKED).generation == "000002"


def test_the_command_line_says_what_answers(rag: Run, index: Path) -> None:
    flip(FolderStore(index).folder("000002") / "records.sqlite")
    ran = rag("ask", ASKED, "--format", "json")
    assert ran.stderr.startswith("rag: the index 000002 cannot be used, 000001 answers: ")
    assert ran.stderr.count("\n") == 1
    assert json.loads(ran.stdout)["generation"] == "000001"


def gold(folder: Path, *questions: tuple[str, str]) -> Path:
    lines = [{"question": asked, "type": "fact", "must": [must]} for asked, must in questions]
    path = folder / "gold.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_gate_holds_a_worse_generation_back(rag: Run, tmp_path: Path) -> None:
    asked = gold(tmp_path, (ASKED, "园区"), ("人才专窗怎么办结？", "限时"))
    write(tmp_path / "corpus", 甲=FIRST, 乙=SECOND)
    assert rag("build", "corpus", "--gate", str(asked)).returncode == 0
    (tmp_path / "corpus" / "乙.txt").unlink()
    ran = rag("build", "corpus", "--gate", str(asked), "--least", "0.75")
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "generation 000002 does not serve: it passes 0.500 of" in ran.stderr
    assert "less than --least 0.75" in ran.stderr
    index = tmp_path / "index"
    assert [each[0::2] for each in FolderStore(index).generations()] == [
        ("000001", True),
        ("000002", False),
    ]
    assert json.loads(rag("ask", ASKED, "--format", "json").stdout)["generation"] == "000001"
    assert rag("build", "corpus", "--gate", str(asked), "--least", "0.5").returncode == 0
    assert FolderStore(index).current() == "000003"


@pytest.mark.parametrize("more", [["--least", "1.5"], ["--gate", "none.jsonl"]])
def test_a_gate_that_cannot_be_read_is_told_before_the_build(
    rag: Run, tmp_path: Path, more: Sequence[str]
) -> None:
    path = gold(tmp_path, (ASKED, "园区"))
    write(tmp_path / "corpus", 甲=FIRST)
    ran = rag("build", "corpus", "--gate", str(path), *more)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "index").exists()
