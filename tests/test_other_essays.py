"""Another bulletin and an essay of another layout, written for the tests."""

from pathlib import Path

import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Filters
from tests.test_answering import check_promise, shown

ESSAYS = Path(__file__).parent / "essays"


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    index = tmp_path_factory.mktemp("others")
    build([ESSAYS], index, Settings())
    return Assistant.open(index, Settings())


@pytest.mark.parametrize(
    ("question", "place", "facts"),
    [
        (
            "清河县有哪些措施？",
            "清河县",
            ["共 8 条，已全部列出", "一是选优配强“领头雁”。", "三是激活用好“先锋队”。"],
        ),
        ("白塔区“青苗工程”包括哪些做法？", "白塔区", ["青苗工程"]),
        ("云州经开区人才基金有多少？", "云州经开区", ["5000万元"]),
        ("云州经开区引进了多少博士？", "云州经开区", ["37人"]),
        ("临江县调整了多少名不担当不作为干部？", "临江县", ["11名"]),
        ("清河县划分了多少个网格？", "清河县", ["486个"]),
        ("清河县每个网格配几名网格员？", "清河县", ["2名"]),
        ("清河县幸福食堂给老人提供多少钱的助餐？", "清河县", ["3元"]),
        ("“头雁领航”工程是哪里的？", "清河县", ["头雁领航"]),
        ("老人吃饭怎么解决？", "清河县", ["幸福食堂"]),
        ("清河县怎么方便群众办事？", "清河县", ["15分钟便民圈"]),
        ("清河县怎样加强基层治理队伍建设？", "清河县", []),
        ("临江县的文章是谁写的？", "临江县", ["李萍"]),
        ("临江县的人才基金有多少？", "临江县", []),
        ("白塔区划分了多少个网格？", "白塔区", []),
        ("清河县什么时候召开的调度会？", "清河县", []),
    ],
)
def test_what_is_asked_is_shown_from_its_place_alone(
    others: Assistant, question: str, place: str, facts: list[str]
) -> None:
    answer = others.ask(question)
    check_promise(answer)
    assert {c.essay.place for c in answer.citations} <= {place, None}  # None: the bulletin itself
    said = shown(answer)
    assert [fact for fact in facts if fact not in said] == []


@pytest.mark.parametrize(
    "question",
    [
        "这期信息一共印了多少份？",
        "云州组工信息第8期是哪天出的？",
        "这期信息发给谁？",
        "云州市委书记是谁？",
    ],
)
def test_questions_on_the_bulletin_itself(others: Assistant, question: str) -> None:
    answer = others.ask(question)
    check_promise(answer)
    assert "目录" not in answer.text


def test_a_figure_is_shown_where_it_stands(tmp_path: Path) -> None:
    text = (
        "推动高质量发展\n\n太湖县委书记　王明\n\n"
        "一、做强产业。人均生产总值由7.34万元提升至10.26万元。海洋旅游接待游客30万人次。\n\n"
        "二、稳住农业。粮食产量连续4年占全市九成以上。\n"
    )
    (tmp_path / "甲.txt").write_text(text, encoding="utf-8")
    build([tmp_path], tmp_path / "index", Settings())
    essay = Assistant.open(tmp_path / "index", Settings())
    assert "10.26万元" in shown(essay.ask("太湖县人均生产总值是多少？"))
    assert "九成以上" in shown(essay.ask("太湖县粮食产量占全市的比重"))


def test_a_reprint_is_folded_and_named(tmp_path: Path) -> None:
    text = (ESSAYS / "清河县经验材料.txt").read_text(encoding="utf-8")
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text(text + "\n（摘自某刊）\n", encoding="utf-8")
    build([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path / "index", Settings())
    assistant = Assistant.open(tmp_path / "index", Settings())
    answer = assistant.ask("哪些地方提到了网格长？")
    assert {c.essay.document for c in answer.citations} == {"a.txt"}
    assert "1 篇中 1 篇" in answer.text
    (of_b,) = [e for e in assistant.records.essays() if e.document == "b.txt"]
    alone = assistant.ask("清河县有哪些措施？", filters=Filters(essay_id=(of_b.essay_id,)))
    assert {c.essay.document for c in alone.citations} == {"b.txt"}
