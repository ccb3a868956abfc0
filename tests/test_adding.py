"""Files that have come are added to the index; it answers as one that was built whole."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rag.encoding import load_default
from rag.errors import IndexDamaged
from rag.index import Generation, Sources, adding, list_generations, prune, rollback, swap, verify
from rag.index.layout import ADDITION, Layout
from rag.index.manifest import Manifest
from rag.pipeline import Assistant, build
from rag.report import BuildReport
from rag.settings import Settings
from rag.unchanged import fingerprint, known_files, making
from tests import samples
from tests.conftest import CORPUS, ROOT

SMALL = Settings(grow_from=1)
QUESTIONS = ROOT / "tests" / "questions.jsonl"
PLACES = (
    "太湖", "望江", "岳西", "宿松", "潜山", "桐城", "怀宁", "枞阳", "庐江", "无为", "巢湖", "含山",
    "和县", "当涂", "繁昌", "南陵", "泾县", "宁国", "旌德", "绩溪",
)  # fmt: skip


def essay(place: str, what: str = "人才") -> str:
    """An essay in which every third word is the place's own."""
    rest = "".join(f"{place}{word}，{what}先行，办好{place}的事。" for word in "甲乙丙丁戊己庚辛")
    return (
        f"{place}的{what}工作\n\n中共{place}县委书记　王某\n\n一、抓{what}引进。{place}设立{what}"
        f"专项资金，为{place}的{what}建立档案。\n\n二、抓{what}服务。{rest}\n"
    )


def write(corpus: Path, name: str, text: str) -> None:
    corpus.mkdir(exist_ok=True)
    (corpus / f"{name}.txt").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and its index, which was built whole."""
    folder = tmp_path_factory.mktemp("built")
    for number, place in enumerate(PLACES):
        write(folder / "corpus", f"{number:02}", essay(place))
    build([folder / "corpus"], folder / "index", SMALL)
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "place")


def again(place: Path, settings: Settings = SMALL, anew: bool = False) -> BuildReport:
    return build([place / "corpus"], place / "index", settings, anew=anew)


def manifest(index: Path) -> Manifest:
    places = Layout(index)
    return Manifest.load(places.generation(places.current_id()))


def grew(index: Path) -> bool:
    """Whether the serving generation was added to; a whole one has no addition."""
    told, folder = manifest(index), Layout(index).generation(Layout(index).current_id())
    assert (folder / ADDITION).exists() == (told.base is not None)
    return told.base is not None


def hits(of: Path | Assistant, question: str) -> list[str]:
    assistant = Assistant.open(of, SMALL) if isinstance(of, Path) else of
    return [hit.passage.passage_id for hit in assistant.search(question)]


def told(report: BuildReport) -> list[tuple[object, ...]]:
    return [(f.path, f.state, f.reason, f.format, f.passages, f.facts) for f in report.files]


def test_the_gold_questions_are_answered_as_by_an_index_built_whole(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second file is as large as the first: the words of its own are not in the dictionary."""
    monkeypatch.setattr(adding, "SHARE", 1)
    first, second = sorted(path for path in CORPUS.iterdir() if path.name != "SOURCES.md")
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    for path in (first, second):
        corpus.mkdir(exist_ok=True)
        shutil.copy(path, corpus)
        build([corpus], index, SMALL)
    assert grew(index)
    ours = Assistant.open(index, SMALL)
    assert ours.records.essays() == assistant.records.essays()
    assert ours.records.documents() == assistant.records.documents()
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines()[::3]:
        question = json.loads(line)["question"]
        here, there = ours.ask(question), assistant.ask(question)
        assert (here.text, here.citations) == (there.text, there.citations)


