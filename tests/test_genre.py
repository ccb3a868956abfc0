"""Documents of other kinds than the essays: a regulation, a news report, a case write-up."""

from pathlib import Path

import pytest

from rag.answering.titles import Titles
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer, Essay
from tests.test_answering import check_promise, unescaped

REGULATION = """青山市河道管理条例

第一章 总则

第一条 为了加强河道管理，制定本条例。

第二条 本条例所称河道，是指本市行政区域内的江河、湖泊和人工水道。

第二章 保护

第三条 河道管理范围内禁止下列活动：
（一）倾倒垃圾、渣土；
（二）擅自修建围堤；
（三）毁坏护堤林木。

第四条 县级以上人民政府应当建立河道巡查制度，巡查记录保存三年。
"""
REPORT = """8月9日，绿水县召开乡村治理推进会。\
绿水县委常委、组织部部长李明华，白石区委常委、组织部部长周正出席会议。\
会议共组织120名村党组织书记参加。据介绍，绿水县建成村级服务点86个，服务群众3.2万人次。
"""
CASE = """组织服务中心：打造干部培训新格局

组织服务中心近日召开会议，部署下一步重点工作。

聚焦课程建设，提升培训质量。开发本土课程40门，组建专兼职师资库，把课堂搬到项目一线。

聚焦学员管理，严肃培训纪律。实行请销假制度，考勤结果记入档案，作为年度评先依据。

聚焦服务保障，改善食宿条件。改造宿舍20间，开通送学专线，方便山区学员往返。

为抓好调训工作，中心建立三项制度，一是建立名额分配制度，按需调训；二是建立缺训补训制度，及时补课；三是建立结果通报制度，每季度通报。
"""


@pytest.fixture(scope="module")
def genre(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("genre")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in (("条例", REGULATION), ("报道", REPORT), ("案例", CASE)):
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    build([corpus], folder / "index", Settings())
    return Assistant.open(folder / "index", Settings())


def answered(assistant: Assistant, question: str) -> Answer:
    answer = assistant.ask(question)
    check_promise(answer)
    assert not answer.abstained, answer.reason
    return answer


def test_what_a_sentence_announces_is_quoted_with_it(genre: Assistant) -> None:
    said = unescaped(answered(genre, "河道管理范围内禁止哪些活动？").text)
    for item in ("倾倒垃圾、渣土", "擅自修建围堤", "毁坏护堤林木"):
        assert item in said


def test_a_run_that_is_announced_is_one_quote(genre: Assistant) -> None:
    answer = answered(genre, "组织服务中心为抓好调训工作建立了哪些制度？")
    said = unescaped(answer.text)
    for item in ("名额分配制度", "缺训补训制度", "结果通报制度"):
        assert item in said


def test_a_body_named_in_a_title_limits_the_essays(genre: Assistant) -> None:
    said = unescaped(answered(genre, "组织服务中心下一步重点做好哪些工作？").text)
    assert "聚焦课程建设，提升培训质量。" in said
    assert "聚焦学员管理，严肃培训纪律。" in said


def test_a_holder_of_an_office_is_of_the_place_beside_it(genre: Assistant) -> None:
    said = answered(genre, "绿水县委组织部部长是谁？").text
    assert "**李明华**" in said
    for office in ("县长", "县委书记"):
        assert genre.ask(f"绿水县{office}是谁？").abstained


def test_people_are_counted_by_any_classifier(genre: Assistant) -> None:
    assert "120名" in answered(genre, "绿水县推进会有多少人参加？").text


def test_things_are_counted_beside_their_name(genre: Assistant) -> None:
    assert "86个" in answered(genre, "绿水县建成了多少个村级服务点？").text
    assert genre.ask("绿水县建成了多少个养老驿站？").abstained


def test_a_summary_of_a_statute_is_its_chapters(genre: Assistant) -> None:
    answer = answered(genre, "《河道管理条例》的主要内容是什么？")
    assert {c.essay.document for c in answer.citations} == {"条例.txt"}
    assert "第二章 保护" in unescaped(answer.text)


ESSAYS = [
    Essay("a#0", "a", title="中华人民共和国森林保护条例"),
    Essay("b#0", "b", title="抓制度机制 树“鲜明”导向"),
    Essay("c#0", "c", title="【某省】采购中心：打开新局面"),
    Essay("d#0", "d", title="2026年政府工作报告"),
    Essay("e#0", "e", title="政府工作报告"),
]


@pytest.mark.parametrize(
    ("question", "essays", "rest"),
    [
        ("森林保护条例怎么说？", ("a#0",), "怎么说？"),
        ("《树鲜明导向》的作者", ("b#0",), "的作者"),
        ("抓制度机制树鲜明导向一文", ("b#0",), "一文"),
        ("采购中心做了什么", ("c#0",), "做了什么"),
        ("某省政府工作报告", (), "某省政府工作报告"),
        ("《没有这篇》讲了什么", (), "《没有这篇》讲了什么"),
        ("森林怎么保护", (), "森林怎么保护"),
    ],
)
def test_titles(question: str, essays: tuple[str, ...], rest: str) -> None:
    found, left = Titles(ESSAYS).find(question)
    assert (found, left.strip()) == (essays, rest)


def test_a_second_list_is_not_taken_for_the_rest_of_the_first(tmp_path: Path) -> None:
    text = (
        "青山市取水条例\n\n第一条 有下列情形之一的，不得取水：\n"
        "（一）超过总量的；\n（二）影响供水的。\n"
        "有下列情形之一的，应当停止取水：\n（一）发生干旱的；\n（二）水质恶化的。\n"
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    build([tmp_path / "a.txt"], tmp_path / "index", Settings())
    answer = answered(Assistant.open(tmp_path / "index", Settings()), "哪些情形不得取水？")
    said = unescaped(answer.text)
    assert "影响供水的" in said
    assert "发生干旱的" not in said


def test_an_article_is_found_by_its_number(genre: Assistant) -> None:
    said = unescaped(answered(genre, "《河道管理条例》第四条是什么内容？").text)
    assert "巡查记录保存三年" in said
    assert "倾倒垃圾" not in said


def test_what_defines_a_term_comes_before_what_uses_it(genre: Assistant) -> None:
    assert "是指本市行政区域内的江河、湖泊和人工水道" in unescaped(
        answered(genre, "什么是河道？").text
    )
