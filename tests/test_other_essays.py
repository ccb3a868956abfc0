"""Another bulletin and an essay of another layout, written for the tests."""

from pathlib import Path

import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Filters
from tests.test_answering import check_promise, unescaped

ESSAYS = Path(__file__).parent / "essays"


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    index = tmp_path_factory.mktemp("others")
    build([ESSAYS], index, Settings())
    return Assistant.open(index, Settings())


@pytest.mark.parametrize(
    ("question", "must"),
    [
        (
            "清河县有哪些措施？",
            ["共 8 条，已全部列出", "一是选优配强“领头雁”。", "三是激活用好“先锋队”。"],
        ),
        ("清河县怎样加强基层治理队伍建设？", ["后备干部320名", "选派驻村第一书记68名"]),
        ("白塔区“青苗工程”包括哪些做法？", ["多渠道“选苗”。", "精细化“护苗”。"]),
        ("云州经开区人才基金有多少？", ["**5000万元**"]),
        ("云州经开区引进了多少博士？", ["**37人**"]),
        ("临江县调整了多少名不担当不作为干部？", ["**11名**"]),
        ("“头雁领航”工程是哪里的？", ["清河县", "头雁领航"]),
        ("老人吃饭怎么解决？", ["幸福食堂"]),
        ("清河县怎么方便群众办事？", ["15分钟便民圈"]),
        ("临江县的文章是谁写的？", ["李萍"]),
        ("这期信息一共印了多少份？", ["共印150份"]),
        ("云州组工信息第8期是哪天出的？", ["2024年5月18日"]),
        ("这期信息发给谁？", ["报：省委组织部"]),
    ],
)
def test_answers(others: Assistant, question: str, must: list[str]) -> None:
    answer = others.ask(question)
    check_promise(answer)
    assert [m for m in must if m not in answer.text and m not in unescaped(answer.text)] == []


@pytest.mark.parametrize(
    "question",
    [
        "临江县的人才基金有多少？",
        "云州市委书记是谁？",
        "清河县什么时候召开的调度会？",
        "白塔区划分了多少个网格？",
    ],
)
def test_refusals(others: Assistant, question: str) -> None:
    assert others.ask(question).abstained


def test_the_contents_page_is_no_masthead(others: Assistant) -> None:
    assert "目录" not in others.ask("云州组工信息第8期是哪天出的？").text


@pytest.mark.parametrize(
    ("question", "bold"),
    [
        ("清河县划分了多少个网格？", "486个"),
        ("清河县每个网格配几名网格员？", "2名"),
        ("清河县每个网格配几名网格长？", "1名"),
        ("清河县幸福食堂给老人提供多少钱的助餐？", "3元"),
    ],
)
def test_of_several_figures_the_one_beside_its_words_is_bold(
    others: Assistant, question: str, bold: str
) -> None:
    assert f"**{bold}**" in others.ask(question).text


def test_a_figure_is_of_the_whole_thing_asked_about(tmp_path: Path) -> None:
    text = (
        "推动高质量发展\n\n太湖县委书记　王明\n\n"
        "一、做强产业。人均生产总值由7.34万元提升至10.26万元。海洋旅游接待游客30万人次。\n\n"
        "二、稳住农业。粮食产量连续4年占全市九成以上。\n"
    )
    (tmp_path / "甲.txt").write_text(text, encoding="utf-8")
    build([tmp_path], tmp_path / "index", Settings())
    essay = Assistant.open(tmp_path / "index", Settings())
    assert essay.ask("太湖县海洋生产总值是多少？").abstained
    assert "10.26万元" in essay.ask("太湖县人均生产总值是多少？").text
    assert "**九成以上**" in essay.ask("太湖县粮食产量占全市的比重").text


def test_who_wrote_it_is_cited_from_the_text(tmp_path: Path) -> None:
    text = "原标题：治理有方太湖县新闻网8月16日电（记者 王明）太湖县建好网格。干部走村入户。\n"
    (tmp_path / "甲.txt").write_text(text, encoding="utf-8")
    (tmp_path / "乙.txt").write_text("望江县抓好夏粮抢收。\n", encoding="utf-8")
    (tmp_path / "乙.txt.meta.yaml").write_text("author: 李平\nplace: 望江县\n", encoding="utf-8")
    build([tmp_path], tmp_path / "index", Settings())
    essays = Assistant.open(tmp_path / "index", Settings())
    wrote = essays.ask("王明是哪里的？")
    assert [citation.quote for citation in wrote.citations] == ["（记者 王明）"]
    assert essays.ask("望江县的文章是谁写的？").abstained  # no paragraph says it


def test_a_reprint_is_folded_and_named(tmp_path: Path) -> None:
    text = (ESSAYS / "清河县经验材料.txt").read_text(encoding="utf-8")
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text(text + "\n（摘自某刊）\n", encoding="utf-8")
    build([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path / "index", Settings())
    assistant = Assistant.open(tmp_path / "index", Settings())
    answer = assistant.ask("哪些地方提到了网格长？")
    assert {c.essay.document for c in answer.citations} == {"a.txt"}
    assert "1 篇中 1 篇提到" in answer.text
    assert "内容基本相同的还有：b.txt" in answer.text
    (of_b,) = [e for e in assistant.records.essays() if e.document == "b.txt"]
    alone = assistant.ask("清河县有哪些措施？", filters=Filters(essay_id=(of_b.essay_id,)))
    assert {c.essay.document for c in alone.citations} == {"b.txt"}
