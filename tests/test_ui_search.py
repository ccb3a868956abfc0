"""Exact search counts what a reader would count; what is near is apart; text is only text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index import Records
from rag.pipeline import Assistant
from rag.types import Filters
from ui.search import exact, marked, near, places, shown

EVERYTHING = Filters()


class Marks(HTMLParser):
    """The text of a page, and of its marks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.marked, self._open = "", list[str](), False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a mark; nothing else may come."""
        assert (tag, attrs) == ("mark", [])
        self.marked.append("")
        self._open = True

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        self._open = False

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data
        if self._open:
            self.marked[-1] += data


@pytest.fixture(scope="module")
def records(assistant: Assistant) -> Records:
    return assistant.records


def counted(records: Records, word: str, filters: Filters = EVERYTHING) -> tuple[int, int]:
    """Count a word that no folding changes, paragraph by paragraph."""
    places = essays = 0
    for essay in records.essays_where(filters):
        of = [p.text.replace(" ", "").count(word) for p in records.paragraphs(essay.essay_id)]
        places += sum(of)
        essays += essay.kind == "essay" and sum(of) > 0
    return places, essays


@pytest.mark.parametrize("word", ["墩苗", "人才", "的", "乡村振兴", "第32期", "没有这样的话"])
@pytest.mark.parametrize("filters", [EVERYTHING, Filters(place=("池州市",)), Filters(date=("1",))])
def test_counts_are_those_of_brute_force(records: Records, word: str, filters: Filters) -> None:
    (count,) = exact(word, records, filters).counts
    assert (count.word, count.places, count.essays) == (word, *counted(records, word, filters))


def test_every_place_is_marked_once_in_its_sentence(records: Records) -> None:
    found = exact("人才", records, EVERYTHING)
    pages = [Marks(str(each.text)) for each in shown(found.rows, "人才", records)]
    assert [word for page in pages for word in page.marked] == ["人才"] * found.counts[0].places
    for each, page in zip(shown(found.rows, "人才", records), pages, strict=True):
        assert all(part in each.paragraph.text for part in page.text.split("……"))
        assert each.paragraph.text[each.start : each.end] == "人才"
        first, last = page.text.split("……")[0], page.text.split("……")[-1]
        put = each.paragraph.text[slice(*each.sentences)]
        assert put.startswith(first) and put.endswith(last), "a basket gets whole sentences"


def test_of_several_words_each_is_counted_and_a_passage_holds_all(records: Records) -> None:
    found = exact("人才 干部 人才", records, EVERYTHING)
    assert [count.word for count in found.counts] == ["人才", "干部"]
    passages = records.passages(found.rows)
    assert passages
    assert all("人才" in p.text and "干部" in p.text for p in passages)
    assert len(passages) == sum(
        "人才" in p.text and "干部" in p.text
        for p in records.passages(range(len(records.essay_of_row)))
    )


def test_near_passages_hold_not_the_words_and_unrelated_words_have_none(
    assistant: Assistant,
) -> None:
    query = "年轻干部到基层锻炼"
    found = near(query, assistant, EVERYTHING)
    assert found
    assert len(found) < 30
    assert all(query not in each.paragraph.text for each in found)
    assert near("红烧肉的做法", assistant, EVERYTHING) == ()
    assert near(query, assistant, Filters(place=("没有的县",))) == ()


def test_words_are_found_as_exact_look_up_finds_them() -> None:
    assert places("用ＡＢ 区，ab\n区", ["ab区"]) == [(1, 5), (6, 10)]
    assert places("人才人才", ["人才", "才人"]) == [(0, 2), (1, 3), (2, 4)]


def test_the_longest_word_is_marked_and_nothing_runs() -> None:
    text = "建人才驿站<b>人才</b>"
    found = Marks(str(marked(text, places(text, ["人才", "人才驿站"]))))
    assert found.text == text
    assert found.marked == ["人才驿站", "人才"]


@given(st.text(alphabet="甲乙<>&\"'/mark", max_size=20), st.lists(st.text("甲<m", min_size=1)))
def test_any_text_comes_out_as_it_was(text: str, words: list[str]) -> None:
    assert Marks(str(marked(text, places(text, words)))).text == text
