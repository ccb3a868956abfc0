"""What the ranker is taught with: term weights, halves, collections and their candidates."""

from pathlib import Path

from rag.encoding import load_default
from rag.retrieval.features import NAMES
from rag.training.corpus import Pair
from rag.training.ranker import candidates, collections, halves, learn_term_weights


def test_terms_that_answers_do_not_hold_weigh_less() -> None:
    places = ("学校", "医院", "公园", "车站", "邮局", "银行", "书店", "食堂", "工厂", "农场")
    pairs = [
        Pair(f"{town}{place}在哪里？", f"{town}{place}位于省城的东边。", "a")
        for town in ("甲镇", "乙镇", "丙镇")
        for place in places
    ]
    weights = learn_term_weights(pairs)
    assert weights["在哪"] < 0.4
    assert "学校" not in weights  # it stands in its answers: nothing is taken off
    assert learn_term_weights(pairs[:4]) == {}  # seen too seldom to tell


def test_sources_of_one_kind_are_in_one_half() -> None:
    names = ["cmrc2018-train", "xwlb-title-body", "gov-msgboard-a", "cmrc2018-trial", "law-b", ""]
    first, second = halves([Pair("问", "答", name) for name in names])
    assert [pair.source for pair in first] == [names[0], names[2], names[3]]
    assert [pair.source for pair in second] == [names[1], names[4], names[5]]


def test_pairs_become_collections_and_lists(tmp_path: Path) -> None:
    pairs = [
        Pair("人才库由谁管理？", "人才库由组织部管理。", "a"),
        Pair("每年培训几次？", "每年培训两次。", "a"),
        Pair("人才库归谁管？", "人才库由组织部管理。", "a"),
        Pair("第一书记", "选派第一书记到村任职。", "b"),
    ]
    first, second = collections(pairs)
    assert (first.name, len(first.documents), len(first.questions)) == ("a", 2, 3)
    assert first.judgments == {"0": {"0": 1}, "1": {"1": 1}, "2": {"0": 1}}
    assert [text.text for text in second.documents.values()] == ["选派第一书记到村任职。"]
    made = list(candidates(first, load_default(), tmp_path / "1"))
    assert [relevant.tolist() for _, _, relevant in made] == [
        [True, False], [False, True], [True, False],
    ]  # fmt: skip
    together = list(candidates(first, load_default(), tmp_path / "2", together=2))
    essay = NAMES.index("essay")
    assert [relevant.tolist() for _, _, relevant in together] == [
        [True, False], [False, True], [True, False],
    ]  # fmt: skip
    assert all(found.features[0, essay] == found.features[1, essay] for found in together)
    features, document, _ = made[0]
    assert document.tolist() == [0, 1]
    assert features[0, NAMES.index("passage_share")] > features[1, NAMES.index("passage_share")]
