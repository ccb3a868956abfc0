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


def roles(text: str) -> dict[str, str]:
    return {paragraph.text: paragraph.role for paragraph in of_text(text).paragraphs}


@pytest.mark.parametrize("closing", ["此复", "特此通知", "特此函达", "特此公告"])
def test_closing_words_sign_nothing(closing: str) -> None:
    head = "关于设立园区的批复\n\n柳林镇人民政府：\n\n同意设立园区。"
    text = f"{head}\n\n{closing}\n\n白河县人民政府\n\n2023年8月9日"
    made = of_text(text)
    assert (made.essays[0].issuer, roles(text)[closing]) == ("白河县人民政府", "body")


def test_a_list_of_people_after_the_date_is_body_and_heads_nothing() -> None:
    names = ["刘敏 青山一中", "张建华 青山二中", "王莉 中心小学", "赵刚 县幼儿园", "孙伟 职教中心"]
    head = "关于表彰教师的决定 决定予以表彰。 附：名单 青山县教育局 2023年9月8日 优秀教师名单"
    text = "\n\n".join([*head.split(), *names])
    made = of_text(text)
    assert {roles(text)[name] for name in names} == {"body"}
    assert made.essays[0].author is None
    assert not {measure.lead for measure in made.measures} & set(names)


def test_a_date_to_be_filled_in_is_no_name() -> None:
    text = "安全承诺书\n\n本单位承诺：\n\n1、持证上岗率达到100%。\n\n承诺单位（盖章）：\n\n"
    text += "年　　月　　日"
    (essay,) = of_text(text).essays
    assert (essay.author, essay.date, essay.issuer) == (None, None, None)


def test_an_office_between_title_and_date_issued_it() -> None:
    (essay,) = of_text(
        "白河县2023年统计公报\n白河县统计局\n2024年3月28日\n\n全县经济运行向好。"
    ).essays
    assert (essay.title, essay.issuer, essay.date) == (
        "白河县2023年统计公报", "白河县统计局", "2024-03-28",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("acts", "date"),
    [
        ("（2023年4月6日县政府常务会议通过　自2023年5月1日起施行）", "2023-04-06"),
        (
            "（2015年6月25日县人大常委会通过　根据2021年9月29日《关于修改条例的决定》修正）",
            "2021-09-29",
        ),
        ("2018年8月31日市人大常委会会议通过\n\n2018年9月29日省人大常委会会议批准", "2018-09-29"),
    ],
)
def test_a_regulation_is_of_the_day_of_its_last_act(acts: str, date: str) -> None:
    made = of_text(f"白河县绿化条例\n\n{acts}\n\n第一条 制定本条例。\n\n第二条 绿化率不低于38%。\n")
    assert made.essays[0].date == date
    assert [measure.lead for measure in made.measures] == ["第一条", "第二条"]


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("问答\n\n1.问：租金多少？\n答：每月6元。\n\n2.问：租多久？\n答：3年。\n",
         ["1.问：租金多少？", "2.问：租多久？"]),
        ("发言\n\n第一，突出育人。选派72名。\n\n第二，突出强基。一是建阵地。投入38万元。二是强队伍。培训2次。\n",
         ["第一，突出育人。", "第二，突出强基。", "一是建阵地。", "二是强队伍。"]),
        ("倡议\n\n发出倡议：\n\n1.6月14日禁止鸣笛；\n\n2.停止施工。\n",
         ["1.6月14日禁止鸣笛；", "2.停止施工。"]),
        ("方案\n\n一、措施\n\n（一）健全组织。建组织3个。（二）完善激励。发放2次。\n",
         ["一、措施", "（一）健全组织。", "（二）完善激励。"]),
    ],
)  # fmt: skip
def test_numbers_of_more_kinds_head_measures(text: str, leads: list[str]) -> None:
    assert [measure.lead for measure in of_text(text).measures] == leads


def test_a_notice_in_one_line_has_its_head_and_its_foot() -> None:
    text = (
        "关于开展爱国卫生运动的通知各村、镇直各单位：为改善人居环境，决定开展爱国卫生运动。一、活动时间。"
        "2024年6月1日至8月31日。二、活动内容。每周五集中清理垃圾一次，发放消杀药品600份，每月通报。"
        "特此通知。柳树镇人民政府2024年5月28日"
    )
    made = of_text(text)
    (essay,) = made.essays
    assert (essay.title, essay.issuer, essay.date) == (
        "关于开展爱国卫生运动的通知", "柳树镇人民政府", "2024-05-28",
    )  # fmt: skip
    assert [measure.lead[:2] for measure in made.measures] == ["一、", "二、"]


def test_minutes_with_the_number_of_an_issue_are_no_bulletin() -> None:
    made = of_text(MINUTES.replace("〔2023〕7号", "〔2023〕第7期"))
    (essay,) = made.essays
    assert (essay.title, essay.issue) == ("白河县委常委会会议纪要", "7")


def test_essays_of_a_bulletin_may_be_signed_at_their_end() -> None:
    text = """乡村振兴简报
第23期
县委农办　　2024年4月8日

柳树镇：三项举措壮大集体经济

柳树镇2023年集体经济总收入达860万元。
（柳树镇人民政府供稿）

白水镇：茶旅融合促增收

白水镇有茶园1.8万亩，去年接待游客12万人次。

报：县委、县政府
"""
    made = of_text(text)
    titles = [essay.title for essay in made.essays if essay.kind == "essay"]
    assert titles == ["柳树镇：三项举措壮大集体经济", "白水镇：茶旅融合促增收"]


def test_a_town_that_begins_a_title_is_its_place() -> None:
    assert of_text("柳林镇公务接待制度\n\n一、坚持从简。每餐60元。\n").essays[0].place == "柳林镇"
