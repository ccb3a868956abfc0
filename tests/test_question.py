"""The form of a question: its kind, its topic, the figure it asks for, what it leans on."""

import pytest

from rag.answering.followup import stand_alone
from rag.answering.kinds import Figure, figure_of
from rag.answering.names import Names
from rag.answering.question import Question, understand
from rag.types import Essay

NAMES = Names(
    [
        Essay("d#0", "d", place="太湖县", author="左小斌"),
        Essay("d#1", "d", place="望江县", author="高炬"),
    ]
)


def read(text: str) -> Question:
    return understand(text, NAMES.find(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("太湖县有多少个党组织？", "number"),
        ("资金按什么比例设立？", "number"),
        ("会议是什么时候召开的？", "number"),
        ("“四进四考”是谁提的？", "who"),
        ("哪个地方提出了赛马机制？", "who"),
        ("什么是“六个一批”？", "define"),
        ("“六项机制”是哪六项？", "define"),
        ("太湖县有哪些措施？", "list"),
        ("民生实事有哪些？", "list"),
        ("请列举太湖县引才的例子", "list"),
        ("谈心谈话制度", "list"),
        ("文章分几个方面？", "list"),
        ("哪个县的就业目标最高？", "compare"),
        ("大数据产业规模", "number"),
        ("进出口总额", "number"),
        ("民生实事有哪几件", "list"),
        ("关于引才的有几篇文章？", "compare"),
        ("收录了几篇文章，是谁写的？", "document"),
        ("部署了哪十个方面的重点工作？", "list"),
        ("重点工作有哪几项？", "list"),
        ("怎么让干部下来？", "list"),
        ("太湖县怎样引才？", "list"),
        ("太湖县左小斌怎样引才？", "list"),
        ("其他地方怎样引才？", "compare"),
        ("比较太湖县和望江县的做法", "compare"),
        ("各地分别怎么做？", "compare"),
        ("哪些地方提到了容错纠错？", "compare"),
        ("谁没有提到人才？", "compare"),
        ("这一期是哪天印发的？", "document"),
        ("发给谁？", "document"),
        ("左小斌的文章讲了什么？", "summary"),
        ("设立了哪些专门窗口？", "fact"),
        ("你好！", "help"),
        ("有多少人参加？", "number"),
        ("建成了多少个区级示范点？", "number"),
        ("多少个县区建立了容错机制？", "compare"),
        ("多少人提到容错？", "compare"),
        ("请总结贵州省的报告", "summary"),
        ("“星期天工程师”是哪里提出来的？", "who"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert read(text).kind == kind


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("太湖县在人才方面提出了哪些举措？", ["人才"]),
        ("明确了多少种应认定为不适宜的情形？", ["认定", "适宜", "情形"]),
        ("“四进四考”模式具体指什么？", ["四进四考", "模式"]),
        ("合肥市的补贴标准是多少？", ["合肥市", "补贴", "标准"]),
        ("哪个地区把增长目标定在7%以上？", ["7%以上", "增长"]),
        ("太湖县有哪些措施？", []),
        ("请帮我查一下干部考核办法", ["干部", "考核"]),
        ("给我讲讲年轻干部怎么培养", ["年轻干部", "培养"]),
        ("“请进来”的做法都列出来", ["请进来"]),
        ("大数据产业", ["大数据", "产业"]),
        ("怎么发展绿色铝", ["发展", "绿色铝"]),
        ("除了望江县，其他县怎么引才", ["引才"]),
        ("帮我起草一份引才方面的调研报告", ["引才"]),
        ("太湖县左小斌书记怎么引才", ["引才"]),
    ],
)
def test_topics(text: str, terms: list[str]) -> None:
    assert [term.text for term in read(text).terms] == terms


def test_required_terms_and_parts() -> None:
    assert [t.text for t in read("合肥市怎么用“赛马”机制").terms if t.required] == [
        "赛马",
        "合肥市",
    ]
    assert [[t.text for t in part] for part in read("太湖县怎样引才、育才和留才？").parts] == [
        ["引才"], ["育才"], ["留才"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("省长今年多少岁？", Figure("amount", "岁", False)),
        ("城镇新增就业目标是多少？", Figure("amount", None, True)),
        ("会议是哪天召开的？", Figure("date", None, False)),
        ("资金按什么比例设立？", Figure("share", None, False)),
        ("四川和湖北的经济增长目标一样吗？", Figure("amount", None, True)),
        ("怎么引才？", None),
        ("综合运用哪几种考核？", None),
        ("有多少人参加？", Figure("amount", "[人名位]", False)),
        ("办多少件实事？", Figure("amount", "[件项条个]", False)),
    ],
)
def test_figures(text: str, figure: Figure | None) -> None:
    assert figure_of(text) == figure


def test_years_ordinals_negation() -> None:
    assert read("2025年和2026年的目标").years == ("2025", "2026")
    assert [read(f"第{n}条是什么").ordinal for n in ("三", "十", "十二", "二十", "7")] == [
        3, 10, 12, 20, 7,
    ]  # fmt: skip
    assert read("谁没提到人才？").negated
    assert not read("不提太湖县，其他地方怎么引才？").negated


@pytest.mark.parametrize(
    ("text", "history", "whole"),
    [
        ("那望江县呢？", ["太湖县怎么引才？"], "望江县怎么引才？"),
        ("那留才呢？", ["太湖县怎么引才？"], "太湖县怎么留才？"),
        ("是谁提的？", ["“四进四考”具体指什么？"], "“四进四考”是谁提的"),
        ("它的人才目标呢？", ["太湖县的就业目标是多少？"], "太湖县的人才目标是多少？"),
        ("那粮食呢？", ["太湖县2026年的就业目标是多少？"], "太湖县2026年的粮食目标是多少？"),
        ("和望江县比呢？", ["太湖县怎么引才？"], "比较太湖县和望江县怎么引才？"),
        ("还有哪些地方在做？", ["太湖县怎么引才？"], "引才：哪些地方在做"),
        ("那育才呢？", ["太湖县怎么引才？", "那望江县呢？"], "望江县怎么育才？"),
        ("望江县有哪些措施？", ["太湖县怎么引才？"], "望江县有哪些措施？"),
        (
            "这两个地方有什么不同？",
            ["太湖县怎么引才？", "那望江县呢？"],
            "比较太湖县和望江县的引才",
        ),
        ("别的县区也有吗？", ["太湖县怎么引才？"], "除了太湖县，哪些地方提到引才？"),
        ("其他县区怎么培训？", ["太湖县怎么引才？"], "除了太湖县，其他县区怎么培训？"),
        ("换成望江县", ["太湖县怎么引才？"], "望江县怎么引才？"),
        ("哪些地方提到了容错纠错？", ["太湖县怎么引才？"], "哪些地方提到了容错纠错？"),
    ],
)
def test_follow_ups(text: str, history: list[str], whole: str) -> None:
    assert stand_alone(text, history, NAMES) == whole
