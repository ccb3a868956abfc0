"""A request is read into what is asked and the form in which it is wanted."""

import json
import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.core import best_run
from rag.answering.form import Form, plain
from rag.answering.request import read_request
from rag.cli import main

QUESTIONS = (
    "岳西县有哪些引进人才的措施",
    "潜山市去年新增了多少家企业",
    "“红色驿站”是什么意思",
    "望江县的组织部部长是谁",
)
TOPICS = ("岳西县引进人才的措施", "《人才发展规划》的主要任务")
NOTHING = Form()


def letters(text: str) -> str:
    return "".join(sign for sign in plain(text) if sign.isalnum() or sign == "\ue000")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_plain_question_is_all_core_and_has_no_form(question: str) -> None:
    request = read_request(question)
    assert (request.text, request.core, request.form) == (question, question, NOTHING)


@pytest.mark.parametrize(
    "question",
    [
        "岳西县 引才 补贴标准 上限",
        "岳西县 2023 新增企业 几家",
        "村里老人多，做饭不方便，岳西县想了啥办法",
        "岳西县的村干部，干满几届能拿补贴",
    ],
)
def test_words_in_a_row_and_what_is_told_before_a_question_are_core(question: str) -> None:
    assert read_request(question).core == question


@pytest.mark.parametrize(
    ("before", "question", "after"),
    list(product(("请问", "您好，", "麻烦帮我查一下，"), QUESTIONS, ("", "？谢谢", "，急用"))),
)
def test_politeness_and_haste_are_no_core(before: str, question: str, after: str) -> None:
    request = read_request(before + question + after)
    assert (request.core, request.form) == (question, NOTHING)


@pytest.mark.parametrize("question", QUESTIONS)
def test_form_behind_a_question_is_taken_off_and_read(question: str) -> None:
    request = read_request(f"{question}？请列表，300字以内，谢谢")
    assert request.core == question
    assert (request.form.layout, request.form.length) == ("table", 300)


@pytest.mark.parametrize(
    ("wish", "form"),
    [
        ("请列一个表格", Form("table")),
        ("分条列出来", Form("points")),
        ("归纳成五条", Form("points", items=5)),
        ("分三点说", Form("points", items=3)),
        ("写成一段话，不要分条", Form("prose")),
        ("不超过500字", Form(length=500)),
        ("三百字左右", Form(length=300)),
        ("字数控制在一千二百字以内", Form(length=1200)),
        ("详细一点", Form()),
        ("简单说说", Form(short=True)),
    ],
)
def test_a_wish_is_read(wish: str, form: Form) -> None:
    request = read_request(f"{QUESTIONS[0]}，{wish}")
    assert (request.core, request.form) == (QUESTIONS[0], form)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("压到50字", Form(length=50, short=True)),
        ("再压缩一下", Form(short=True)),
        ("浓缩成一句话", Form(short=True)),
        ("改成三点", Form(layout="points", items=3)),
        ("把这几条并到一张表里", Form(layout="table")),
        ("那就缩短点", Form(short=True)),
    ],
)
def test_what_is_made_of_the_last_answer_is_all_form(text: str, form: Form) -> None:
    request = read_request(text)
    assert (request.core, request.form) == ("", form)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_found_in_what_is_to_be_written(topic: str) -> None:
    request = read_request(f"请写一篇讲话稿，1500字，主题是{topic}")
    assert letters(request.core) == letters(topic)
    assert request.kind == "write"
    assert request.form.length == 1500


@pytest.mark.parametrize(
    "question",
    [
        "列表公开制度由谁负责",
        "简易审批程序怎么办理",
        "一段时间内不得提拔指多长时间",
        "请假制度有哪些规定",
        "汇报材料里的数据由谁核实",
    ],
)
def test_words_of_form_in_a_topic_stay(question: str) -> None:
    assert read_request(question).core == question


FULL_WIDTH = {sign: sign + 0xFEE0 for sign in range(ord("!"), ord("~"))}
WRAPPED = "您好，请用表格列出岳西县引进人才的措施，300字以内，谢谢"


