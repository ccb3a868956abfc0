"""The basket: what is put in stays, once, in the order that its user gives it; nobody else's."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rag import basket as baskets
from rag.basket import MOST, Basket, BasketEntry, BasketFull, answered, quoted
from rag.blocks import Heading, Item, Mark, Text
from rag.blocks import ParagraphBlock as Said
from rag.errors import BadInput
from rag.export import as_markdown, of_basket
from rag.pipeline import Assistant
from rag.render.text import text
from rag.types import Citation, Essay, Paragraph, Piece

ASKED = "太湖县在人才方面有哪些措施？"


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
