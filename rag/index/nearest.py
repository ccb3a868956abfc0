"""Which vectors to compare a question with, where comparing it with all of them takes too long.

Many vectors are kept a second time in four bits a number, which are all looked through: at 124,001
vectors of 192 numbers in 0.3 ms, where the vectors themselves take 3. What that brings is compared
again by the vectors themselves; of 398 questions all had the hundred that are nearest of all.

Very many are parted into lists by k-means; a question looks only into those whose centres are
nearest to it. In the lists they are kept in a byte a number. How many lists are looked into is
found out when the index is built: as few as bring the ten nearest of all, of the questions given,
as often as `LEAST` says.

Source: IVF, the scalar and the product quantizer of faiss, Johnson, Douze & Jegou, "Billion-scale
similarity search with GPUs", IEEE Trans. Big Data 7(3), 2021, doi:10.1109/TBDATA.2019.2921572;
looking through codes of four bits: Andre, Kermarrec & Le Scouarnec, "Quicker ADC", IEEE Trans.
Pattern Anal. Mach. Intell. 43(5), 2021, doi:10.1109/TPAMI.2019.2952606
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
MANY = 1 << 14  # vectors; up to here one product with all takes no longer
AGAIN = 5  # times as many are taken as are wanted, to be compared again
_FEWEST = 500  # that are taken
_K = 10
_OF_A_LIST = 64  # vectors that k-means sees for each list
_OF_CODES = 2048  # vectors that it sees for the values of four bits
_ROUNDS = 10  # of that
_RESERVOIR = 13  # faiss's number for collecting hits unordered: hundreds in 0.25 for 0.35 ms
_STEP = 1 << 16  # vectors that are added at a time


class Lists(NamedTuple):
    """How vectors were parted, for the manifest."""

    lists: int
    probes: int  # lists that a question looks into
    recall: float  # that was measured with so many


def write_nearest(path: Path, vectors: Vectors, questions: Vectors, *, parted: bool) -> Lists:
    """Write `vectors`, shape (n, d), to `path`, shortened; `parted` into many lists or in one.

    Many are about twice the root of n. `questions`, shape (m, d), must be like those that will be
    asked: a passage finds its neighbours in far fewer lists than some words do.

    Raises:
        IndexNotWritten: the disk is full, or something else is in the way.
    """
    size, dim = vectors.shape
    index, seen = _in_lists(size, dim) if parted else _in_codes(dim)
    index.cp.min_points_per_centroid = 1  # no warning for a small one
    index.train(vectors[_some(np.random.default_rng(0), size, seen)])
    for at in range(0, size, _STEP):
        index.add(np.ascontiguousarray(vectors[at : at + _STEP]))
    made = _probing(index, vectors, questions)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise IndexNotWritten(f"cannot write {path}: is the disk full?") from error
    return made


def _in_lists(size: int, dim: int) -> tuple[faiss.IndexIVF, int]:
    """An empty index of many lists, and how many vectors it is made by."""
    lists = max(1, round(2 * size**0.5))
    kind = faiss.ScalarQuantizer.QT_8bit
    centres = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFScalarQuantizer(centres, dim, lists, kind, faiss.METRIC_INNER_PRODUCT)
    return index, _OF_A_LIST * lists


def _in_codes(dim: int) -> tuple[faiss.IndexIVF, int]:
    """An empty index of one list with four bits a number, and how many vectors it is made by."""
    centre = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFPQFastScan(centre, dim, 1, dim, 4, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = False  # numbers of unit vectors need no centre
    index.pq.cp.min_points_per_centroid = 1
    index.pq.cp.niter = _ROUNDS
    return index, _OF_CODES


def read_nearest(path: Path) -> faiss.Index:
    """Read what `write_nearest` wrote.

    Raises:
        IndexDamaged: it cannot be read.
    """
    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
    if isinstance(index, faiss.IndexIVFFastScan):
        index.implem = _RESERVOIR
    return index


def near(index: faiss.Index, query: Vectors, k: int) -> Rows:
    """Rows that may be the k nearest to `query`, shape (d,), in no order of use."""
    _, found = index.search(query[np.newaxis, :], max(AGAIN * k, _FEWEST))
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
