"""Lists that a text announces or whose number a question gives: whole, and of this number."""

from pathlib import Path

import pytest

from rag.answering.compose.counted import counts
from rag.answering.compose.runs import announced, run_with
from rag.answering.tree import Trees
from rag.pipeline import Assistant, build
from rag.settings import Settings
from rag.types import Answer

SPEECH = """在全市河湖治理会议上的讲话

青溪市 何平

同志们，治理好河湖是今年的大事。下面，我讲三点意见：

一、提高认识。河湖治理事关民生。要做到两个必须：一是必须常抓不懈；二是必须全民参与。

二、落实责任。各级河长每月巡河一次。

要把责任写进清单。

三、严格考核。考核结果与奖金挂钩。
"""
REPORT = """青溪市年度工作亮点

青溪市委办公室

盘点这一年，我们梳理了年度工作“四大亮点”，向您汇报。

1河道变清

全市清淤河道12公里。

2公园变多

新建公园5个。

3道路变宽

拓宽道路8条。

4灯光变亮

新装路灯300盏。

展望明年，我们要办好两件事：一是修桥；二是建校。
"""
WORKS = """青溪市政府工作报告

青溪市市长 陆敏

一、做强产业。全市兴办企业50家。

二、建好城市。修路30公里。

三、振兴乡村。植树9万棵。

四、改善民生。筹措7亿元实施就业惠民工程。筹措2亿元实施文体惠民工程。筹措3亿元实施水利惠民工程。筹措1亿元实施安居惠民工程。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    room = tmp_path_factory.mktemp("counted")
    corpus = room / "corpus"
    corpus.mkdir()
    (corpus / "讲话.txt").write_text(SPEECH, encoding="utf-8")
    (corpus / "亮点.txt").write_text(REPORT, encoding="utf-8")
    (corpus / "工程.txt").write_text(WORKS, encoding="utf-8")
    build([corpus], room / "index", Settings())
    return Assistant.open(room / "index", Settings())


def shown(answer: Answer) -> str:
    return "".join(citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "items", "others"),
    [
        (
            "青溪市年度工作四大亮点是哪四个",
            ["1河道变清", "2公园变多", "3道路变宽", "4灯光变亮"],
            ["修桥", "必须"],
        ),
        (
            "何平在河湖治理会议上讲了哪三点意见",
            ["提高认识", "落实责任", "严格考核"],
            ["修桥", "变亮"],
        ),
        ("青溪市展望明年要办好哪两件事", ["修桥", "建校"], ["变亮", "考核"]),
    ],
)
def test_the_list_that_is_asked_for_is_whole_and_alone(
    assistant: Assistant, question: str, items: list[str], others: list[str]
) -> None:
    answer = assistant.ask(question)
    assert [item for item in items if item not in shown(answer)] == []
    assert [other for other in others if other in shown(answer)] == []
    assert f"共 {len(items)} 条，已全部列出。" in answer.text


def test_a_list_of_the_number_that_holds_nothing_of_what_is_asked_is_another(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("青溪市的四项惠民工程都有哪些")
    assert [name for name in ("就业", "文体", "水利", "安居") if name not in shown(answer)] == []
    assert "兴办企业" not in shown(answer)


def test_an_item_of_it_can_be_pointed_at(assistant: Assistant) -> None:
    first = "何平在河湖治理会议上讲了哪三点意见"
    assert "每月巡河一次" in shown(assistant.ask("第二条展开说说", [first]))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("重点做哪十个方面", {10}),
        ("两件大事和5项任务", {2, 5}),
        ("第三条是什么", set()),
        ("下午四点前要", set()),
        ("新增3.5万个、2026年", set()),
        ("着力“十抓”推进工作", {10}),
    ],
)
def test_numbers_of_parts(text: str, numbers: set[int]) -> None:
    assert counts(text) == numbers


def test_a_run_goes_on_over_what_stands_between_and_ends_with_its_numbers(
    assistant: Assistant, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = (
        "某市通知\n\n要做好以下工作：\n\n（一）清淤。一是清河道。二是清水渠。\n\n另有安排。\n\n"
        "（二）植树。\n\n（三）修路。\n\n附则如下：\n\n（一）本通知自即日起施行。\n"
    )
    (corpus / "通知.txt").write_text(text, encoding="utf-8")
    build([corpus], tmp_path / "index", Settings(reader="none"))
    records = Assistant.open(tmp_path / "index", Settings(reader="none")).records
    (essay,) = records.essays()
    every = Trees(records).of(essay.essay_id).all_sentences
    head = next(s for s in every if s.text.endswith("以下工作："))
    wanted = ["（一）清淤。", "（二）植树。", "（三）修路。"]
    assert [s.text for s in announced(head)] == wanted
    second = next(s for s in every if s.text == "（二）植树。")
    assert [s.text for s in run_with(second)] == wanted
    inner = next(s for s in every if s.text == "二是清水渠。")
    assert [s.text for s in run_with(inner)] == ["一是清河道。", "二是清水渠。"]
