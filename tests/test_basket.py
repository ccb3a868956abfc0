"""The basket: what is put in stays, once, in the order that its user gives it; nobody else's."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from openpyxl import load_workbook

from rag import basket as baskets
from rag.basket import MOST, Basket, BasketEntry, BasketFull, answered, quoted
from rag.blocks import Heading, Item, Mark, Text
from rag.blocks import ParagraphBlock as Said
from rag.errors import BadInput
from rag.export import as_markdown, of_basket
from rag.pipeline import Assistant
from rag.render.text import text
from rag.settings import Settings
from rag.types import Citation, Essay, Filters, Paragraph, Piece
from rag.users import LOCAL_NAME
from tests.keeping import keep
from ui.app import plain_app
from ui.site import Site

ASKED = "太湖县在人才方面有哪些措施？"
ELSEWHERE = {"origin": "http://evil.example"}
SCRIPT = {"accept": "application/json"}


def citation(quote: str, essay: str = "甲") -> Citation:
    paragraph = Paragraph(f"{essay}#1.2", f"{essay}#1", 2, "body", quote, (Piece(0, 3),))
    return Citation(1, paragraph, Essay(f"{essay}#1", f"{essay}.txt"), quote, 0, len(quote))


def words(entries: tuple[BasketEntry, ...]) -> list[str]:
    """Return what is read of entries, marks as "[1]"."""
    return [text([entry.block]) for entry in entries]


@pytest.fixture
def basket(tmp_path: Path) -> Iterator[Basket]:
    made = Basket(tmp_path)
    yield made
    made.close()


def test_what_is_put_in_outlives_the_process(tmp_path: Path) -> None:
    first = Basket(tmp_path)
    first.put("王", [quoted(citation("先选。"))])
    first.write("王", "一、人才", level=1)
    first.write("王", "自己的话。\n第二行。")
    first.entitle("王", "  汇总 \x00 材料 ")
    before = first.entries("王")
    first.close()
    again = Basket(tmp_path)
    assert again.entries("王") == before
    assert words(before) == ["先选。[1]", "一、人才", "自己的话。\n第二行。"]
    assert [each.own for each in before] == [False, True, True]
    assert again.title("王") == "汇总 材料"
    assert (again.entries("李"), again.title("李")) == ((), "")
    again.close()


def test_the_same_words_are_there_once_with_the_sources_of_both(basket: Basket) -> None:
    assert basket.put("王", [quoted(citation("先选后育。"))]) == 1
    assert basket.put("王", [quoted(citation("先选后育。"))]) == 0
    assert basket.put("王", [quoted(citation("先选后育。", "乙"))]) == 0
    (entry,) = basket.entries("王")
    assert text([entry.block]) == "先选后育。[1][2]"
    assert [(c.number, c.essay.document) for c in entry.citations] == [(1, "甲.txt"), (2, "乙.txt")]
    assert basket.put("李", [quoted(citation("先选后育。"))]) == 1


def test_an_answer_goes_in_under_its_question_and_again_adds_nothing(
    basket: Basket, assistant: Assistant
) -> None:
    answer = assistant.ask(ASKED)
    entries = answered(answer)
    assert entries[0].block == Heading((Text(ASKED),))
    assert [each.block for each in entries[1:]] == [b for b in answer.blocks if b.type != "note"]
    assert all(each.citations for each in entries if isinstance(each.block, Item))
    assert basket.put("王", entries) == len(entries)
    assert basket.put("王", entries) == 0
    first = next(at for at, block in enumerate(answer.blocks) if isinstance(block, Item))
    assert basket.put("王", answered(answer, first)) == 0, "a block of it is there, too"
    with pytest.raises(IndexError):
        answered(answer, len(answer.blocks))


def test_what_is_new_stands_below_the_words_that_announce_it(basket: Basket) -> None:
    def said(*quotes: str) -> list[BasketEntry]:
        heading = BasketEntry(Heading((Text("有哪些措施？"),)), own=True)
        label = BasketEntry(Said((Text("甲县："),)))
        return [heading, label, *(quoted(citation(each)) for each in quotes)]

    assert basket.put("王", said("先选。", "后育。")) == 4
    assert basket.put("王", said("后育。")) == 0
    assert basket.put("王", said("先选。", "再用。")) == 3
    words = [text([each.block]).removesuffix("[1]") for each in basket.entries("王")]
    assert words == [
        "有哪些措施？", "甲县：", "先选。", "后育。", "有哪些措施？", "甲县：", "再用。",
    ]  # fmt: skip


def test_only_own_words_are_changed_and_bad_ones_refused(basket: Basket) -> None:
    basket.put("王", [quoted(citation("先选。"))])
    basket.write("王", "标题", level=2)
    taken, own = (each.entry_id for each in basket.entries("王"))
    basket.rewrite("王", own, "新 标题\u202e\x07")
    assert basket.entries("王")[1].block == Heading((Text("新 标题"),), level=2)
    for user, entry_id in (("王", taken), ("李", own), ("王", 99)):
        with pytest.raises(KeyError):
            basket.rewrite(user, entry_id, "甲")
    for bad, level in (("", 0), (" \x00\u202e", 0), ("长" * 2001, 0), ("长" * 101, 1)):
        with pytest.raises(BadInput):
            basket.write("王", bad, level)
        with pytest.raises(BadInput):
            basket.rewrite("王", own, bad * 30)


def test_a_full_basket_refuses_all_or_nothing_and_keeps_what_it_has(basket: Basket) -> None:
    basket.put("王", [quoted(citation(f"第{n}句。")) for n in range(MOST - 1)])
    with pytest.raises(BasketFull):
        basket.put("王", [quoted(citation("甲。")), quoted(citation("乙。"))])
    assert len(basket.entries("王")) == MOST - 1
    basket.write("王", "末条")
    with pytest.raises(BasketFull):
        basket.write("王", "多一条")
    assert basket.put("王", [quoted(citation("第3句。"))]) == 0, "what is there needs no room"


def test_a_removal_is_undone_in_its_place_and_what_was_put_in_again_stays_once(
    basket: Basket,
) -> None:
    basket.put("王", [quoted(citation(each)) for each in ("甲", "乙", "丙")])
    first, second, _ = (each.entry_id for each in basket.entries("王"))
    basket.remove("王", second)
    basket.move("王", first)
    assert words(basket.entries("王")) == ["丙[1]", "甲[1]"]
    basket.restore("王")
    assert words(basket.entries("王")) == ["乙[1]", "丙[1]", "甲[1]"]
    basket.remove("王")
    assert basket.entries("王") == ()
    basket.put("王", [quoted(citation("丙"))])
    basket.restore("王")
    assert sorted(words(basket.entries("王"))) == ["丙[1]", "乙[1]", "甲[1]"]
    for change in (basket.remove, basket.move):
        with pytest.raises(KeyError):
            change("李", first)


class Orders(RuleBasedStateMachine):
    """Any moves, removals and restorings, held against a plain list."""

    folder = Path()

    def __init__(self) -> None:
        super().__init__()
        self.basket = Basket(self.folder)
        self.user = f"user{len(self.basket._file.rows('SELECT DISTINCT user FROM entries'))}"
        self.model: list[int] = []
        self.count = 0

    @rule()
    def put(self) -> None:
        """Put one more in."""
        self.count += 1
        self.basket.put(self.user, [quoted(citation(f"第{self.count}句"))])
        self.model.append(self.basket.entries(self.user)[-1].entry_id)

    @rule(one=st.integers(0, 9), other=st.integers(0, 9))
    def move(self, one: int, other: int) -> None:
        """Move one before another, or to the end."""
        if one >= len(self.model):
            return
        entry = self.model[one]
        before = self.model[other] if other < len(self.model) else 0
        self.basket.move(self.user, entry, before)
        if entry != before:
            self.model.remove(entry)
            self.model.insert(self.model.index(before) if before else len(self.model), entry)

    @rule(one=st.integers(0, 9))
    def remove_and_restore(self, one: int) -> None:
        """Remove one and have it back."""
        if one < len(self.model):
            self.basket.remove(self.user, self.model[one])
            assert len(self.basket.entries(self.user)) == len(self.model) - 1
            self.basket.restore(self.user)

    @invariant()
    def same(self) -> None:
        """The basket has the order of the list."""
        assert [each.entry_id for each in self.basket.entries(self.user)] == self.model

    def teardown(self) -> None:
        """Close the file."""
        self.basket.close()


def test_the_order_is_that_of_a_list(tmp_path: Path) -> None:
    Orders.folder = tmp_path
    run_state_machine_as_test(Orders, settings=settings(max_examples=20, stateful_step_count=20))


def test_own_words_are_exported_as_such_and_lists_are_counted_anew() -> None:
    entries = (
        BasketEntry(Heading((Text("一"),)), own=True),
        BasketEntry(
            Item((Text("丙。"), Mark(3)), number=7), (replace(citation("丙。"), number=3),)
        ),
        BasketEntry(
            Item((Text("丁。"), Mark(4)), number=2), (replace(citation("丁。"), number=4),)
        ),
        BasketEntry(Said((Text("我说<b>。"),)), own=True),
    )
    assert as_markdown(of_basket("汇总", entries)) == (
        "# 汇总\n\n## 一\n\n1. 丙。[^1]\n2. 丁。[^1]\n\n我说\\<b\\>。[^2]\n\n"
        "[^1]: 甲.txt，第2段。\n[^2]: 自拟文字，不是文库原文。\n"
    )


# ---- the page ----


@pytest.fixture(scope="module")
def site(assistant: Assistant, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    data = str(tmp_path_factory.mktemp("data"))
    return Site.open(assistant, Settings(data=data, index=str(index)))


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(plain_app(site), base_url="http://localhost", follow_redirects=False) as client:
        yield client
    site.basket.remove(LOCAL_NAME)


def passage(assistant: Assistant, holding: str) -> str:
    """Return the name of the passage that is a whole paragraph."""
    (row, *_) = assistant.records.holding(holding)
    (found,) = assistant.records.passages([row])
    paragraph = assistant.records.paragraph(found.paragraph_id)
    return f"{paragraph.paragraph_id}:0-{len(paragraph.text)}"


def test_a_quote_and_an_answer_are_put_in_and_carried_away(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    quote = {"quote": passage(assistant, "人才驿站")}
    kept = keep(site.history, LOCAL_NAME, None, assistant.ask(ASKED), Filters()).answer_id
    put = client.post("/basket/put", data=quote, headers=SCRIPT)
    assert (put.status_code, put.json()) == (200, {"told": "已放入素材篮：1 条"})
    again = client.post("/basket/put", data=quote, headers=SCRIPT)
    assert again.json() == {"told": "素材篮里已有，没有重复放入。"}
    assert client.post("/basket/put", data={"answer": kept}).headers["location"] == "/basket"
    client.post("/basket/put", data={"answer": f"{kept}/0"})
    client.post("/basket/title", data={"title": "人才工作"})
    word = client.get("/basket/download.docx")
    assert "%E4%BA%BA%E6%89%8D%E5%B7%A5%E4%BD%9C.docx" in word.headers["content-disposition"]
    paragraphs = Document(BytesIO(word.content)).paragraphs
    assert paragraphs[0].text == "人才工作"
    assert "人才驿站" in paragraphs[1].text
    assert "# 人才工作\n" in client.get("/basket/download.md").text
    book = load_workbook(BytesIO(client.get("/basket/download.xlsx").content))
    assert "人才驿站" in str(book["正文"]["B2"].value)
    assert "《读懂党的二十大报告精神" in str(book["正文"]["C2"].value)
    entry = site.basket.entries(LOCAL_NAME)[0].entry_id
    assert client.get(f"/basket/{entry}").headers["location"].startswith("/library/essay?id=")


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"quote": "x"}, {"quote": "甲#1.2:0-5"}, {"quote": ":0-5"}, {"answer": "none"},
        {"quote": "{}:5-5"}, {"quote": "{}:-1-5"}, {"quote": "{}:0-99999"}, {"quote": "{}:٣-x"},
        {"answer": "{kept}/99"}, {"answer": "{kept}/-99"}, {"answer": "{kept}/x"},
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_put_in(
    client: TestClient, site: Site, assistant: Assistant, sent: dict[str, str]
) -> None:
    kept = keep(site.history, LOCAL_NAME, None, assistant.ask(ASKED), Filters()).answer_id
    named = passage(assistant, "人才驿站").rpartition(":")[0]
    data = {
        name: value.replace("{kept}", kept).replace("{}", named) for name, value in sent.items()
    }
    refused = client.post("/basket/put", data=data, headers=SCRIPT)
    assert refused.status_code == 404
    assert refused.json()["told"].startswith("没有放入：")
    assert "没有放入：" in client.post("/basket/put", data=data).text
    assert site.basket.entries(LOCAL_NAME) == ()


HOSTILE = (
    "<script>alert(1)</script>\n=cmd|' /C calc'!A0 **[x](javascript:y)** \u202e\u05e9\u05dc\u2066"
)


def test_hostile_words_are_shown_and_exported_as_they_are(client: TestClient, site: Site) -> None:
    client.post("/basket/write", data={"text": HOSTILE, "level": "0"})
    client.post("/basket/write", data={"text": HOSTILE[:60], "level": "1"})
    client.post("/basket/title", data={"title": HOSTILE[:60]})
    page = client.get("/basket").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    assert "\u202e" not in page
    markdown = client.get("/basket/download.md").text
    assert "<script>" not in markdown.replace("\\<", "")
    assert "](" not in markdown.replace("\\]", "")
    book = load_workbook(BytesIO(client.get("/basket/download.xlsx").content))
    assert "f" not in {cell.data_type for row in book["正文"] for cell in row}
    said = [
        p.text for p in Document(BytesIO(client.get("/basket/download.docx").content)).paragraphs
    ]
    assert said[1].startswith("<script>alert(1)</script>\n=cmd|' /C calc'!A0 **[x]")


def test_words_that_are_refused_are_named_in_one_line(client: TestClient) -> None:
    for text_, level in (("", "0"), (" \x01 ", "1"), ("长" * 101, "1"), ("长" * 2001, "0")):
        refused = client.post("/basket/write", data={"text": text_, "level": level})
        assert refused.status_code == 422
        assert refused.text.count("没有存下：文字不能为空") == 1
    assert client.post("/basket/write", data={"text": "甲", "level": "9"}).status_code == 422
    for move in ("x", "1-", "1-2-3", "9" * 16 + "-0", "٣-0"):
        assert client.post("/basket/change", data={"move": move}).status_code == 422
    for change in ({"move": "77-0"}, {"remove": "77"}):
        assert client.post("/basket/change", data=change).status_code == 404
    for path in ("put", "write", "change", "title"):
        assert client.post(f"/basket/{path}", headers=ELSEWHERE).status_code == 403


def test_the_page_works_without_a_script(client: TestClient, site: Site) -> None:
    for each in "甲乙丙":
        client.post("/basket/write", data={"text": each})
    first, second, third = (each.entry_id for each in site.basket.entries(LOCAL_NAME))
    page = client.get("/basket").text
    for value in (f"{second}-{first}", f"{first}-{third}", f"{second}-0", f"{third}-{second}"):
        assert f'name="move" value="{value}"' in page
    client.post("/basket/change", data={"move": f"{third}-{first}"})
    client.post("/basket/change", data={"remove": str(first)})
    assert words(site.basket.entries(LOCAL_NAME)) == ["丙", "乙"]
    client.post("/basket/change", data={"restore": "1"})
    assert words(site.basket.entries(LOCAL_NAME)) == ["丙", "甲", "乙"]
    client.post("/basket/change", data={"clear": "1"})
    assert site.basket.entries(LOCAL_NAME) == ()
    assert "还没有素材。" in client.get("/basket").text


def test_an_entry_whose_essay_is_gone_or_changed_is_kept_and_marked(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    client.post("/basket/put", data={"quote": passage(assistant, "人才驿站")})
    assert "文库已没有这段原文" not in client.get("/basket").text
    there = site.basket.entries(LOCAL_NAME)[0].citations[0]
    changed = replace(
        there, paragraph=replace(there.paragraph, text="旧文。"), quote="旧文。", end=3
    )
    site.basket.put(LOCAL_NAME, [quoted(citation("无篇之句。")), quoted(changed)])
    page = client.get("/basket").text
    assert page.count("文库已没有这段原文") == 2
    assert "无篇之句。" in page
    markdown = client.get("/basket/download.md").text
    assert "无篇之句。[^2]" in markdown


def test_500_long_entries_are_a_page_of_less_than_500_kb(
    client: TestClient, site: Site, assistant: Assistant
) -> None:
    records = assistant.records
    (essay,) = (each for each in records.essays() if each.author == "左小斌")
    long = records.paragraphs(essay.essay_id)[8]
    quotes = [Citation(1, long, essay, f"第{n}条。" + "<&长文" * 500, 0, 3) for n in range(MOST)]
    site.basket.put(LOCAL_NAME, [quoted(each) for each in quotes])
    page = client.get("/basket")
    assert page.text.count('<li id="e') == MOST
    assert len(page.content) <= 500_000
    word = Document(BytesIO(client.get("/basket/download.docx").content))
    assert sum(quotes[7].quote in each.text for each in word.paragraphs) == 1, "whole in the file"


@given(
    st.lists(st.sampled_from("甲乙丙"), max_size=4), st.lists(st.sampled_from("甲乙丙"), max_size=4)
)
def test_joining_never_loses_a_source(one: list[str], other: list[str]) -> None:
    first, second = ([citation("同句。", essay) for essay in essays] for essays in (one, other))
    there = BasketEntry(Said((Text("同句。"),)))
    for each in (*first, *second):
        there = baskets._joined(there, quoted(each))
    assert {c.essay.document[0] for c in there.citations} == {*one, *other}
    assert len(there.citations) == len({*one, *other})
    assert text([there.block]) == "同句。" + "".join(f"[{c.number}]" for c in there.citations)


def test_a_basket_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    made = Basket(tmp_path)
    made._file.run(("PRAGMA user_version = 99",))
    made.close()
    with pytest.raises(BadInput, match="later version"):
        Basket(tmp_path)
