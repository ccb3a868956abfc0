"""Word vectors against hand-made counts and scipy's exact decomposition."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rag.training import vectors
from rag.training.vectors import idf, random_rows, svd_rows, token_ids
from rag.training.vocabulary import word_tokenizer

A, B, C = 1, 2, 3


def ids(*tokens: int) -> NDArray[np.int32]:
    return np.array(tokens, dtype=np.int32)


def test_neighbours_count_less_with_distance_and_not_across_texts() -> None:
    counts = vectors._cooccurrences([ids(A, B, C), ids(A), ids(C, C)], 4, window=2).toarray()
    want = np.zeros((4, 4))
    want[A, B] = want[B, A] = want[B, C] = want[C, B] = 1
    want[A, C] = want[C, A] = 0.5
    want[C, C] = 2  # both ways
    np.testing.assert_allclose(counts, want)


def test_ppmi_by_hand() -> None:
    counts = sparse.csr_array(np.array([[0, 3, 1], [3, 0, 0], [1, 0, 0]], dtype=np.float32))
    smooth = np.array([4, 3, 1]) ** 0.75
    context = smooth / smooth.sum()
    want = np.zeros((3, 3))
    for word, other, count, total in ((0, 1, 3, 4), (0, 2, 1, 4), (1, 0, 3, 3), (2, 0, 1, 1)):
        want[word, other] = max(0, np.log(count / (total * context[other])))
    np.testing.assert_allclose(vectors._ppmi(counts).toarray(), want, rtol=1e-5)


def test_left_vectors_equal_an_exact_svd() -> None:
    rng = np.random.default_rng(0)
    exact = (
        rng.standard_normal((60, 6)) @ np.diag([32, 16, 8, 4, 2, 1]) @ rng.standard_normal((6, 60))
    )
    got = vectors._left_vectors(sparse.csr_array(exact.astype(np.float32)), 3, seed=0)
    want = np.linalg.svd(exact).U[:, :3]
    np.testing.assert_allclose(np.abs((got * want).sum(axis=0)), 1, atol=1e-4)  # up to the sign


def test_words_of_the_same_company_are_near() -> None:
    texts = [ids(word, 4, 5) for word in (1, 2)] * 20 + [ids(3, 6, 7)] * 20
    rows = svd_rows(texts, 8, 2, window=2, seed=0)
    assert rows[1] @ rows[2] > 0.99 > 0.5 > rows[1] @ rows[3]
    np.testing.assert_allclose(np.linalg.norm(rows[1:], axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(rows[0], 0)  # never seen


def test_random_rows_are_unit_seeded_and_nearly_orthogonal() -> None:
    rows = random_rows(50, 400, seed=3)
    np.testing.assert_array_equal(rows, random_rows(50, 400, seed=3))
    assert not np.array_equal(rows, random_rows(50, 400, seed=4))
    np.testing.assert_allclose(rows @ rows.T, np.eye(50), atol=0.25)


def test_idf_counts_texts_not_tokens() -> None:
    got = idf([ids(A, A, B), ids(A), ids(A), ids(A)], 4)
    np.testing.assert_allclose(got[[A, B, C]], np.log([1, 4, 4]), rtol=1e-6)


def test_token_ids_drop_the_unknown() -> None:
    tokenizer = word_tokenizer({"干部": 50, "人": 30}, 100)
    names = {tokenizer.token_to_id(token): token for token in ("干部", "人")}
    (found,) = token_ids(tokenizer, ["人，鑫干部"])
    assert [names[i] for i in found.tolist()] == ["人", "干部"]
