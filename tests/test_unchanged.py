"""What has not changed is not read again, and the index is the same as one made from nothing."""

import ast
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import unchanged
from rag.index.layout import Layout
from rag.index.manifest import Manifest
from rag.pipeline import build
from rag.report import BuildReport
from rag.settings import Settings
from tests import samples
from tests.conftest import ROOT, Run

ESSAYS = tuple(
    "\n".join(
        (f"第{n}县的做法", "", "中共某县委书记　王某", "", f"一、抓{what}。推行“{what}专员”{n}次，")
    ) + f"\n按{n}%设立专项资金。\n\n二、强保障。{'落实责任，限时办结，跟踪问效。' * 9}\n"
    for n, what in enumerate(("人才", "党建", "基层", "服务"), 1)
)  # fmt: skip
SIDECARS = ("title: 一个题目\n", "place: 太湖县\n", "no mapping")
NAMES = ("甲.txt", "乙.md", "丙/丁.txt", "戊.zip", "己.docx")


def written(path: Path, number: int) -> None:
    """Write one of the contents that a file of this kind may have."""
    path.parent.mkdir(exist_ok=True)
    text = ESSAYS[number % len(ESSAYS)].encode()
    if path.suffix == ".zip":
        inner = {"一.txt": text, "二.txt": ESSAYS[number % 3].encode()}
        path.write_bytes(samples.zipped(inner | ({"空.txt": b""} if number % 2 else {})))
    elif path.suffix == ".docx":
        path.write_bytes(samples.docx() if number % 2 else text)
    else:
        path.write_bytes(text if number < 6 else b"\x00binary")


Edit = tuple[str, int | None]
EDITS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), st.one_of(st.none(), st.integers(0, 7))),
        st.tuples(
            st.sampled_from([f"{name}.meta.yaml" for name in NAMES]),
            st.one_of(st.none(), st.integers(0, 2)),
        ),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def edit(corpus: Path, edits: Sequence[Edit]) -> None:
    for name, number in edits:
        path = corpus / name
        if number is None:
            path.unlink(missing_ok=True)
        elif name.endswith(".yaml"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(SIDECARS[number], encoding="utf-8")
        else:
            written(path, number)


def content(index: Path) -> object:
    """All that a generation holds, but for when it was made."""
    places = Layout(index)
    manifest = Manifest.load(places.generation(places.current_id()))
    return manifest.files, manifest.counts


def told(report: BuildReport) -> list[tuple[object, ...]]:
    return [(f.path, f.state, f.reason, f.format, f.passages, f.facts) for f in report.files]


@settings(max_examples=5)
@given(rounds=st.lists(EDITS, min_size=1, max_size=2))
def test_the_index_is_the_same_as_one_made_from_nothing(rounds: Sequence[Sequence[Edit]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus"
        corpus.mkdir()
        for number, each in enumerate(("根.txt", *NAMES)):
            written(corpus / each, number % 4)
        build([corpus], Path(name) / "index", Settings())
        for edits in rounds:
            edit(corpus, edits)
            after = build([corpus], Path(name) / "index", Settings())
        fresh = build([corpus], Path(name) / "fresh", Settings())
        assert content(Path(name) / "index") == content(Path(name) / "fresh")
        assert told(after) == told(fresh)
        assert fresh.unchanged == 0
        assert after.unchanged >= 1  # 根.txt


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        written(folder / name, 2 * number % 4)
    return folder


def same(report: BuildReport) -> set[str]:
    return {file.path for file in report.files if file.unchanged}


def test_only_what_has_changed_is_read(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    names = {"甲.txt", "乙.md", "丙/丁.txt", "戊.zip/一.txt", "戊.zip/二.txt", "己.docx"}
    assert same(build([corpus], index, Settings())) == set()
    assert same(build([corpus], index, Settings())) == names
    written(corpus / "甲.txt", 3)
    os.utime(corpus / "乙.md", (0, 0))  # a clock that went back; the bytes are what counts
    assert same(build([corpus], index, Settings())) == names - {"甲.txt"}
    written(corpus / "戊.zip", 0)
    assert same(build([corpus], index, Settings())) == names - {"戊.zip/一.txt", "戊.zip/二.txt"}
    (corpus / "甲.txt").rename(corpus / "庚.txt")
    assert same(build([corpus], index, Settings())) == names - {"甲.txt"}
    (corpus / "乙.md.meta.yaml").write_text("place: 太湖县", encoding="utf-8")
    assert same(build([corpus], index, Settings())) == names - {"甲.txt", "乙.md"} | {"庚.txt"}
    assert same(build([corpus], index, Settings(), anew=True)) == set()


def test_other_settings_or_another_program_read_anew(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build([corpus], index, Settings())
    assert same(build([corpus], index, Settings(window=200))) != set()  # cuts, does not read
    assert same(build([corpus], index, Settings(max_line=9000))) == set()
    build([corpus], index, Settings())
    monkeypatch.setattr(unchanged, "_program", lambda: ["another"])
    assert same(build([corpus], index, Settings())) == set()


def test_what_could_not_be_read_is_tried_again(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    (corpus / "甲.txt").write_bytes(b"")
    written(corpus / "戊.zip", 1)  # one of its files is empty
    for _ in range(2):
        report = build([corpus], index, Settings())
        states = {file.path: (file.state, file.unchanged) for file in report.files}
        assert states["甲.txt"] == ("skipped", False)
        assert states["戊.zip/空.txt"] == ("skipped", False)
        assert states["戊.zip/一.txt"][1] is False
    assert states["乙.md"][1] is True


def test_nothing_is_taken_from_damaged_records(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([corpus], index, Settings())
    for name in ("records.sqlite", "sources.jsonl"):
        path = Layout(index).generation(Layout(index).current_id()) / name
        data = bytearray(path.read_bytes())
        at = data.find("限时".encode()) if name == "records.sqlite" else len(data) // 2
        data[at] ^= 1
        path.write_bytes(data)
        assert same(build([corpus], index, Settings())) == set()
        assert same(build([corpus], index, Settings())) != set()
    shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
    build([corpus], tmp_path / "fresh", Settings())
    assert content(index) == content(tmp_path / "fresh")


def test_the_report_says_so(rag: Run, corpus: Path, tmp_path: Path) -> None:
    assert "unchanged" not in rag("build").stdout
    ran = rag("build", "--report", "r.json")
    made = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (made["unchanged"], [file["unchanged"] for file in made["files"]]) == (6, [True] * 6)
    assert "6 unchanged; 0 of 6 files skipped" in ran.stdout.splitlines()[-1]
    assert ran.stdout.count(", unchanged") == 6
    assert "unchanged" not in rag("build", "--anew").stdout


def test_everything_that_reading_depends_on_is_in_the_fingerprint() -> None:
    modules = [*(ROOT / "rag/reading").glob("*.py"), *(ROOT / "rag/outline").glob("*.py")]
    libraries, names = set[str](), set[str]()
    known = packages_distributions()
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                libraries.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                libraries.add(node.module.split(".")[0])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names.update([node.attr] if node.value.id == "settings" else [])
    used = {known[name][0].lower().replace("_", "-") for name in libraries if name in known}
    assert names == set(unchanged.READING)
    assert used - {"youju"} <= set(unchanged.LIBRARIES)
    assert {"lxml", "python-docx"} <= used
