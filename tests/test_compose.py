"""The composers: what is numbered, cut, called complete, set in bold and put into a table."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.answering import claims
from rag.answering.compose import comparison, lists, records
from rag.answering.compose import sentences as few
from rag.answering.compose.thresholds import BESIDE, MEMBER
from rag.answering.draft import Draft, label
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import EssayTree, Sentence, Trees
from rag.blocks import Block, Item, Mark, Note, ParagraphBlock, Table, Text, cells, marks
from rag.types import Citation, Essay, Hit, Passage
from tests.records import records_of

ESSAY = """某县工作总结

某县县委组织部

县里高度重视组织工作。

一、抓党建

1.健全制度。党建有制度。制度有考核。
2.建好阵地。阵地有人管。
3.用好经费。经费有保障。

二、抓人才

1.引进人才。全年引进人才80名，兑现补贴3.5万元以上。
2.留住人才。建成人才公寓。
"""
PLAIN = "某镇情况\n\n全镇有三件事：\n\n第一件是修路。路修好了。\n\n第二件是架桥。桥架好了。\n"
RUN = (
    "某县河道条例\n\n第一条 禁止下列活动：\n（一）倾倒垃圾；\n（二）擅自修建。\n\n"
    "第二条 本条例自公布之日起施行。\n"
)
MEETINGS = (
    "调度会纪要\n\n2024年3月4日调度会\n主持人：何平\n议题：春耕用水\n\n"
    "2024年3月11日调度会\n主持人：陆敏\n议题：防汛备料\n"
)
TALK = (
    "支书访谈\n\n记者：您上任时村里怎样？\n\n支书：村里欠着账。路灯不亮。\n\n"
    "记者：后来呢？\n\n支书：账还清了。\n"
)
NESTED = (
    "某市材料\n\n一、聚焦产业。全市兴办企业50家。\n\n1.抓招商。招商有团队。\n\n2.抓服务。服务有专员。\n\n"
    "二、聚焦民生。"
    + "这里说的是开头的情况，话说得很长。" * 30
    + "建成养老食堂12个。后面还有一句。\n"
)
LONG = "某市总结\n\n" + "".join(
    f"{numeral}、{numeral}项工作。\n\n1.前半部分。做好事项。\n2.后半部分。做完事项。\n\n"
    for numeral in "一二三四五六七八九"
)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    texts = {"甲.txt": ESSAY, "乙.txt": PLAIN, "丙.txt": LONG, "丁.txt": RUN, "戊.txt": MEETINGS}
    texts |= {"己.txt": TALK, "庚.txt": NESTED}
    return Trees(records_of(tmp_path_factory.mktemp("compose"), texts))


def tree_of(trees: Trees, document: str) -> EssayTree:
    essays = trees.records.essays()
    return trees.of(next(e.essay_id for e in essays if e.document == document))


def found(
    trees: Trees, start: str, probability: float = 0.9, bold: str = "", certain: float = 0.9
) -> Evidence:
    """Return the sentence that begins so as evidence."""
    sentence = next(
        s
        for essay in trees.records.essays()
        for p in trees.of(essay.essay_id).paragraphs
        for s in trees.of(essay.essay_id).sentences(p.paragraph_id)
        if s.text.startswith(start)
    )
    at = sentence.start + sentence.text.index(bold) if bold else sentence.start
    span = (at, at + len(bold)) if bold else None
    return Evidence(sentence, probability, span, certain, hit(sentence))


def hit(sentence: Sentence) -> Hit:
    paragraph = sentence.paragraph
    passage = Passage("p", paragraph.paragraph_id, paragraph.essay_id, None, 0, 1, paragraph.text)
    return Hit(passage, 1.0, 1, None, 1)


def finished(made: Draft) -> tuple[Sequence[Block], Sequence[Citation]]:
    """Finish a draft: what it promises is checked there."""
    blocks, citations = made.finish()
    assert list(dict.fromkeys(marks(blocks))) == [c.number for c in citations]
    return blocks, citations


def shown(block: Block) -> str:
    return "".join(i.text for cell in cells(block) for i in cell if isinstance(i, Text))


def numbers(blocks: Sequence[Block]) -> list[int | None]:
    return [block.number for block in blocks if isinstance(block, Item)]


def notes(blocks: Sequence[Block]) -> list[str]:
    return [shown(block) for block in blocks if isinstance(block, Note)]


def listed(trees: Trees, *evidence: Evidence, form: Form = Form()) -> Draft:  # noqa: B008 (frozen)
    made = Draft()
    lists.write(evidence, made, form)
    return made


def test_measures_are_numbered_whole_under_their_leads(trees: Trees) -> None:
    made = listed(trees, found(trees, "制度有考核"), found(trees, "建成人才公寓"))
    blocks, citations = finished(made)
    assert isinstance(blocks[0], ParagraphBlock)
    assert numbers(blocks) == [1, 2]
    assert [c.quote for c in citations] == [
        "1.健全制度。党建有制度。制度有考核。",
        "2.留住人才。建成人才公寓。",
    ]
    first = next(b for b in blocks if isinstance(b, Item))
    bold = [i.text for i in first.inlines if isinstance(i, Text) and i.bold]
    assert bold == ["1.健全制度。"] or bold == ["健全制度。"]
    assert [citation.trail[0] for citation in citations] == ["一、抓党建", "二、抓人才"]
    assert len(made.items) == 2


def test_what_a_measure_says_above_those_in_it_is_listed_with_them(trees: Trees) -> None:
    made = listed(trees, found(trees, "全市兴办企业"), found(trees, "招商有团队", 0.8))
    said = [c.quote for c in finished(made)[1]]
    assert said == ["全市兴办企业50家。", "1.抓招商。招商有团队。", "2.抓服务。服务有专员。"]


def test_what_answers_in_a_long_measure_is_quoted_behind_its_beginning(trees: Trees) -> None:
    evidence = found(trees, "建成养老食堂")
    blocks, (beginning, answers) = finished(listed(trees, evidence, form=Form(length=200)))
    assert beginning.quote.startswith("二、聚焦民生。这里说的")
    assert len(beginning.quote) < 200
    assert answers.quote == "建成养老食堂12个。"
    assert shown(blocks[-1]).endswith(f"……{answers.quote}……")
    (table,), _ = finished(listed(trees, evidence, form=Form("table")))
    assert isinstance(table, Table)
    assert "建成养老食堂12个。" in "".join(i.text for i in table.rows[0][2] if isinstance(i, Text))


def test_where_there_is_little_room_the_likeliest_measures_are_listed(trees: Trees) -> None:
    every = [
        found(trees, "制度有考核", 0.3),
        found(trees, "建成人才公寓"),
        found(trees, "全年引进"),
    ]
    made = listed(trees, *sorted(every, key=lambda e: -e.probability), form=Form(items=2))
    said = [c.quote for c in finished(made)[1]]
    assert [quote[:6] for quote in said] == ["1.引进人才", "2.留住人才"]


def test_complete_is_said_only_where_all_of_a_section_are_listed(trees: Trees) -> None:
    all_said = claims.complete(3)
    one = listed(trees, found(trees, "制度有考核"))
    assert notes(finished(one)[0]) == []
    most = listed(trees, found(trees, "制度有考核"), found(trees, "经费有保障"))
    blocks, citations = finished(most)
    assert numbers(blocks) == [1, 2, 3]  # two of three answer: the section is the answer
    assert "阵地有人管" in citations[1].quote
    assert notes(blocks) == [all_said]
    few = Form(items=2)
    cut = listed(trees, found(trees, "制度有考核"), found(trees, "经费有保障"), form=few)
    assert all_said not in notes(finished(cut)[0])
    across = listed(
        trees, found(trees, "制度有考核"), found(trees, "经费有保障"), found(trees, "建成人才公寓")
    )
    assert all_said not in notes(finished(across)[0])


def test_weak_evidence_is_in_no_list(trees: Trees) -> None:
    weak = MEMBER / 2
    made = listed(trees, found(trees, "制度有考核"), found(trees, "建成人才公寓", weak))
    assert len(finished(made)[1]) == 1


def test_a_measure_that_is_cut_says_so(trees: Trees) -> None:
    made = listed(trees, found(trees, "县里高度"), found(trees, "1.健全制度"), form=Form(length=70))
    blocks, citations = finished(made)
    for block, citation in zip([b for b in blocks if isinstance(b, Item)], citations, strict=True):
        paragraph = citation.paragraph.text
        ends = citation.end == len(paragraph) or paragraph[citation.end :].lstrip()[:1].isdigit()
        assert ends or shown(block).endswith("……")


def test_all_measures_of_an_essay_are_complete_and_in_order(trees: Trees) -> None:
    made = Draft()
    tree = tree_of(trees, "甲.txt")
    assert records.everything([tree], made, leads_only=False, room=2000)
    blocks, citations = finished(made)
    leads = [node.lead for node in tree.nodes]
    assert [lead for lead in leads if not any(lead in c.quote for c in citations)] == []
    assert notes(blocks) == [claims.complete(5)]
    assert [*made.essays] == [tree.essay.essay_id]
    places = [(c.paragraph.ordinal, c.start) for c in citations]
    assert places == sorted(places)


def test_of_all_measures_the_leads_alone_are_still_all(trees: Trees) -> None:
    made = Draft()
    tree = tree_of(trees, "甲.txt")
    records.everything([tree], made, leads_only=True, room=2000)
    blocks, citations = finished(made)
    assert [c.quote for c in citations] == [n.lead for n in tree.nodes]
    assert notes(blocks) == [claims.complete(5)]


def test_where_there_are_too_many_the_levels_above_are_listed_and_counted(trees: Trees) -> None:
    made = Draft()
    tree = tree_of(trees, "丙.txt")
    records.everything([tree], made, leads_only=False, room=100)
    blocks, citations = finished(made)
    (note,) = notes(blocks)
    assert "全部列出" not in note
    assert re.findall(r"\d+", note) == [str(len(citations)), "18"]
    assert numbers(blocks) == list(range(1, len(citations) + 1))


def test_an_essay_without_measures_is_its_paragraphs(trees: Trees) -> None:
    made = Draft()
    tree = tree_of(trees, "乙.txt")
    assert records.everything([tree], made, leads_only=False, room=2000)
    _, citations = finished(made)
    assert "第二件是架桥。桥架好了。" in [c.quote for c in citations]


def sentences(trees: Trees, *evidence: Evidence, kind: str = "fact") -> Draft:
    made = Draft()
    few.write("", kind, evidence, made, Form())
    return made


def test_the_span_that_answers_is_bold_and_a_figure_is_so_whole(trees: Trees) -> None:
    start = "全年引进人才80名"

    def bold(kind: str, span: str) -> list[str]:
        (block, *_), _ = finished(sentences(trees, found(trees, start, bold=span), kind=kind))
        assert isinstance(block, ParagraphBlock)
        return [i.text for i in block.inlines if isinstance(i, Text) and i.bold]

    assert bold("fact", "兑现补贴") == ["兑现补贴"]
    assert bold("fact", "") == []
    assert bold("number", "3.5万") == ["3.5万元以上"]
    assert bold("number", "80") == ["80名"]
    assert bold("number", "引进") == []


def test_of_several_figures_that_is_bold_of_which_the_reader_is_certain(trees: Trees) -> None:
    for certain, shown in ((0.9, ["3.5万元以上"]), (0.2, ["80名"])):
        evidence = found(trees, "全年引进人才80名", bold="3.5万", certain=certain)
        draft = Draft()
        few.write("引进人才花了多少", "number", [evidence], draft, Form())
        (block, *_), _ = finished(draft)
        assert isinstance(block, ParagraphBlock)
        assert [i.text for i in block.inlines if isinstance(i, Text) and i.bold] == shown


def test_the_heading_of_a_field_says_whose_it_is(trees: Trees) -> None:
    _, citations = finished(sentences(trees, found(trees, "主持人：陆敏")))
    assert [c.quote for c in citations][:2] == ["2024年3月11日调度会", "主持人：陆敏"]


def test_what_comes_close_stands_below_and_what_does_not_is_left_out(trees: Trees) -> None:
    far = BESIDE / 4
    made = sentences(
        trees,
        found(trees, "建成人才公寓"),
        found(trees, "阵地有人管", 0.8),
        found(trees, "经费", far),
    )
    blocks, citations = finished(made)
    assert [c.quote for c in citations] == ["建成人才公寓。", "阵地有人管。"]
    assert isinstance(blocks[0], ParagraphBlock)
    assert isinstance(blocks[-1], Item)


def test_the_numbered_run_that_a_sentence_announces_is_quoted_with_it(trees: Trees) -> None:
    _, citations = finished(sentences(trees, found(trees, "第一条 禁止")))
    said = [c.quote for c in citations]
    for item in ("倾倒垃圾", "擅自修建"):
        assert [quote for quote in said if item in quote]
    assert not [quote for quote in said if "自公布之日" in quote]


def test_what_a_text_asks_itself_is_quoted_with_what_follows_and_nothing_is_bold(
    trees: Trees,
) -> None:
    evidence = found(trees, "记者：您上任时", bold="村里")
    blocks, citations = finished(sentences(trees, evidence))
    quotes = ["记者：您上任时村里怎样？", "支书：村里欠着账。", "路灯不亮。"]
    assert [citation.quote for citation in citations] == quotes
    inlines = [inline for block in blocks for cell in cells(block) for inline in cell]
    assert not any(inline.bold for inline in inlines if isinstance(inline, Text))


@pytest.mark.parametrize("as_table", [True, False])
def test_places_side_by_side(trees: Trees, as_table: bool) -> None:
    made = Draft()
    rows = {"甲县": [found(trees, "经费有保障"), found(trees, "制度有考核")], "乙县": []}
    comparison.table(rows, made, Form("table" if as_table else None))
    blocks, citations = finished(made)
    assert [c.quote for c in citations] == ["制度有考核。", "经费有保障。"]  # in reading order
    if as_table:
        (table,) = blocks
        assert isinstance(table, Table)
        assert [len(row) for row in table.rows] == [len(table.header)] * 2
        assert [i for cell in table.rows[1] for i in cell if isinstance(i, Mark)] == []
    text = "".join(map(shown, blocks))
    assert text.index("甲县") < text.index("经费有保障。") < text.index("乙县")
    assert claims.UNDIRECT in text


def test_an_item_on_screen_is_unfolded_with_all_under_it(trees: Trees) -> None:
    made = Draft()
    tree = tree_of(trees, "甲.txt")
    records.leads(tree.roots, made)
    assert len(made.items) == 2
    whole = Draft()
    records.unfold(made.items[1], tree, whole)
    said = "".join(c.quote for c in finished(whole)[1])
    for text in ("二、抓人才", "全年引进人才80名，兑现补贴3.5万元以上。", "建成人才公寓。"):
        assert text in said
    assert "党建有制度" not in said


def test_whose_text_it_is() -> None:
    full = Essay("甲#0", "材料/甲.txt", title="总结", place="某县", author="张三")
    assert label(full) == "某县 张三《总结》"
    assert label(replace(full, author="张" * 40, place=None)) == "《总结》"
    assert label(Essay("甲#0", "材料/甲.txt")) == "甲.txt"