def test_hits_and_records_are_those_of_an_index_built_whole(place: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("石台", "青阳"), len(PLACES)):
        write(place / "corpus", str(number), essay(name))
        report = again(place)
        assert (report.unchanged, len(report.files)) == (number, number + 1)
        assert grew(place / "index")
    fresh = build([place / "corpus"], tmp_path / "fresh", SMALL)
    assert told(report) == told(fresh)
    assert manifest(place / "index").counts == manifest(tmp_path / "fresh").counts
    ours, whole = (Assistant.open(each, SMALL) for each in (place / "index", tmp_path / "fresh"))
    for name in ("石台", "青阳", "太湖", "旌德"):
        for question in (f"{name}设立什么资金", f"{name}的人才", "人才档案"):
            assert hits(ours, question) == hits(whole, question)
    one, other = ours.records, whole.records
    assert one.essays() == other.essays()
    assert one.measures() == other.measures()
    assert one.documents() == other.documents()
    for each in one.essays():
        assert one.paragraphs(each.essay_id) == other.paragraphs(each.essay_id) != ()


def test_what_was_built_before_is_not_written_again(place: Path) -> None:
    for number, name in enumerate(("石台", "青阳"), 1):
        write(place / "corpus", f"9{number}", essay(name))
        again(place)
    one, two = (Layout(place / "index").generation(name) for name in ("000001", "000003"))
    assert len(Manifest.load(one).base_files) > 15
    for name in Manifest.load(one).base_files:
        assert (one / name).samefile(two / name)
    told = Manifest.load(two)
    assert {name: told.files[name] for name in told.base_files} == {
        name: fact for name, fact in Manifest.load(one).files.items() if name != "sources.jsonl"
    }
    assert told.base == Manifest.load(one).counts
    assert verify(place / "index", "000003") == ()


def test_the_same_again_is_linked_whole(place: Path) -> None:
    report = again(place)
    assert report.unchanged == len(PLACES)
    assert not grew(place / "index")
    assert (
        manifest(place / "index").files
        == Manifest.load(Layout(place / "index").generation("000001")).files
    )
    write(place / "corpus", "91", essay("石台"))
    again(place)
    assert again(place).unchanged == len(PLACES) + 1
    assert grew(place / "index")
    assert verify(place / "index", Layout(place / "index").current_id()) == ()
    assert hits(place / "index", "石台的人才")[0].startswith("91.txt")


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"k1": 1.3}, []), ({"window": 200}, []), ({"max_line": 9000}, []), ({"flat": 9}, []),
     ({"grow_from": 5000}, []), ({}, ["先行示范"])],
)  # fmt: skip
def test_nothing_is_known_under_other_settings(
    built: Path, changed: dict[str, float], words: list[str]
) -> None:
    settings = replace(SMALL, **changed)  # type: ignore[arg-type]
    made_by = Sources(fingerprint(settings), making(settings, words))
    assert known_files(built / "index", made_by, settings) == ("000001", {})
    as_it_was = Sources(fingerprint(SMALL), making(SMALL, []))
    assert len(known_files(built / "index", as_it_was, SMALL)[1]) == len(PLACES)


def test_whole_again_where_more_than_new_files_came(place: Path) -> None:
    corpus, index = place / "corpus", place / "index"
    write(corpus, "92", essay("青阳"))
    again(place)
    assert grew(index)
    write(corpus, "92", essay("青阳", "党建"))  # changed
    again(place)
    assert not grew(index)
    assert "党建" in Assistant.open(index, SMALL).ask("青阳县怎么抓党建？").text
    (corpus / "91.txt.meta.yaml").write_text("place: 太湖县\n", encoding="utf-8")
    (corpus / "92.txt").unlink()
    again(place)
    assert not grew(index)
    assert len(Assistant.open(index, SMALL).records.essays()) == len(PLACES)
    (corpus / "00.txt.meta.yaml").write_text("place: 太湖县\n", encoding="utf-8")
    again(place)
    assert not grew(index)


def test_whole_again_where_too_much_came(place: Path, tmp_path: Path) -> None:
    most = len(PLACES) // adding.SHARE
    for number in range(most):
        write(place / "corpus", f"9{number}", essay(f"第{number}号"))
    again(place)
    assert grew(place / "index")
    write(place / "corpus", "99", essay("石台"))
    again(place)
    assert not grew(place / "index")
    build([place / "corpus"], tmp_path / "fresh", SMALL)
    assert manifest(place / "index").files == manifest(tmp_path / "fresh").files


