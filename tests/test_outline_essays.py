"""rag.outline.masthead and .essays: bulletins, single essays, reports and official documents."""

from rag.outline import outline
from rag.reading.markdown import looks_like_markdown, read_markdown
from rag.reading.text import read_text
from rag.types import Document, Essay, Outline


def of_text(text: str) -> Outline:
    lines = read_markdown(text) if looks_like_markdown(text) else read_text(text)
    return outline(Document("x", "", "", lines))


def facts(essay: Essay) -> tuple[str | None, ...]:
    return (essay.kind, essay.title, essay.author, essay.office, essay.place)


def issue(essay: Essay) -> tuple[str | None, ...]:
    return (essay.publication, essay.issue, essay.date, essay.issuer)


def roles(made: Outline) -> list[tuple[str, str]]:
    return [(p.role, p.text) for p in made.paragraphs if p.role not in ("body", "heading")]


BODY = "近年来，坚持把年轻干部培养作为基础工程，着力打造高素质队伍，取得明显成效。"


def test_a_plain_bulletin_whose_essays_are_signed_at_their_ends() -> None:
    made = of_text(f"""组工简报

（第12期）

中共滁州市委组织部编            2023年3月8日

【经验交流】

全椒县：做实年轻干部培养

{BODY}

（全椒县委组织部）

来安县：四项机制激发活力

来安县委组织部

{BODY}

报：省委组织部
送：市四套班子负责同志
（共印200份）
""")
    assert [facts(essay) for essay in made.essays] == [
        ("matter", None, None, None, None),
        ("essay", "全椒县：做实年轻干部培养", None, "全椒县委组织部", "全椒县"),
        ("essay", "来安县：四项机制激发活力", None, "来安县委组织部", "来安县"),
    ]
    assert {issue(essay) for essay in made.essays} == {
        ("组工简报", "12", "2023-03-08", "中共滁州市委组织部")
    }
    assert roles(made) == [
        ("masthead", "组工简报"),
        ("masthead", "（第12期）"),
        ("masthead", "中共滁州市委组织部编2023年3月8日"),
        ("masthead", "【经验交流】"),
        ("title", "全椒县：做实年轻干部培养"),
        ("byline", "（全椒县委组织部）"),
        ("title", "来安县：四项机制激发活力"),
        ("byline", "来安县委组织部"),
        ("distribution", "报：省委组织部"),
        ("distribution", "送：市四套班子负责同志"),
        ("distribution", "（共印200份）"),
    ]


def test_a_marked_bulletin_with_a_note_and_a_date_in_chinese_digits() -> None:
    made = of_text(f"""# 党建工作通讯
2024年第5期（总第128期）

阜阳市委办公室 二〇二四年五月

**编者按：**现刊发以下文章，供参考。

请各地结合实际学习借鉴。

# 打造过硬干部队伍
——颍上县的实践

颍上县委常委、组织部部长 李 娜

{BODY}

## 激发基层治理活力

东城街道党工委书记
欧阳明

{BODY}
""")
    assert [facts(essay) for essay in made.essays] == [
        ("matter", None, None, None, None),
        ("essay", "打造过硬干部队伍", "李娜", "颍上县委常委、组织部部长", "颍上县"),
        ("essay", "激发基层治理活力", "欧阳明", "东城街道党工委书记", "东城街道"),
    ]
    assert {issue(essay) for essay in made.essays} == {
        ("党建工作通讯", "5", "2024-05", "阜阳市委办公室")
    }
    assert [text for role, text in roles(made) if role == "note"] == [
        "编者按：现刊发以下文章，供参考。",
        "请各地结合实际学习借鉴。",
    ]


def test_a_report_with_the_furniture_of_its_web_page() -> None:
    made = of_text(f"""下载
打印
【字号：
加大
】
2026年天津市政府工作报告
——2026年1月26日在天津市第十八届人民代表大会第四次会议上
来源：天津日报
时间：2026-02-03
天津市市长 张工
张工作政府工作报告。本报记者 李 明 摄
各位代表：
{BODY}
一、2025年工作回顾
{BODY}
相关报道：
""")
    assert [facts(essay) for essay in made.essays] == [
        ("essay", "2026年天津市政府工作报告", "张工", "天津市市长", "天津市")
    ]
    assert issue(made.essays[0]) == ("天津日报", None, "2026-01-26", None)
    assert made.paragraphs[0].text == "2026年天津市政府工作报告"
    assert made.paragraphs[-1].text == BODY


def test_a_report_whose_office_names_no_place() -> None:
    made = of_text(f"""您的位置:
首页
>
云南要闻
云南要闻
2026年政府工作报告
来源：
云南日报
2026-02-03 09:02:33
——2026年1月28日在云南省第十四届人民代表大会第四次会议上
省长　王予波
各位代表：
{BODY}
""")
    essay = made.essays[0]
    assert facts(essay) == ("essay", "2026年政府工作报告", "王予波", "省长", "云南省")
    assert (essay.publication, essay.date) == ("云南日报", "2026-01-28")


def test_an_official_document_signed_and_dated_at_its_end() -> None:
    made = of_text(f"""中共亳州市委关于加强基层党组织建设的意见

皖亳发[2023]5号

各县（区）委，市委各部委：

{BODY}

一、总体要求

{BODY}

中共亳州市委
2023年4月12日
""")
    assert facts(made.essays[0]) == (
        "essay", "中共亳州市委关于加强基层党组织建设的意见", None, None, "亳州市",
    )  # fmt: skip
    assert issue(made.essays[0]) == (None, None, "2023-04-12", "中共亳州市委")


def test_a_newspaper_piece_with_its_place_in_the_text() -> None:
    made = of_text("""安徽日报 2022年11月3日

坚持党管人才 厚植发展沃土

□ 本报记者 李明远 通讯员 王晓华

人才是第一资源。近年来，合肥市蜀山区坚持党管人才原则。

聚焦主导产业，蜀山区建立人才需求清单，引进高层次人才312名。

目前，蜀山区建成院士工作站5家、博士后科研工作站12家。
""")
    assert facts(made.essays[0]) == (
        "essay", "坚持党管人才 厚植发展沃土", None, None, "蜀山区",
    )  # fmt: skip
    known = {fact.name: fact.value for fact in made.essays[0].known}
    assert known["reporter"] == "李明远、王晓华"
    assert issue(made.essays[0]) == ("安徽日报", None, "2022-11-03", None)


def test_what_is_not_stated_is_none() -> None:
    made = of_text(BODY)
    assert facts(made.essays[0]) == ("essay", None, None, None, None)
    assert issue(made.essays[0]) == (None, None, None, None)
    assert [(p.role, p.text) for p in made.paragraphs] == [("body", BODY)]


def test_an_empty_document_has_no_paragraphs() -> None:
    assert of_text("\n\n下载\n").paragraphs == ()


def test_sections_of_the_level_of_titles_stay_sections() -> None:
    essay = """## {title}

{place}县委书记 李明

{body}

## 一、建强组织

{body}

## 激发活力

{body}

## 优化服务

{body}
"""
    text = "# 组工信息\n\n第3期\n\n"
    text += essay.format(title="选准用好干部", place="太湖", body=BODY)
    text += essay.format(title="做实基层党建", place="望江", body=BODY)
    made = of_text(text)
    assert [essay.title for essay in made.essays[1:]] == ["选准用好干部", "做实基层党建"]
    assert [(m.lead, m.level) for m in made.measures] == [
        ("一、建强组织", 1),
        ("激发活力", 1),
        ("优化服务", 1),
    ] * 2
