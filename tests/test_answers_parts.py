"""What a small corpus answers, part by part: runs, sides, the most, who says it and who not."""

import pytest

from rag.answering.compose.runs import announcing, answered, below, run_of, whole
from rag.answering.compose.sides import sides
from rag.answering.tree import Sentence, Trees
from rag.blocks import Table
from rag.pipeline import Assistant, build
from rag.settings import Settings

LONG = "；".join(f"第{n}村修渠{n}公里并安排专人看护水渠" for n in range(1, 21))
TEXTS = {
    "水渠.txt": f"""东岭县水渠管护办法

先清淤；再修渠；后种树。渠长每月巡渠。

{LONG}。

要做到以下几点：

一是定人。

二是定时。

什么时候放水？每年四月放水。放水前公示。停水怎么办？提前三天通知。
""",
    "果园.txt": """西坡县果园管理办法

一、修枝

每年修枝两次。由技术员示范。

二、施肥

（一）底肥。秋后施用。

（二）追肥。花前施用。
""",
    "果品.md": """南川县果品情况

| 果品 | 产量（吨） | 面积（亩） |
| --- | --- | --- |
| 青梨 | 58 | 30 |
| 红枣 | 58 | 12 |
| 山楂 | 20 | 12 |
| 合计 | 136 | 54 |
""",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    room = tmp_path_factory.mktemp("parts")
    corpus, settings = room / "corpus", Settings(encoder="none", reader="none")
    corpus.mkdir()
    for name, text in TEXTS.items():
        (corpus / name).write_text(text, encoding="utf-8")
    build([corpus], room / "index", settings)
    return Assistant.open(room / "index", settings)


@pytest.fixture(scope="module")
def sentences(assistant: Assistant) -> list[Sentence]:
    trees = Trees(assistant.records)
    every = (trees.of(essay.essay_id) for essay in assistant.records.essays())
    return [sentence for tree in every for sentence in tree.all_sentences]


def one(sentences: list[Sentence], text: str) -> Sentence:
    return next(each for each in sentences if text in each.text)


@pytest.mark.parametrize("part", ["先清淤", "再修渠", "后种树"])
def test_each_part_up_to_a_semicolon_is_quoted_to_the_full_stop(
    sentences: list[Sentence], part: str
) -> None:
    assert whole(one(sentences, part)).text == "先清淤；再修渠；后种树。"


def test_what_ends_in_a_full_stop_is_whole_and_what_is_long_stays_a_part(
    sentences: list[Sentence],
) -> None:
    assert whole(one(sentences, "渠长")).text == "渠长每月巡渠。"
    part = one(sentences, "第7村")
    assert whole(part) == part


@pytest.mark.parametrize("text", ["以下几点", "一是定人", "二是定时"])
def test_a_run_is_whole_from_each_of_its_sentences(sentences: list[Sentence], text: str) -> None:
    run = [each.text for each in run_of(one(sentences, text))]
    assert run == ["要做到以下几点：", "一是定人。", "二是定时。"]


def test_what_is_no_item_has_no_announcement(sentences: list[Sentence]) -> None:
    assert announcing(one(sentences, "渠长")) == []
    assert run_of(one(sentences, "每年四月")) == []


def test_an_answer_ends_at_the_next_question(sentences: list[Sentence]) -> None:
    asked = {"什么时候放水": ["每年四月放水。", "放水前公示。"], "停水": ["提前三天通知。"]}
    for question, answer in asked.items():
        assert [each.text for each in answered(one(sentences, question))] == answer
    assert answered(one(sentences, "每年四月")) == []


def test_below_a_heading_stands_its_text_or_its_measures(sentences: list[Sentence]) -> None:
    assert [s.text for s in below(one(sentences, "一、修枝"))] == [
        "每年修枝两次。",
        "由技术员示范。",
    ]
    under = [s.text for s in below(one(sentences, "二、施肥"))]
    assert [text[:5] for text in under] == ["（一）底肥", "（二）追肥"]
    assert below(one(sentences, "由技术员")) == []


@pytest.mark.parametrize(
    ("question", "both"),
    [
        ("水渠和果园怎么管？", ("水渠怎么管？", "果园怎么管？")),
        ("县里，水渠与果园，有何不同？", ("县里，水渠，有何不同？", "县里，果园，有何不同？")),
        ("青梨跟红枣哪个产量高", ("青梨哪个产量高", "红枣哪个产量高")),
        ("水渠怎么管？", ()),
        ("我和果园", ()),  # one character is no side
    ],
)  # fmt: skip
def test_a_question_on_two_things_is_one_on_each(question: str, both: tuple[str, ...]) -> None:
    assert sides(question) == both


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("哪种果品产量最高？", ["青梨", "红枣"]),
        ("哪种果品产量最低？", ["山楂"]),
        ("哪种果品面积最大？", ["青梨"]),
        ("哪种果品面积最小？", ["红枣", "山楂"]),
    ],
)
def test_all_rows_that_have_the_most_are_shown(
    assistant: Assistant, question: str, rows: list[str]
) -> None:
    answer = assistant.ask(question)
    assert [c.paragraph.text.split("，")[0] for c in answer.citations] == rows
    assert "3 行" in answer.text
    assert "《南川县果品情况》" in answer.text


@pytest.mark.parametrize(
    ("question", "table"),
    [("哪些材料提到了“每年”", False), ("用表格列出哪些材料提到了“每年”", True)],
)
def test_who_says_it_is_counted_in_a_list_and_in_a_table(
    assistant: Assistant, question: str, table: bool
) -> None:
    answer = assistant.ask(question)
    said = {"水渠.txt": "每年四月放水。", "果园.txt": "每年修枝两次。"}
    assert {c.essay.document: c.quote for c in answer.citations} == said
    assert any(isinstance(block, Table) for block in answer.blocks) == table
    assert answer.coverage is not None
    assert (answer.coverage.essays, answer.coverage.matched) == (3, 2)


def test_who_does_not_say_it_is_named_where_that_is_asked(assistant: Assistant) -> None:
    silent = "没有写到“巡渠”的："
    asked = assistant.ask("哪些材料没有提到巡渠").text.partition(silent)
    assert "水渠管护办法" in asked[0]
    assert ["果园管理办法" in asked[2], "果品情况" in asked[2], "水渠" in asked[2]] == [
        True,
        True,
        False,
    ]
    assert silent not in assistant.ask("哪些材料提到了巡渠").text


def test_only_what_holds_the_phrase_is_shown_where_nothing_is_near(assistant: Assistant) -> None:
    text = assistant.ask("哪些材料提到了巡渠").text
    assert "3 篇中 1 篇写到“巡渠”" in text
    assert "意思" not in text


def test_what_the_corpus_holds_is_told_by_its_titles(assistant: Assistant) -> None:
    answer = assistant.ask("你这里一共收录了多少篇材料？")
    assert "收录了 3 篇材料：" in answer.text
    titles = ["东岭县水渠管护办法", "南川县果品情况", "西坡县果园管理办法"]
    assert sorted(citation.quote for citation in answer.citations) == titles
