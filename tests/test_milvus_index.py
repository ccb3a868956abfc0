"""A snapshot on Milvus against the one in a folder, on texts and facts that are made to be hard."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rag.index import Generation, Snapshot, Store, open_store, write_generation
from rag.passages import passages
from rag.retrieval.question import Question
from rag.settings import Settings
from rag.types import Document, Essay, Filters, Line, Outline, Paragraph, Piece
from tests.test_index_generation import LetterEncoder

pytest.importorskip("pymilvus")

FACTS: tuple[tuple[str | None, ...], ...] = (  # author, office, place, publication, issue, date
    ("王平", "县委", "太湖县", "组工信息", "32", "2022-10-25"),
    ("王平、李四", "县委组织部", "100%的县_甲", "组工信息", "3", "2022-1"),
    ("王", None, "a_b", None, "32", "2022"),
    ('张"三', "反\\斜", "它's", '引"号', "\\", "2022-11"),
    (None, None, None, None, None, None),
    ("", "", "", "", "", ""),
)
SAID = (
    "育人才。建立人才库，每年培训两次。",
    "甲乙。丙丁。" * 35,  # 70 sentences: more than a plane of bits holds
    *["同样的话，同样的分。"] * 260,  # as many that score alike as are more than a list holds
    "。。。",
    "太湖县的人才。" * 3,
    "𠀀𪚥，👩🏽‍🌾。",
)
WANTED = [
    *(Filters(place=(value,)) for value in ("太湖", "%", "_", "a_b", "it", "'", "", "没有")),
    *(
        Filters(author=(value,))
        for value in ("王", "王平", "李四", "王平、李四", "平", '张"三', "")
    ),
    *(Filters(date=(value,)) for value in ("2022", "2022-1", "2022-10", "20", "2022-1%")),
    *(Filters(issue=(value,)) for value in ("32", "3", "\\", "")),
    *(Filters(office=(value,)) for value in ("县委", "\\", "反\\斜", "a\x00b", "\n")),
    Filters(publication=("组工", "引"), place=("县",)),
    Filters(publication=('引"号',)),
    Filters(place=('" or essay >= 0 or place == "',)),
    Filters(place=("", "太湖")),
    Filters(essay_id=("甲#0", "丙#0", "没有")),
    Filters(essay_id=("没有",)),
    Filters(essay_id=("甲#0",), place=("太湖",)),
]


def outlines() -> list[Outline]:
    made = []
    for name, facts in zip("甲乙丙丁戊己", FACTS, strict=True):
        author, office, place, publication, issue, date = facts
        essay = Essay(
            f"{name}#0", name, title=f"{name}的做法", author=author, office=office, place=place,
            publication=publication, issue=issue, date=date,
        )  # fmt: skip
        said = SAID if name == "甲" else SAID[:3] if name == "乙" else SAID[-3:]
        paragraphs = tuple(
            Paragraph(f"{name}#0.{n}", essay.essay_id, n, "body", text, (Piece(0, n),), ("抓。",))
            for n, text in enumerate(said, 1)
        )
        lines = tuple(Line(text, n) for n, text in enumerate(said, 1))
        made.append(Outline(Document(name, "", "txt", lines), (essay,), paragraphs, ()))
    empty = Essay("空#0", "空", title="太湖县的人才")  # an essay without any passage
    made.append(Outline(Document("空", "", "txt", ()), (empty,), (), ()))
    return made


def write(index: Path, some: list[Outline]) -> str:
    cut = [passage for each in some for passage in passages(each, 420)]
    return write_generation(index, some, cut, LetterEncoder(), Settings())


@dataclass(frozen=True)
class Both:
    """The same generation in a folder and on the server."""

    here: Generation
    there: Snapshot
    store: Store


@pytest.fixture(scope="module")
def both(milvus_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Both:
    index, store = tmp_path_factory.mktemp("index"), open_store(Path("nowhere"), milvus_settings)
    name = write(index, outlines())
    store.publish(index, name, LetterEncoder(), lambda *step: None)
    here = Generation.open(index, LetterEncoder(), name)
    return Both(here, store.open(LetterEncoder()), store)


@pytest.mark.parametrize("question", ["太湖县的人才培训", "同样的话", "甲乙丙丁", "饕餮", "🌾"])
@pytest.mark.parametrize("filters", [Filters(), *WANTED[:1], Filters(essay_id=("甲#0", "乙#0"))])
def test_the_same_rows_for_the_same_reasons(both: Both, question: str, filters: Filters) -> None:
    terms = tuple(dict.fromkeys(both.here.tokenizer.tokens(question)))
    assert both.there.tokenizer.tokens(question) == both.here.tokenizer.tokens(question)
    assert [both.there.idf(term) for term in terms] == [both.here.idf(term) for term in terms]
    assert both.there.idfs(terms).tolist() == pytest.approx(both.here.idfs(terms).tolist())
    boosts = np.linspace(0.3, 2, len(terms), dtype=np.float32)
    asked = Question(terms, boosts, boosts / boosts.sum(), 1.0)
    query = LetterEncoder().encode_queries([question])[0]
    for pool in (7, 400):
        sides = (both.here, both.there)
        here, there = (each.candidates(asked, query, pool, filters) for each in sides)
        assert there.lists.sparse.tolist() == here.lists.sparse.tolist()
        assert there.lists.essays.tolist() == here.lists.essays.tolist()
        near = [both.here.dense.cosines(query, found.lists.dense) for found in (here, there)]
        np.testing.assert_allclose(near[1], near[0], atol=1e-6)  # equal ones: faiss's choice
        _, one, other = np.intersect1d(here.rows, there.rows, return_indices=True)
        for column, same in zip(here.evidence, there.evidence, strict=True):
            np.testing.assert_array_equal(same[other], column[one])


@pytest.mark.parametrize("filters", WANTED)
def test_filters_never_let_through_what_they_should_not(both: Both, filters: Filters) -> None:
    here, there = both.here.records.essays_where(filters), both.there.records.essays_where(filters)
    assert there == here
    query = LetterEncoder().encode_queries(["太湖"])[0]
    ones = np.ones(2, np.float32)
    asked = Question(("太湖", "人才"), ones, ones / 2, 1.0)
    rows = both.there.candidates(asked, query, 50, filters).rows
    found = {both.here.records.passage(int(row)).essay_id for row in rows}
    assert found <= {essay.essay_id for essay in here}
