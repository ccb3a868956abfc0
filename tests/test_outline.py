"""rag.outline: both essays of the corpus come out as a reader sees them, however they are wrapped.

The trees below were made by hand from the printed pages.
"""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.outline import as_json, outline
from rag.reading import read
from rag.reading.markdown import looks_like_markdown, read_markdown
from rag.reading.text import read_text
from rag.types import Document, Outline, Role

CORPUS = Path(__file__).parent.parent / "corpus"
BULLETIN = "安庆组工信息第32期.txt"
NEWSPAPER = "池州市抓党建促长三角一体化发展.txt"
TREES = {
    BULLETIN: """
安庆组工信息|32|2022-10-25|中共安庆市委组织部研究室
以高质量组织工作推动高质量发展|储江|桐城市委常委，组织部部长、统战部部长|桐城市
    坚持对党忠诚，永葆党员队伍纯洁性。
    突出政治标准，建好建强干部队伍。
    聚焦“第一资源”，构筑人才聚集高地。
    牢记为民初心，持续增进民生福祉。
读懂党的二十大报告精神 校准组织工作“红”坐标|左小斌|太湖县委常委、组织部部长|太湖县
    校准“红心”坐标，聚精会神强党建。
        培根铸魂守初心。
        敢闯敢试强信心。
        常抓不懈有恒心。
    校准“红专”坐标，千方百计强队伍。
        学习培训常态化。
        干部考察精细化。
        队伍建设全面化。
    校准“红利”坐标，不余遗力强人才。
        筑巢安家“引”才。
        因人而异“育”才。
        真心服务“留”才。
抓制度机制 树鲜明导向|高炬|望江县委常委、组织部部长|望江县
    完善考核识别使用机制。
    健全能力素质培养机制。
    构建激励担当作为机制。
在伟大复兴的新征程上答好组工答卷|陶小也|迎江区委常委，组织部长、统战部长|迎江区
    保持“时刻清醒”的政治定力，答好时代之卷。
        擦亮忠诚底色
        磨炼担当成色。
        永葆斗争本色。
    扛起“守正创新”的政治责任，答好发展之卷。
        夯实基层基础
        锻造干部队伍。
        涵养人才生态
    永葆“人民至上”的政治情怀，答好人民之卷。
        坚持人民至上
        站稳人民立场
        办好民生实事。
锚定中心任务 建设堪当重任的高素质干部队伍|刘小平|大观区委常委、组织部部长|大观区
    突出选贤任能，树立选人用人正确导向。
        聚焦事业为上。
        聚焦实干实绩。
        聚焦能上能下。
    突出精准赋能，锻造堪当重任过硬本领。
        强化专业训练。
        强化实践锻炼。
        强化斗争历练。
    突出担当作为，强化严管厚爱激励约束。
        切实关心关爱。
        切实撑腰鼓劲。
        切实从严管理。
汲取二十大精神力量 推进园区党群工作开新篇|孙琳|安庆经开区党群工作部部长|安庆经开区
    聚力聚效、互融互促，夯实园区党建基层基础。
        突出政治统领。
        建强组织体系。
        打造党建品牌。
    开放揽才、引育并重，坚持人才引领驱动发展。
        明确需求靶向“引”。
        创新模式科学“育”。
        完善服务真心“留”。
    严管厚爱、一线练兵，锻造善作善为干部队伍。
        坚定理想信念。
        提升工作本领。
        推进能上能下。
    多方齐聚、合力共建，搭建服务群众连心桥梁。
        提升组织力。
        增强凝聚力。
        强化服务力。
""",
    NEWSPAPER: """
-|-|-|-
-|-|-|池州市
    推动善作善成，锻造高素质执政骨干
        把牢标准“选”。
        实训实战“育”。
        精准科学“用”。
        严爱相宜“管”。
    注重创新创造，强化人才智力支撑
        树牢融的理念。
        健全好的机制。
        加大引的力度。
        营造优的环境。
    夯实基层基础，严密党的组织体系建设
        推深做实“一抓双促”。
        织密织牢城市网格。
        做优做强企业党建。
""",
}


