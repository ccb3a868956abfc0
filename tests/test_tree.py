"""Essays taken apart: whose text stands under which lead, and that none is lost or taken twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.tree import EssayTree, Trees
from tests.conftest import CORPUS
from tests.records import records_of, trees_of

SAME_WORDS = """某县工作总结

县里高度重视。

一、抓党建

（一）强化保障

党建有经费。党建有阵地。

党建的后一段。

二、抓人才

人才是第一资源。

（一）强化保障

人才有公寓。
"""


def of(text: str) -> EssayTree:
    (tree,) = trees_of(text)
    return tree


def test_text_goes_under_the_lead_above_it_where_two_share_their_words() -> None:
    tree = of(SAME_WORDS)
    said = {node.number: "".join(run.text for run in node.stretches) for node in tree.nodes}
    assert [(n.trail, said[n.number].removeprefix(n.lead)) for n in tree.nodes] == [
        (("一、抓党建",), ""),
        (("一、抓党建", "（一）强化保障"), "党建有经费。党建有阵地。党建的后一段。"),
        (("二、抓人才",), "人才是第一资源。"),
        (("二、抓人才", "（一）强化保障"), "人才有公寓。"),
    ]
    first, second = tree.roots
    assert [said[node.number] for node in tree.leaves(second)] == ["（一）强化保障人才有公寓。"]
    assert [node.number for node in tree.under(first)] == [0, 1]
    assert tree.nodes[3].parent == second.number


def test_a_sentence_knows_its_measure_and_what_stands_above_both() -> None:
    tree = of(SAME_WORDS)
    of_text = {s.text: s for p in tree.paragraphs for s in tree.sentences(p.paragraph_id)}
    assert of_text["县里高度重视。"].node is None
    assert of_text["县里高度重视。"].trail == ()
    assert of_text["党建有阵地。"].trail == ("一、抓党建", "（一）强化保障")
    assert of_text["人才有公寓。"].node == 3
    assert of_text["人才是第一资源。"].trail == ("二、抓人才",)


def test_the_sentences_of_a_part_are_those_that_reach_into_it() -> None:
    tree = of(SAME_WORDS)
    paragraph = next(p for p in tree.paragraphs if p.text.startswith("党建有经费"))
    both = tree.sentences(paragraph.paragraph_id)
    assert [s.text for s in both] == ["党建有经费。", "党建有阵地。"]
    assert tree.sentences(paragraph.paragraph_id, (0, both[0].end)) == both[:1]
    assert tree.sentences(paragraph.paragraph_id, (both[0].end, 99)) == both[1:]
    assert tree.sentences("none") == []


def check(tree: EssayTree) -> None:
    """Every character is in one stretch, or above the first lead; every sentence is found once."""
    taken: Counter[tuple[str, int]] = Counter()
    for node in tree.nodes:
        for run in node.stretches:
            taken.update((run.paragraph.paragraph_id, at) for at in range(run.start, run.end))
    assert set(taken.values()) <= {1}
    read = {"body", "note", "heading"}
    for paragraph in tree.paragraphs:
        held = [taken[paragraph.paragraph_id, at] for at in range(len(paragraph.text))]
        if paragraph.role in read and paragraph.trail:
            assert all(held), paragraph.text
        own = tree.sentences(paragraph.paragraph_id)
        covered = [at for sentence in own for at in range(sentence.start, sentence.end)]
        assert covered == sorted(set(covered))
        left = {at for at in range(len(paragraph.text))} - set(covered)
        assert all(paragraph.text[at].isspace() for at in left)
        for sentence in own:
            inside = {
                taken[paragraph.paragraph_id, at] for at in range(sentence.start, sentence.end)
            }
            assert inside == {int(sentence.node is not None)}
            if sentence.node is not None:
                assert sentence.trail == tree.nodes[sentence.node].trail
    for node in tree.nodes:
        assert node.stretches[0].text.startswith(node.lead)
        assert node.trail[-1] == node.lead
        assert [tree.nodes[n].parent for n in node.children] == [node.number] * len(node.children)
        for run in node.stretches[1:]:
            assert run.start == 0
            assert run.paragraph.trail == run.trail == node.trail


@pytest.mark.parametrize(
    "path", sorted([*CORPUS.glob("*.txt"), *Path("tests/essays").glob("*.txt")])
)
def test_no_character_of_an_essay_is_lost_or_taken_twice(path: Path) -> None:
    trees = trees_of(path.read_text(encoding="utf-8"))
    assert any(tree.nodes for tree in trees)
    for tree in trees:
        check(tree)


LEADS = st.sampled_from(["强化保障", "抓好落实", "建好队伍"])
BODIES = st.lists(
    st.sampled_from(["先选后育。", "党建有阵地。人才有公寓；服务有专窗。", "一是选好。二是用好。"]),
    max_size=2,
)
SECTIONS = st.lists(
    st.tuples(LEADS, BODIES, st.lists(st.tuples(LEADS, BODIES), max_size=3)), min_size=1, max_size=4
)


def written(sections: list[tuple[str, list[str], list[tuple[str, list[str]]]]]) -> Iterator[str]:
    """Write sections that may share their words, each paragraph a line."""
    yield "某县工作总结"
    for number, (lead, bodies, under) in zip("一二三四", sections, strict=False):
        yield f"{number}、{lead}"
        yield from bodies
        for inner, (lead_below, bodies_below) in zip("一二三", under, strict=False):
            yield f"（{inner}）{lead_below}"
            yield from bodies_below


@settings(max_examples=60)
@given(SECTIONS)
def test_whatever_leads_share_no_character_is_lost_or_taken_twice(
    sections: list[tuple[str, list[str], list[tuple[str, list[str]]]]],
) -> None:
    for tree in trees_of("\n\n".join(written(sections))):
        check(tree)


def test_an_essay_is_taken_apart_once(tmp_path: Path) -> None:
    records = records_of(tmp_path, {"甲.txt": SAME_WORDS})
    trees = Trees(records)
    (essay,) = records.essays()
    assert trees.of(essay.essay_id) is trees.of(essay.essay_id)
    assert [n.trail for n in trees.of(essay.essay_id).nodes] == [
        n.trail for n in of(SAME_WORDS).nodes
    ]
