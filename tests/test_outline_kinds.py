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
    "梅岭县社区工作实施方案为加强社区工作，制定本方案。一、总体目标。到2025年，"
    "社区党群服务中心达到120个。"
    "二、重点任务。（一）建强组织。选派第一书记64名。（二）优化服务。建设服务站230个，"
    "开展服务4800场次。"
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
    ("text", "leads"),
    [
        ("问答\n\n1.问：租金多少？\n答：每月6元。\n\n2.问：租多久？\n答：3年。\n",
         ["1.问：租金多少？", "2.问：租多久？"]),
        ("政策问答\n\n租金多少？\n\n答：每月6元。\n\n租期多长？\n\n答：3年。\n",
         ["租金多少？", "租期多长？"]),
        ("政策问答\n\n问：我想租房。租金多少？\n\n答：每月6元。\n\n问：租期多长，能否续租。\n\n答：3年。\n",
         ["问：我想租房。租金多少？", "问：租期多长，能否续租。"]),
        ("政策问答\n\n网友来信：小区没有路灯。\n\n答：6月装好。需要核实的，可以来电。\n\n问题二：公交何时通？\n"
         "\n答：7月。\n", ["网友来信：小区没有路灯。", "问题二：公交何时通？"]),
        ("问答\n\n问：租金多少？\n\n答：每月6元。\n\n问：租多久？\n\n答：3年。\n",
         ["问：租金多少？", "问：租多久？"]),
        ("村规民约\n\n第一条爱国爱党。\n\n第二条酒席不超过15桌。\n\n第二条规定的酒席不含早餐。\n",
         ["第一条", "第二条"]),
        ("大事记\n\n一月\n\n3日　研究信访工作。\n\n二月\n\n6日　全县干部会议召开。\n", ["一月",
         "二月"]),
        ("合同\n\n甲方：青山县财政局\n\n乙方：洁美物业有限公司\n\n第一条 乙方保洁。\n\n"
        "第二条 每年18万元。\n",
         ["第一条", "第二条"]),
        ("发言\n\n第一，突出育人。选派72名。\n\n第二，突出强基。一是建阵地。投入38万元。"
        "二是强队伍。培训2次。\n",
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
        "关于开展爱国卫生运动的通知各村、镇直各单位：为改善人居环境，决定开展爱国卫生运动。"
        "一、活动时间。"
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


@pytest.mark.parametrize("label", ["主任", "组长", "副指挥长", "成员"])
def test_who_is_what_in_a_group_is_body(label: str) -> None:
    people = [f"{label}：赵国强　镇党委副书记", "　　　孙丽　镇武装部部长",
     "成员：李伟　应急站站长",
              "　　　周涛　派出所所长", "　　　吴洁　市场监管所所长"]  # fmt: skip
    text = "\n".join(["白水镇防汛指挥部名单", "", *people, "", "办公室设在应急站，李伟兼任主任。"])
    made = of_text(text)
    (essay,) = made.essays
    assert (essay.title, essay.author, made.measures) == ("白水镇防汛指挥部名单", None, ())
    assert len([role for role in roles(text).values() if role == "body"]) == 6


def test_the_lines_of_a_form_are_body() -> None:
    form = ["姓名：周丽　　性别：女", "单位：县中医院　　职务：护士长", "服务意向：敬老助残、义诊"]
    text = "\n".join(["志愿者登记表", "", *form])
    made = of_text(text)
    assert (made.essays[0].title, made.essays[0].author) == ("志愿者登记表", None)
    assert "姓名：周丽 性别：女" in [text for text, role in roles(text).items() if role == "body"]


def test_short_lines_of_a_text_stay_apart() -> None:
    report = """述职报告

2023年，我认真履职，现报告如下。

一、履职情况
主持党委会28次，新发展党员16名。
二、廉洁自律
签订责任书46份。
三、存在不足
调研不够深入。

述职人：高峰
2024年1月8日
"""
    made = of_text(report)
    assert made.essays[0].date == "2024-01-08"
    assert [measure.lead for measure in made.measures] == [
        "一、履职情况", "二、廉洁自律", "三、存在不足",
    ]  # fmt: skip
    life = "\n".join(["简历", "", "1990.09—1994.07　农业大学学习",
     "1994.07—2003.05　县农业局科员、副股长",
                      "2003.05—2011.12　柳林镇副镇长、镇长",
                       "2011.12—2019.08　县农业局局长"])  # fmt: skip
    assert len(of_text(life).paragraphs) == 5
    assert not of_text(life).measures


def test_a_telegram_has_its_number_behind_its_degree() -> None:
    made = of_text(
        "发电单位：青山县防汛指挥部　　签批盖章：吴国栋\n等级：特急·明电　　青防指电〔2024〕3号\n\n"
        "关于启动应急响应的通知\n\n各乡镇：\n\n决定启动四级应急响应。\n\n监督电话：0556-4321098\n\n"
        "青山县防汛指挥部\n2024年6月17日\n"
    )
    (essay,) = made.essays
    assert (essay.title, essay.document_number, essay.issuer) == (
        "关于启动应急响应的通知", "青防指电〔2024〕3号", "青山县防汛指挥部",
    )  # fmt: skip


def test_an_editors_note_may_stand_under_the_title() -> None:
    made = of_text(
        "青山信息\n第15期\n县委办公室　2024年3月12日\n\n红石镇“一站式”解纷有实效\n\n"
        "编者按：红石镇的做法值得借鉴。\n\n红石镇建立调处中心，2023年化解纠纷316件。\n\n"
        "一是整合力量。8个部门入驻。二是分级处置。3日内办结。\n"
    )
    assert [e.title for e in made.essays if e.kind == "essay"] == ["红石镇“一站式”解纷有实效"]
    assert [m.lead for m in made.measures] == ["一是整合力量。", "二是分级处置。"]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("中共青山县委常委会会议纪要\n第21次\n", "中共青山县委常委会会议纪要"),
        ("青山县审计局审计结果公告\n2024年第3号（总第26号）\n", "青山县审计局审计结果公告"),
        ("白河县组织史大事\n（1949—2023）\n", "白河县组织史大事"),
        ("示范县创建情况\n汇报材料\n白河县交通运输局\n（2024年4月）\n", "示范县创建情况汇报材料"),
    ],
)
def test_what_stands_under_a_title_is_no_title(head: str, title: str) -> None:
    made = of_text(f"{head}\n近年来，全县安排资金8600万元。\n\n一、基本情况\n\n建成农田5.2万亩。\n")
    assert made.essays[0].title == title
    assert [measure.lead for measure in made.measures] == ["一、基本情况"]