def of_file(name: str) -> Outline:
    return outline(read(CORPUS / name, name))


def of_text(text: str) -> Outline:
    lines = read_markdown(text) if looks_like_markdown(text) else read_text(text)
    return outline(Document("x", "", "", lines))


def tree(made: Outline) -> list[str]:
    """Write an outline as the trees above."""
    whole = as_json(made)
    rows = ["|".join(str(whole[key] or "-") for key in ("publication", "issue", "date", "issuer"))]
    for essay in whole["essays"]:
        rows.append("|".join(essay[key] or "-" for key in ("title", "author", "office", "place")))
        for section in essay["sections"]:
            rows.append("    " + section["lead"])
            rows += ["        " + measure["lead"] for measure in section["measures"]]
    return rows


@pytest.mark.parametrize("name", TREES)
def test_the_corpus_comes_out_as_a_reader_sees_it(name: str) -> None:
    assert tree(of_file(name)) == TREES[name].strip().splitlines()


def f1(made: Outline, name: str) -> float:
    """Compare with the tree, each row under the rows it stands under; spaces do not count."""

    def items(rows: list[str]) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = set()
        path: list[str] = []
        for row in rows:
            depth = (len(row) - len(row.lstrip())) // 4
            fields = row.replace(" ", "").strip("。").split("|")
            path = [*path[:depth], fields[0]]
            found |= {(*path, str(i), field) for i, field in enumerate(fields)}
        return found

    wanted, given_ = items(TREES[name].strip().splitlines()), items(tree(made))
    return 2 * len(wanted & given_) / (len(wanted) + len(given_))


def rewrapped(name: str, width: int, breaks: float, seed: int) -> str:
    """Wrap the repaired text of a document at `width`, with page breaks at random line ends.

    Bold and heading marks are put back first, and count as characters.
    """
    chance = random.Random(seed)
    made = of_file(name)
    lines: list[str] = []
    for marked in with_marks(made):
        text = re.sub(r"(?<=\d)(?=年|月|日)|(?<=第)(?=32期)", " ", marked)  # spaced as printed
        rows = [text[i : i + width] for i in range(0, len(text), width)]
        for row in rows[:-1]:
            lines += [row, ""] if chance.random() < breaks else [row]
        lines += [rows[-1], ""]
    return "\n".join(lines)


def with_marks(made: Outline) -> list[str]:
    """Return the text of each paragraph with its leads in bold and its title as a heading."""
    bold = made.document.format == "md"
    levels: dict[Role, str] = {"title": "## ", "masthead": ""}
    texts = []
    for paragraph in made.paragraphs:
        text = paragraph.text
        own = [m for m in made.measures if m.paragraph_id == paragraph.paragraph_id]
        for measure in reversed(own if bold else []):
            end = measure.start + len(measure.lead)
            text = f"{text[: measure.start]}**{measure.lead}**{text[end:]}"
        texts.append((levels.get(paragraph.role, "") if bold else "") + text)
    return texts