def test_a_whole_build_after_additions_is_one_made_from_nothing(
    place: Path, tmp_path: Path
) -> None:
    write(place / "corpus", "91", essay("石台"))
    again(place)
    assert grew(place / "index")
    report = again(place, Settings())  # which builds so few whole, and takes over what is known
    assert report.unchanged == len(PLACES) + 1
    build([place / "corpus"], tmp_path / "fresh", Settings())
    assert manifest(place / "index").files == manifest(tmp_path / "fresh").files


def test_reprints_of_what_came_before(place: Path) -> None:
    long = "".join(
        f"第{n}条，{'人才引进培养使用服务'[n % 9 :]}各项工作落实到位。" for n in range(60)
    )
    write(place / "corpus", "91", f"石台的做法\n\n{long}\n")
    again(place)
    write(place / "corpus", "92", f"转载石台的做法\n\n{long}\n\n编者按。\n")
    write(place / "corpus", "93", essay(PLACES[3]) + "\n编者按。\n")
    report = again(place)
    assert grew(place / "index")
    records = Assistant.open(place / "index", SMALL).records
    essays = {each.essay_id: each.reprint_of for each in records.essays()}
    assert essays["92.txt#0"] == "91.txt#0"
    assert essays["93.txt#0"] == "03.txt#0"
    facts = {fact.essay_id: fact.reprint_of for file in report.files for fact in file.facts}
    assert facts == essays
    kept = again(place)
    assert {fact.essay_id: fact.reprint_of for file in kept.files for fact in file.facts} == essays


def test_files_that_could_not_be_read_are_tried_again(place: Path) -> None:
    corpus, index = place / "corpus", place / "index"
    write(corpus, "91", "")
    archive = {"一.txt": essay("石台").encode(), "空.txt": b""}
    (corpus / "92.zip").write_bytes(samples.zipped(archive))
    for _ in range(2):
        report = again(place)
        assert grew(index)
        states = {file.path: file.state for file in report.files if not file.unchanged}
        assert states == {"91.txt": "skipped", "92.zip/一.txt": "read", "92.zip/空.txt": "skipped"}
        assert len(Assistant.open(index, SMALL).records.essays()) == len(PLACES) + 1
    write(corpus, "91", essay("东至"))
    assert again(place).skipped == 1
    assert grew(index)
    archive["一.txt"] = essay("青阳").encode()
    (corpus / "92.zip").write_bytes(samples.zipped(archive))
    again(place)
    assert not grew(index)
    write(corpus, "94", "")
    again(place)
    (corpus / "92.zip").unlink()
    again(place)
    assert not grew(index)
    assert len(Assistant.open(index, SMALL).records.essays()) == len(PLACES) + 1


def test_a_generation_that_is_removed_takes_nothing_with_it(place: Path) -> None:
    index = place / "index"
    for number, name in enumerate(("石台", "青阳", "东至"), 1):
        write(place / "corpus", f"9{number}", essay(name))
        again(place)
    assert prune(index, 0) == ("000001", "000002", "000003")
    assert verify(index, "000004") == ()
    assert hits(index, "青阳的人才")[0].startswith("92.txt")
    write(place / "corpus", "94", essay("贵池"))
    again(place)
    assert grew(index)
    assert rollback(index) == "000004"
    assert not any(key.startswith("94") for key in hits(index, "贵池的人才"))
    write(place / "corpus", "95", essay("广德"))
    again(place)
    assert hits(index, "广德的人才")[0].startswith("95.txt")


def test_files_are_copied_where_they_cannot_be_linked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write(place / "corpus", "91", essay("石台"))
    again(place)
    assert grew(place / "index")
    one, two = (Layout(place / "index").generation(name) for name in ("000001", "000002"))
    assert not any((one / n).samefile(two / n) for n in Manifest.load(one).base_files)
    assert verify(place / "index", "000002") == ()