@pytest.mark.parametrize(
    "written",
    [
        WRAPPED.translate(FULL_WIDTH),
        WRAPPED.replace("，", ","),
        WRAPPED.replace("，", " ， "),
        "\u3000" + WRAPPED + "\u3000",
        WRAPPED.replace("请", "請").replace("谢谢", "謝謝"),
    ],
)
def test_signs_and_widths_change_nothing(written: str) -> None:
    request, wanted = read_request(written), read_request(WRAPPED)
    assert letters(request.core) == letters(wanted.core) == "岳西县引进人才的措施"
    assert (request.form, request.kind) == (wanted.form, wanted.kind)


@pytest.mark.parametrize("marks", ["“”", "「」", "『』", "‘’", '""'])
def test_what_is_quoted_is_exact_and_never_form(marks: str) -> None:
    opening, closing = marks
    request = read_request(f"请问哪些文章提到了{opening}谢谢你的三条{closing}？谢谢")
    assert request.quoted == ("谢谢你的三条",)
    assert request.lookup
    assert request.form == NOTHING


@pytest.mark.parametrize(
    "wording",
    [
        "哪些地方提到了{}",
        "哪些地方没有提到{}",
        "提到{}的有哪些",
        "提到{}的是哪几篇",
        "提到{}的文章有几篇",
        "{}提到过几次",
        "{}在哪些文章里出现过",
        "涉及{}的有几个县",
        "谁提到过{}",
        "含有{}字样的文章",
    ],
)
@pytest.mark.parametrize("phrase", ["数字乡村", "墩苗", "党建引领基层治理"])
def test_a_phrase_that_is_looked_up_needs_no_marks(wording: str, phrase: str) -> None:
    request = read_request(wording.format(phrase))
    assert (request.quoted, request.lookup, request.kind) == ((phrase,), True, "census")


def test_small_talk_asks_for_nothing() -> None:
    request = read_request("你好")
    assert (request.kind, request.core) == ("smalltalk", "")


@pytest.mark.parametrize("text", ["", " ", "，。", "？？？", "🙏", "\u3000\n"])
def test_nothing_is_a_request_too(text: str) -> None:
    assert read_request(text).core == ""


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
@settings(derandomize=True)
def test_the_best_run_is_the_best_of_all(scores: list[int]) -> None:
    start, end = best_run(scores)
    every = [(a, b) for a in range(len(scores)) for b in range(a + 1, len(scores) + 1)]
    assert sum(scores[start:end]) == max(sum(scores[a:b]) for a, b in every)


@given(st.text(max_size=200))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_any_text_is_read_and_its_core_stands_in_it(text: str) -> None:
    request = read_request(text)
    assert request.text == text
    left = iter(text)
    assert all(sign in left for sign in request.core)


@pytest.mark.parametrize(
    "piece",
    [
        "请",
        "1",
        "三",
        " ",
        "，",
        "“",
        "《",
        "一千",
        "请列个表，",
        "什么",
        "\ue000",
        "a",
        "字数",
        "提到",
    ],
)
def test_the_time_grows_as_the_length_does(piece: str) -> None:
    read_request(piece)  # what is read once in a process does not count

    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        start = time.process_time()
        read_request(text)
        return time.process_time() - start

    short, long = (min(seconds(length) for _ in range(3)) for length in (500, 2000))
    assert long < 12 * short + 0.05


def test_the_command_counts_what_is_read_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = {"layout": "table", "items": None, "length": 300}
    right = {
        "text": f"{QUESTIONS[0]}？请列表，300字以内",
        "core": QUESTIONS[0] + "？",
        "form": form,
    }
    wrong = right | {"core": "别的", "form": form | {"items": 3}}
    rows = [row | {"kind": "list", "names": ["岳西县"]} for row in (right, wrong)]
    path = tmp_path / "requests.jsonl"
    written = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(written, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["eval", "--requests", str(path), "--format", "json"])
    assert ended.value.code == 0
    shares = json.loads(capsys.readouterr().out)
    assert shares == {"core": 0.5, "kind": 1, "layout": 1, "items": 0.5, "length": 1, "names": 1}


@pytest.mark.parametrize("text", ["", "[]", '{"text": "甲"}', "no json"])
def test_a_file_that_holds_no_labelled_requests_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["eval", "--requests", str(path)])
    assert ended.value.code == 2
    assert "requests.jsonl" in capsys.readouterr().err
