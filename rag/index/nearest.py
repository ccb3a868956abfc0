"""Which vectors to compare a question with, where comparing it with all of them takes too long.

The vectors are parted into lists by k-means; a question looks only into those whose centres are
nearest to it. In the lists they are kept in a byte a number, and what they bring is compared again
by the vectors themselves. How many lists are looked into is found out when the index is built: as
few as bring the ten nearest of all, of the questions given, as often as `LEAST` says.

Source: IVF and the scalar quantizer of faiss, Johnson, Douze & Jegou, "Billion-scale similarity
search with GPUs", IEEE Trans. Big Data 7(3), 2021, doi:10.1109/TBDATA.2019.2921572
"""

from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np

from rag.encoding import Vectors
from rag.errors import IndexDamaged, IndexNotWritten
from rag.index.found import Rows

LEAST = 0.98  # recall of the nearest `_K`, as a mean over the questions
QUESTIONS = 512  # that tell it to within about 0.005
AGAIN = 3  # times as many are taken from the lists as are wanted
_K = 10
_OF_A_LIST = 64  # vectors that k-means sees for each list
_STEP = 1 << 16  # vectors that are added at a time


class Lists(NamedTuple):
    """How vectors were parted, for the manifest."""

    lists: int
    probes: int  # lists that a question looks into
    recall: float  # that was measured with so many


def write_nearest(path: Path, vectors: Vectors, questions: Vectors) -> Lists:
    """Part `vectors`, shape (n, d), into about twice the root of n lists; write them to `path`.

    `questions`, shape (m, d), must be like those that will be asked: a passage finds its
    neighbours in far fewer lists than some words do.

    Raises:
        IndexNotWritten: the disk is full, or something else is in the way.
    """
    size, dim = vectors.shape
    lists = max(1, round(2 * size**0.5))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, lists, faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )  # fmt: skip
    index.cp.min_points_per_centroid = 1  # no warning for a small one
    chosen = np.random.default_rng(0)
    index.train(vectors[_some(chosen, size, _OF_A_LIST * lists)])
    for at in range(0, size, _STEP):
        index.add(np.ascontiguousarray(vectors[at : at + _STEP]))
    made = _probing(index, vectors, questions)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise IndexNotWritten(f"cannot write {path}: is the disk full?") from error
    return made


def read_nearest(path: Path) -> faiss.Index:
    """Read what `write_nearest` wrote.

    Raises:
        IndexDamaged: it cannot be read.
    """
    try:
        return faiss.read_index(str(path))
    except RuntimeError as error:
        raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error


def near(index: faiss.Index, query: Vectors, k: int) -> Rows:
    """Rows that may be the k nearest to `query`, shape (d,), in no order of use."""
    _, found = index.search(query[np.newaxis, :], AGAIN * k)
    rows: Rows = found[0][found[0] >= 0]
    return rows


def _probing(index: faiss.IndexIVF, vectors: Vectors, queries: Vectors) -> Lists:
    """Look into so many lists that recall is as wanted."""
    _, wanted = faiss.knn(queries, vectors, _K, metric=faiss.METRIC_INNER_PRODUCT)
    probes, recall = 1, 0.0
    while True:
        index.nprobe = probes
        recall = float(
            np.mean([_share(index, vectors, *each) for each in zip(queries, wanted, strict=True)])
        )
        if recall >= LEAST or probes == index.nlist:
            return Lists(index.nlist, probes, round(recall, 4))
        probes = min(2 * probes, index.nlist)


def _share(index: faiss.Index, vectors: Vectors, query: Vectors, wanted: Rows) -> float:
    """How much of the wanted rows is found."""
    rows = near(index, query, _K)
    best = rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:_K]]
    return len(np.intersect1d(best, wanted)) / len(wanted)


def _some(chosen: np.random.Generator, size: int, most: int) -> Rows:
    """Ascending rows, `most` of them at most."""
    if size <= most:
        return np.arange(size)
    return np.sort(chosen.choice(size, most, replace=False))