def harm(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


def test_nothing_is_added_to_what_is_damaged(place: Path) -> None:
    index, names = place / "index", []
    again(place, anew=True)  # 000002, of files of its own
    write(place / "corpus", "91", essay("石台"))
    again(place)
    folder = Layout(index).generation("000003")
    for name in (*manifest(index).files, "manifest.json"):
        whole = (folder / name).read_bytes()
        harm(folder / name)
        assert verify(index, "000003") == (name,)
        names.append(name)
        if name in ("vectors.npy", "addition/records.sqlite"):
            assistant = Assistant.open(index, SMALL)
            older = "000001" if name == "vectors.npy" else "000002"  # that is of both
            assert assistant.generation == older
            assert "000003 cannot be used" in (assistant.warning or "")
            assert not again(place).held_back
            assert not grew(index)
            assert verify(index, Layout(index).current_id()) == ()
            swap(index, "000003")
        (folder / name).write_bytes(whole)
    assert len(names) > 30


def test_a_large_base_is_not_read_whole(place: Path) -> None:
    """Its files' sizes are looked at; what is in the addition is read whatever the size."""
    index, settings = place / "index", Settings(grow_from=1, verify_bytes=1)
    write(place / "corpus", "91", essay("石台"))
    again(place, settings)
    assert grew(index)
    harm(Layout(index).generation("000002") / "addition" / "vectors.npy")
    write(place / "corpus", "92", essay("青阳"))
    again(place, settings)
    assert not grew(index)
    name = Layout(index).current_id()
    path = Layout(index).generation(name) / "vectors.npy"
    whole = path.read_bytes()
    harm(path)
    assert verify(index, name) == ("vectors.npy",)  # as a server reads it beside its answers
    write(place / "corpus", "93", essay("东至"))
    again(place, settings)
    assert not grew(index)
    path.write_bytes(whole)  # as from a backup
    assert verify(index, name) == ()
    swap(index, name)
    again(place, settings)
    assert grew(index)
    path = Layout(index).generation(Layout(index).current_id()) / "vectors.npy"
    path.write_bytes(whole[:-4])
    write(place / "corpus", "94", essay("贵池"))
    again(place, settings)
    assert not grew(index)


def test_a_gate_holds_an_addition_back(place: Path) -> None:
    index = place / "index"
    write(place / "corpus", "91", essay("石台"))
    asked: list[str] = []

    def gate(ask: object) -> str:
        asked.append(ask("石台县设立什么专项资金？", ()).text)  # type: ignore[operator]
        return "worse"

    report = build([place / "corpus"], index, SMALL, gate=gate)
    assert (report.held_back, Layout(index).current_id()) == ("worse", "000001")
    assert "石台" in asked[0]
    again(place)
    assert (grew(index), Layout(index).current_id()) == (True, "000003")


def building(place: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "build", "corpus", "--index", "index"],
        cwd=place, env={**kept, "PYTHONPATH": str(ROOT), "RAG_GROW_FROM": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_additions_that_are_killed_lose_nothing(place: Path) -> None:
    index, chance = place / "index", random.Random(2026)
    write(place / "corpus", "90", essay("第0号"))
    began = time.monotonic()
    assert building(place).wait(timeout=120) == 0
    usual = time.monotonic() - began
    assert grew(index)
    for number in (1, 2):
        write(place / "corpus", f"9{number}", essay(f"第{number}号"))
        before = [name for name, _, _ in list_generations(index)]
        process = building(place)
        try:
            process.wait(chance.uniform(usual / 2, usual))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=60)
        assert set(before) <= {name for name, told, _ in list_generations(index) if told}
        assert [bad for name, _, _ in list_generations(index) for bad in verify(index, name)] == []
    again(place)
    assert Layout(index).parts() == ()
    assert [hits(index, f"第{n}号的人才")[0][:2] for n in range(3)] == ["90", "91", "92"]


def test_a_grown_generation_opens_only_with_its_addition(place: Path) -> None:
    write(place / "corpus", "91", essay("石台"))
    again(place)
    shutil.rmtree(Layout(place / "index").generation("000002") / ADDITION)
    with pytest.raises(IndexDamaged, match=r"addition/.* is missing: run `rag build` again"):
        Generation.open(place / "index", load_default())
