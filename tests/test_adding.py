"""Files that have come are added to the index; it answers as one that was built whole."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag.index import Sources, adding, verify
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