@given(
    name=st.sampled_from(list(TREES)),
    width=st.integers(10, 40),
    breaks=st.sampled_from([0.0, 0.01, 0.03]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_an_outline_survives_wrapping_and_page_breaks(
    name: str, width: int, breaks: float, seed: int
) -> None:
    assert f1(of_text(rewrapped(name, width, breaks, seed)), name) >= 0.9


@pytest.mark.parametrize("name", TREES)
def test_wrapping_hardly_changes_an_outline_on_average(name: str) -> None:
    scores = [
        f1(of_text(rewrapped(name, 10 + seed % 31, (0.0, 0.01, 0.03)[seed % 3], seed)), name)
        for seed in range(50)
    ]
    assert sum(scores) / len(scores) >= 0.99


@pytest.mark.parametrize("name", TREES)
def test_every_character_is_in_a_paragraph_and_its_line_known(name: str) -> None:
    made = of_file(name)
    by_number = {line.number: line.text for line in made.document.lines}
    for paragraph in made.paragraphs:
        pieces = paragraph.origin
        assert pieces[0].start == 0
        ends = [*(piece.start for piece in pieces[1:]), len(paragraph.text)]
        for piece, end in zip(pieces, ends, strict=True):
            stretch = paragraph.text[piece.start : end]
            assert without_spaces(stretch) == without_spaces(by_number[piece.line])
    kept = without_spaces("".join(paragraph.text for paragraph in made.paragraphs))
    whole = without_spaces("".join(line.text for line in made.document.lines))
    assert kept == whole.replace("领导批示：", "")  # the one empty form field


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_repaired_paragraphs_read_on() -> None:
    newspaper = "\n".join(p.text for p in of_file(NEWSPAPER).paragraphs)
    assert "按照不低于上年度地方财政收入1%设立人才发展专项资金" in newspaper
    assert "推动人才培养链与产业链、创新链有机衔接" in newspaper
    bulletin = "\n".join(p.text for p in of_file(BULLETIN).paragraphs)
    assert "全方位、多角度、立体式识别干部" in bulletin
    assert "倒逼干部担当作为。落实容错纠错机制" in bulletin


def test_the_matter_of_a_bulletin_is_no_essay() -> None:
    made = of_file(BULLETIN)
    assert [essay.kind for essay in made.essays] == ["matter", *["essay"] * 6]
    matter = [(p.role, p.text[:6]) for p in made.paragraphs if p.essay_id.endswith("#0")]
    assert matter == [
        ("masthead", "安庆组工信息"),
        ("masthead", "第32期"),
        ("masthead", "中共安庆市委"),
        ("masthead", "2022年1"),
        ("note", "编者按：10"),
        ("distribution", "报：省委组织"),
        ("distribution", "送：各县（市"),
        ("distribution", "发：电子版发"),
    ]
    assert {(e.publication, e.issue, e.date, e.issuer) for e in made.essays} == {
        ("安庆组工信息", "32", "2022-10-25", "中共安庆市委组织部研究室")
    }


@pytest.mark.parametrize("name", TREES)
def test_measures_are_stretches_of_their_paragraphs_under_open_sections(name: str) -> None:
    made = of_file(name)
    paragraphs = {p.paragraph_id: p for p in made.paragraphs}
    measures = {m.measure_id: m for m in made.measures}
    for measure in made.measures:
        paragraph = paragraphs[measure.paragraph_id]
        assert paragraph.essay_id == measure.essay_id
        assert paragraph.text[measure.start : measure.end].startswith(measure.lead)
        above = measures[measure.parent] if measure.parent else None
        assert measure.level == (above.level + 1 if above else 1)
    own = next(p for p in made.paragraphs if p.text.startswith(("干部考察精细化", "健全好的机制")))
    assert own.trail in (("校准“红专”坐标，千方百计强队伍。",), ("注重创新创造，强化人才智力支撑",))


def test_the_text_of_a_measure_is_what_follows_its_lead() -> None:
    sections = as_json(of_file(BULLETIN))["essays"][1]["sections"]
    texts = [measure["text"] for measure in sections[1]["measures"]]
    assert [(text[:5], text[-5:]) for text in texts] == [
        ("按照教育培", "展”活动。"),
        ("破解干部“", "分析研判。"),
        ("以“六个突", "查核力度。"),
    ]
    assert sections[1]["text"].endswith("组织部门要坚决扛起责任担当。")
    newspaper = as_json(of_file(NEWSPAPER))["essays"][0]["sections"][0]
    assert newspaper["text"].count("\n") == 1  # a heading's text is in the paragraphs after it
    assert newspaper["text"].startswith("习近平总书记指出，要坚持")
