"""Documents as offices write them: what each states, and what of it is body."""

import pytest

from rag.outline import outline
from rag.reading.text import read_text
from rag.types import Document, Outline

MINUTES = """白河县委常委会会议纪要
〔2023〕7号
时间：2023年4月3日上午
地点：县委常委会议室
主持人：张建国
出席：李明、王强、赵丽

会议议定事项如下：

一、会议听取了乡村振兴工作汇报。会议决定安排资金860万元。

二、会议研究了人才公寓建设。会议同意建设公寓120套。"""
LETTER = """各科室：

现将《云溪县第二中学绩效考核办法》印发给你们，请遵照执行。

云溪县第二中学

2022年7月9日

云溪县第二中学绩效考核办法

第一章 总则

第一条 为发挥激励作用，制定本办法。

云溪县第二中学

2022年6月1日"""
NOTICE = """公  示

经县委研究，现将拟任职人选公示如下：

刘志强，男，1980年6月生，拟任柳河镇镇长。

中共柳河县委组织部

2023年5月8日"""
GLUED = """关于开展主题读书活动的通知：各党支部、各科室

为营造读书氛围，决定开展主题读书活动，现将有关事项通知如下。

一、参加人员。全体干部职工。

二、时间安排。9月至10月。"""
ONE_LINE = (
    "梅岭县社区工作实施方案为加强社区工作，制定本方案。一、总体目标。到2025年，社区党群服务中心达到120个。"
    "二、重点任务。（一）建强组织。选派第一书记64名。（二）优化服务。建设服务站230个，开展服务4800场次。"
    "三、保障措施。安排经费1800万元，纳入年度考核。"
)
AWARDS = """关于表彰先进的决定

各党支部：

公司党委决定予以表彰。

一、先进集体（3个）

生产一部、营销中心、检修班

二、先进个人（4名）

王海、李涛、陈静、赵宁

希望受表彰者再接再厉。"""


def of_text(text: str) -> Outline:
    return outline(Document("甲.txt", "", "txt", read_text(text)))


def test_minutes_keep_who_met_when_and_where_in_their_body() -> None:
    made = of_text(MINUTES)
    (essay,) = made.essays
    assert (essay.title, essay.date, essay.document_number, essay.place, essay.author) == (
        "白河县委常委会会议纪要", "2023-04-03", "〔2023〕7号", "白河县", None,
    )  # fmt: skip
    body = [paragraph.text for paragraph in made.paragraphs if paragraph.role == "body"]
    assert {"地点：县委常委会议室", "主持人：张建国", "出席：李明、王强、赵丽"} < set(body)
    assert [m.lead[:2] for m in made.measures] == ["一、", "二、"]


def test_a_letter_without_title_is_called_after_what_it_brings() -> None:
    (essay,) = of_text(LETTER).essays
    assert (essay.title, essay.issuer, essay.date) == (
        "云溪县第二中学绩效考核办法", "云溪县第二中学", "2022-07-09",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "title", "leads"),
    [
        (NOTICE, "公示", []),
        (GLUED, "关于开展主题读书活动的通知", ["一、参加人员。", "二、时间安排。"]),
        (ONE_LINE, None, ["一、总体目标。", "二、重点任务。", "（一）建强组织。",
                          "（二）优化服务。", "三、保障措施。"]),
        (AWARDS, "关于表彰先进的决定", ["一、先进集体（3个）", "二、先进个人（4名）"]),
    ],
)  # fmt: skip
def test_titles_and_leads(text: str, title: str | None, leads: list[str]) -> None:
    made = of_text(text)
    assert made.essays[0].title == title
    assert [measure.lead for measure in made.measures] == leads


@pytest.mark.parametrize(
    ("head", "facts"),
    [
        ("来源：中国组织人事报 作者：赵建军 发布时间：2022-06-15",
         ("赵建军", "2022-06-15", "中国组织人事报", None)),
        ("原标题：让干部敢为", (None, None, None, None)),
        ("本报记者 刘洋 通讯员 陈涛", (None, None, None, "刘洋、陈涛")),
    ],
)  # fmt: skip
def test_labels_and_reporters(head: str, facts: tuple[str | None, ...]) -> None:
    body = "干部敢为，事业才能兴旺，必须完善激励机制，让实干者得实惠。"
    (essay,) = of_text(f"让干部敢为善为\n\n{head}\n\n{body}\n").essays
    reporter = next((fact.value for fact in essay.known if fact.name == "reporter"), None)
    assert (essay.author, essay.date, essay.publication, reporter) == facts


def test_who_issued_a_document_stands_in_its_title() -> None:
    made = of_text("中共梅岭县委关于制定规划的建议\n\n一、总体要求。生产总值年均增长7%。\n")
    assert (made.essays[0].issuer, made.essays[0].place) == ("中共梅岭县委", "梅岭县")
