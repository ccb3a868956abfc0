"""Batches hold every pair once, of one source where there is enough, and only known words."""

import numpy as np
from numpy.typing import NDArray

from rag.training.corpus import Pair
from rag.training.examples import Examples, make_examples
from rag.training.vocabulary import word_tokenizer


def ids(*tokens: int) -> NDArray[np.int32]:
    return np.array(tokens, dtype=np.int32)


def examples(hidden: float = 0.0) -> Examples:
    pairs = [(ids(n), ids(n, 100 + n)) for n in range(1, 11)]
    return Examples(pairs, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], 2, hidden)


def test_an_epoch_gives_every_pair_once_and_counts_its_batches() -> None:
    batches = list(examples().epoch(np.random.default_rng(0)))
    assert len(batches) == examples().steps() == 4 + 1
    questions = sorted(int(q[0]) for batch in batches for q, _ in batch)
    assert questions == list(range(1, 11))
    sources = [{int(q[0]) > 5 for q, _ in batch} for batch in batches]
    assert sum(len(kinds) == 1 for kinds in sources) >= 4


def test_the_seed_decides_the_order() -> None:
    def order(seed: int) -> list[int]:
        return [
            int(q[0]) for batch in examples().epoch(np.random.default_rng(seed)) for q, _ in batch
        ]

    assert order(1) == order(1) != order(2)


def test_hidden_passages_lack_the_words_of_their_question() -> None:
    for batch in examples(hidden=1.0).epoch(np.random.default_rng(0)):
        for question, passage in batch:
            assert len(passage) and not set(question.tolist()) & set(passage.tolist())


def test_a_passage_is_never_left_without_words() -> None:
    same = Examples([(ids(1), ids(1))], [[0]], 1, hidden=1.0)
    ((pair,),) = same.epoch(np.random.default_rng(0))
    assert pair[1].tolist() == [1]


def test_pairs_become_tokens_by_source() -> None:
    tokenizer = word_tokenizer({"干部": 90, "人才": 80, "工作": 70}, 100)
    pairs = [Pair("干部", "人才。", "甲"), Pair("😀", "人才", "甲"), Pair("人才", "工作", "乙")]
    made = make_examples(tokenizer, pairs, 2, 0.0)

    def words(tokens: NDArray[np.int32]) -> str:
        return "".join(tokenizer.id_to_token(token) for token in tokens.tolist())

    assert [(words(q), words(p)) for q, p in made.pairs] == [("干部", "人才"), ("人才", "工作")]
    assert made.sources == [[0], [1]]
