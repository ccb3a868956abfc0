"""The first rows of the table: distributional vectors (or random ones) times a word weight.

PPMI-SVD: the positive pointwise mutual information of words within a window, factorised by a
truncated SVD, with the settings that Levy, Goldberg & Dagan 2015 (TACL 3, "Improving
distributional similarity with lessons learned from word embeddings") found to match word2vec:
context distribution smoothed by 0.75, rows not scaled by the singular values (0 of 0, 0.5 and 1 was
best here too). It needs no more than scipy and gives the same rows on every run.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tokenizers import Tokenizer

_CHUNK = 20_000  # texts a step
_SMOOTHING = 0.75
_OVERSAMPLE, _POWER_ITERATIONS = 16, 3
_SIF = 1e-3  # a / (a + p(w)), Arora, Liang & Ma 2017, "A simple but tough-to-beat baseline"

Ids = NDArray[np.int32]
Rows = NDArray[np.float32]


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """Return the known tokens of each text; token 0, the unknown, is dropped."""
    found: list[Ids] = []
    for start in range(0, len(texts), _CHUNK):
        batch = list(texts[start : start + _CHUNK])
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            ids = np.asarray(encoding.ids, dtype=np.int32)
            found.append(ids[ids != 0])
    return found


def idf(texts: Sequence[Ids], size: int) -> Rows:
    """Return log(N / df) of each token, shape (size,); of one never seen, that of df 1."""
    seen = np.zeros(size)
    for ids in texts:
        seen[np.unique(ids)] += 1
    return np.log(len(texts) / np.maximum(seen, 1)).astype(np.float32)


def sif(texts: Sequence[Ids], size: int) -> Rows:
    """Return the smooth inverse frequency a / (a + p) of each token, shape (size,)."""
    counts = np.bincount(np.concatenate(texts), minlength=size)
    weights: Rows = (_SIF / (_SIF + counts / counts.sum())).astype(np.float32)
    return weights


def random_rows(size: int, dim: int, seed: int) -> Rows:
    """Return random directions, shape (size, dim), nearly orthogonal: words match themselves."""
    raw = np.random.default_rng(seed).standard_normal((size, dim), dtype=np.float32)
    rows: Rows = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return rows


def svd_rows(texts: Sequence[Ids], size: int, dim: int, window: int, seed: int) -> Rows:
    """Return unit PPMI-SVD rows, shape (size, dim); a token never seen has a zero row."""
    ppmi = _ppmi(_cooccurrences(texts, size, window))
    rows = _left_vectors(ppmi, dim, seed)
    rows[np.diff(ppmi.indptr) == 0] = 0  # what rounding left there has no meaning
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _left_vectors(matrix: sparse.csr_array, dim: int, seed: int) -> Rows:
    """Return the first `dim` left singular vectors, shape (size, dim).

    By random projection and power iterations (Halko, Martinsson & Tropp 2011, SIAM Review 53(2)).
    """
    width = min(dim + _OVERSAMPLE, matrix.shape[1])
    rng = np.random.default_rng(seed)
    basis = matrix @ rng.standard_normal((matrix.shape[1], width), dtype=np.float32)
    for _ in range(_POWER_ITERATIONS):
        basis = matrix @ np.linalg.qr(matrix.T @ np.linalg.qr(basis).Q).Q
    basis = np.linalg.qr(basis).Q
    inner = np.linalg.svd((matrix.T @ basis).T, full_matrices=False).U
    vectors: Rows = (basis @ inner)[:, :dim].astype(np.float32)
    return vectors


def _cooccurrences(texts: Sequence[Ids], size: int, window: int) -> sparse.csr_array:
    """Count pairs of tokens at most `window` apart, shape (size, size), symmetric.

    A pair `d` apart counts 1 - (d - 1) / window, as word2vec's random windows do on average.
    """
    total = sparse.csr_array((size, size), dtype=np.float32)
    gap = np.zeros(window, dtype=np.int32)  # token 0 keeps windows from reaching over
    for start in range(0, len(texts), _CHUNK):
        line = np.concatenate(
            [part for ids in texts[start : start + _CHUNK] for part in (ids, gap)]
        )
        for d in range(1, window + 1):
            near, far = line[:-d], line[d:]
            both = (near > 0) & (far > 0)
            weight = np.full(int(both.sum()), 1 - (d - 1) / window, dtype=np.float32)
            total += sparse.coo_array((weight, (near[both], far[both])), (size, size)).tocsr()
    return (total + total.T).tocsr()


def _ppmi(counts: sparse.csr_array) -> sparse.csr_array:
    """Return max(0, log p(w, c) / (p(w) p'(c))), with p' the smoothed context distribution."""
    sums = np.asarray(counts.sum(axis=0)).ravel()
    smooth = sums**_SMOOTHING
    entries = counts.tocoo()
    expected = sums[entries.row] * (smooth[entries.col] / smooth.sum())
    value = np.log(entries.data / expected)
    keep = value > 0
    return sparse.csr_array(
        (value[keep].astype(np.float32), (entries.row[keep], entries.col[keep])), counts.shape
    )
