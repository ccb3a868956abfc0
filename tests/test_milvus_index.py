"""A snapshot on Milvus against the one in a folder, on texts and facts that are made to be hard."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from rag.encoding import Vectors
from rag.evaluation.collection import write_generation
from rag.index import FolderStore, Generation, Scores, open_store
from rag.index.milvus import MilvusGeneration
from rag.settings import Settings
from rag.types import Document, Essay, Filters, Line, Outline, Paragraph, Piece
from rag.words import tokens
from tests.letters import LetterEncoder

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
    "甲乙。丙丁。" * 35,
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


@dataclass(frozen=True)
class Both:
    """The same generation in a folder and on the server."""

    here: Generation
    there: MilvusGeneration


@pytest.fixture(scope="module")
def both(milvus_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Both:
    index = tmp_path_factory.mktemp("index")
    store, letters = open_store(index, milvus_settings), LetterEncoder()
    name = write_generation(index, outlines(), letters, Settings())
    told: list[tuple[str, int, int]] = []
    store.publish(name, lambda *step: told.append(step))
    here = FolderStore(index).open(letters, name)
    assert told[-1] == ("upload", here.bm25.size, here.bm25.size)
    there = store.open(letters)
    assert isinstance(there, MilvusGeneration)
    return Both(here, there)


def asked(question: str) -> tuple[tuple[str, ...], Scores, Vectors]:
    """Terms, of different weight, and a vector."""
    terms = tuple(dict.fromkeys(tokens(question)))
    boosts = np.linspace(0.3, 2, len(terms), dtype=np.float32)
    return terms, boosts, LetterEncoder().encode_queries([question])[0]


@pytest.mark.parametrize("question", ["太湖县的人才培训", "同样的话", "甲乙丙丁", "饕餮", "🌾"])
@pytest.mark.parametrize("filters", [Filters(), *WANTED[:1], Filters(essay_id=("甲#0", "乙#0"))])
@pytest.mark.parametrize("pool", [7, 400])
def test_the_same_rows_are_worth_the_same(
    both: Both, question: str, filters: Filters, pool: int
) -> None:
    """Which rows come may differ where many are alike; what each is worth may not."""
    terms, boosts, query = asked(question)
    here = both.here.bm25.match(terms, boosts)
    found = both.there.candidates(terms, boosts, query, pool, filters)
    essays = here.essays[both.here.records.essay_of_row[found.rows]]
    np.testing.assert_allclose(found.passages, here.passages[found.rows], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.essays, essays, rtol=1e-5, atol=1e-6)
    assert both.here.dense is not None
    assert found.cosines is not None
    cosines = both.here.dense.vectors(found.rows) @ query
    np.testing.assert_allclose(found.cosines, cosines, atol=1e-5)
    allowed = both.here.records.rows_where(filters)
    best = np.sort(here.passages[allowed])[::-1][:pool]
    np.testing.assert_allclose(here.passages[found.sparse[:pool]], best[best > 0], rtol=1e-5)
    nearest = np.sort(both.here.dense.vectors(allowed) @ query)[::-1][:pool]
    by_meaning = both.here.dense.vectors(found.dense[:pool]) @ query
    np.testing.assert_allclose(by_meaning, nearest, atol=1e-5)
    assert found.rows.tolist() == sorted({*found.rows.tolist()})
    assert {*found.sparse.tolist(), *found.dense.tolist()} <= {*found.rows.tolist()}


def test_above_flat_most_of_the_nearest_are_found(
    milvus_settings: Settings, tmp_path: Path
) -> None:
    """By a graph of neighbours; what is brought is worth the same all the same."""
    letters, texts = (
        LetterEncoder(dim=64),
        [f"第{n}条，{chr(0x4E00 + n) * 3}。" for n in range(600)],
    )
    paragraphs = tuple(
        Paragraph(f"甲#0.{n}", "甲#0", n, "body", text, (Piece(0, n),))
        for n, text in enumerate(texts, 1)
    )
    made = Outline(Document("甲", "", "txt", ()), (Essay("甲#0", "甲"),), paragraphs, ())
    name = write_generation(tmp_path, [made], letters, Settings())
    store = open_store(tmp_path, replace(milvus_settings, store_name="graph", flat=599))
    store.publish(name)
    here, there = FolderStore(tmp_path).open(letters, name), store.open(letters)
    assert here.dense is not None
    shares = []
    for text in texts[::20]:
        query = letters.encode_queries([text])[0]
        terms = tuple(dict.fromkeys(tokens(text)))
        found = there.candidates(terms, np.ones(len(terms), np.float32), query, 50, Filters())
        least = (here.dense.vectors(here.dense.search(query, 10)) @ query)[-1]
        got = here.dense.vectors(found.dense) @ query
        shares.append(min(int((got >= least - 1e-5).sum()), 10) / 10)
        assert found.cosines is not None
        cosines = here.dense.vectors(found.rows) @ query
        np.testing.assert_allclose(found.cosines, cosines, atol=1e-5)
    assert np.mean(shares) >= 0.95


def test_words_alone_are_asked_without_a_vector(both: Both) -> None:
    terms, boosts, _ = asked("太湖县的人才培训")
    sides = (both.here, both.there)
    here, there = (each.candidates(terms, boosts, None, 7, Filters()) for each in sides)
    assert (there.cosines, there.dense.tolist()) == (None, [])
    np.testing.assert_allclose(
        np.sort(there.passages[there.passages > 0])[::-1][:7],
        np.sort(here.passages[here.passages > 0])[::-1][:7],
        rtol=1e-5,
    )


def test_no_terms_find_nothing_by_words(both: Both) -> None:
    for terms, boosts in (((), []), (("太湖",), [0.0])):
        weights = np.array(boosts, np.float32)
        assert both.there.candidates(terms, weights, None, 9, Filters()).rows.tolist() == []


@pytest.mark.parametrize("filters", WANTED)
def test_filters_never_let_through_what_they_should_not(both: Both, filters: Filters) -> None:
    allowed = both.here.records.essays_where(filters)
    assert both.there.records.essays_where(filters) == allowed
    terms, boosts, query = asked("太湖的人才")
    rows = both.there.candidates(terms, boosts, query, 50, filters).rows
    found = {passage.essay_id for passage in both.here.records.passages(rows)}
    assert found <= {essay.essay_id for essay in allowed}
    if both.here.records.rows_where(filters).size:
        assert found


def test_the_same_vocabulary_and_tokenizer(both: Both) -> None:
    terms = asked("太湖县的人才饕餮")[0]
    want = both.here.bm25.idfs(terms)
    np.testing.assert_array_equal(both.there.bm25.idfs(terms), want)
    assert both.there.tokenizer.tokens("太湖县") == both.here.tokenizer.tokens("太湖县")


def test_an_essay_in_two_runs_weighs_as_in_a_folder(
    milvus_settings: Settings, tmp_path: Path
) -> None:
    """The matter around the essays of a bulletin says one term twice, before them and behind."""
    essays = (Essay("报#0", "报", "matter"), Essay("报#1", "报"))
    paragraphs = tuple(
        Paragraph(f"{owner}.{n}", owner, n, "body", f"党建工作。第{n}段。", (Piece(0, n),))
        for owner, n in (("报#0", 1), ("报#1", 1), ("报#0", 2))
    )
    made = Outline(Document("报", "", "txt", ()), essays, paragraphs, ())
    settings = replace(milvus_settings, store_name="runs")
    name = write_generation(tmp_path, [made], LetterEncoder(), Settings())
    store = open_store(tmp_path, settings)
    store.publish(name)
    terms, boosts, query = asked("党建工作")
    here = FolderStore(tmp_path).open(LetterEncoder(), name)
    sides = (here, store.open(LetterEncoder()))
    one, other = (each.candidates(terms, boosts, query, 9, Filters()) for each in sides)
    assert (one.rows.tolist(), other.rows.tolist()) == ([0, 1, 2], [0, 1, 2])
    np.testing.assert_allclose(other.essays, one.essays, rtol=1e-5)
    np.testing.assert_allclose(other.passages, one.passages, rtol=1e-5)
