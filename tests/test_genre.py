"""Documents of other kinds than the essays: a regulation, a news report, a case write-up."""

from pathlib import Path

import pytest

from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.test_answering import check_promise, shown, unescaped

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


def told(assistant: Assistant, question: str, document: str) -> str:
    """Ask; what is shown, as the answer or as the nearest text, is of one file alone."""
    answer = assistant.ask(question)
    check_promise(answer)
    assert {c.essay.document for c in (*answer.citations, *answer.nearest)} == {document}
    return shown(answer)


@pytest.mark.parametrize(
    ("question", "document", "facts"),
    [
        ("《河道管理条例》禁止哪些活动？", "条例.txt", ["倾倒垃圾", "擅自修建", "毁坏护堤林木"]),
        ("《河道管理条例》第四条是什么内容？", "条例.txt", ["巡查记录保存三年"]),
        ("《河道管理条例》的主要内容是什么？", "条例.txt", []),
        ("组织服务中心建立了哪些制度？", "案例.txt", ["名额分配"]),
        ("组织服务中心重点做好哪些工作？", "案例.txt", ["组织服务中心"]),
        ("绿水县委组织部部长是谁？", "报道.txt", ["李明华"]),
        ("绿水县推进会有多少人参加？", "报道.txt", ["120名"]),
        ("绿水县建成了多少个村级服务点？", "报道.txt", ["86个"]),
    ],
)
def test_what_is_asked_is_shown_from_the_text_that_is_named(
    genre: Assistant, question: str, document: str, facts: list[str]
) -> None:
    said = told(genre, question, document)
    assert [fact for fact in facts if fact not in said] == []


def test_what_a_sentence_announces_is_quoted_with_it(genre: Assistant) -> None:
    answer = genre.ask("河道管理范围内禁止哪些活动？")
    check_promise(answer)
    if any("禁止下列活动" in c.quote for c in answer.citations):
        assert "毁坏护堤林木" in unescaped(answer.text)


def test_an_article_by_its_number_is_no_other_article(genre: Assistant) -> None:
    answer = genre.ask("《河道管理条例》第四条是什么内容？")
    check_promise(answer)
    assert not answer.abstained
    assert "巡查记录保存三年" in unescaped(answer.text)
    assert "倾倒垃圾" not in answer.text


def test_what_defines_a_term_is_shown(genre: Assistant) -> None:
    assert "是指本市行政区域内的江河、湖泊和人工水道" in shown(genre.ask("什么是河道？"))


def test_a_list_is_shown_under_what_announces_it(tmp_path: Path) -> None:
    text = (
        "青山市取水条例\n\n第一条 有下列情形之一的，不得取水：\n"
        "（一）超过总量的；\n（二）影响供水的。\n"
        "有下列情形之一的，应当停止取水：\n（一）发生干旱的；\n（二）水质恶化的。\n"
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    build([tmp_path / "a.txt"], tmp_path / "index", Settings())
    answer = Assistant.open(tmp_path / "index", Settings()).ask("哪些情形不得取水？")
    check_promise(answer)
    assert "影响供水的" in shown(answer)
