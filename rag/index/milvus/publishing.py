"""A generation in a folder → its four collections on the server."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, fields, replace
from itertools import islice, pairwise
from typing import Any

import numpy as np

from rag.errors import BadInput, StoreFailed
from rag.index.found import Rows, Scores
from rag.index.generation import Generation
from rag.index.milvus.filters import facts
from rag.index.milvus.schema import ANCHOR, LONGEST, PLANE, STILL, VERSION, collection, layouts
from rag.index.milvus.server import Server
from rag.index.milvus.texts import pieces
from rag.index.sparse import ByRow, SparseIndex
from rag.index.tables import Record
from rag.index.writing import Progress

_BATCH = 200  # rows that are sent at a time: of texts 13 MB at most, Milvus takes 64
_BLOCK = 50_000  # rows whose weights are gathered at a time

Row = Mapping[str, Any]


def publish(
    server: Server,
    index: str,
    generation_id: str,
    made: Generation,
    words: Sequence[str],
    progress: Progress,
) -> None:
    """Copy `made`, whose dictionary is `words`, to the server; it does not serve by that.

    It must be of one piece, as whole builds are: a server has no place for an addition.

    The manifest is written last and says how many rows there are: what lacks it is no generation.

    Raises:
        BadInput: a passage is too long for Milvus, or there is an addition.
        StoreFailed: the server went away or refused.
    """
    if len(made.pieces) > 1:
        raise BadInput(f"generation {made.id} has an addition: run `rag build --anew` first")
    rows: dict[str, Iterable[Row]] = {
        "terms": _terms(made.pieces[0].sparse),
        "passages": _told(_passages(made), progress, made.records.size),
        "essays": _essays(made),
        "texts": _texts(made, words),
    }
    sent = dict.fromkeys(rows, 0)
    for kind, schema, indexes in layouts(made.dense.dim):
        name = collection(index, generation_id, kind)
        server.create(name, schema, indexes)
        for batch in _batches(rows[kind], _BATCH):
            server.insert(name, batch)
            sent[kind] += len(batch)
        server.settle(name)
        if (held := server.count(name)) != sent[kind]:
            raise StoreFailed(f"{name} holds {held} of {sent[kind]} rows: run `rag build` again")
    sent["texts"] += 1  # the manifest
    manifest = asdict(replace(made.manifest, files={}))
    told = json.dumps({"version": VERSION, "manifest": manifest, "rows": sent}, ensure_ascii=False)
    last = list(pieces("manifest", told))
    texts = collection(index, generation_id, "texts")
    server.insert(texts, last)
    server.settle(texts)


def _told(rows: Iterable[Row], progress: Progress, total: int) -> Iterator[Row]:
    for done, row in enumerate(rows, start=1):
        yield row
        if done % _BATCH == 0 or done == total:
            progress("upload", done, total)


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def _terms(sparse: SparseIndex) -> Iterator[Row]:
    for column, (term, df) in enumerate(sparse.vocabulary(), start=1):
        yield {"term": term, "column": column, "df": df, "still": STILL}


def _passages(made: Generation) -> Iterator[Row]:
    stated, base = [facts(essay) for essay in made.records.essays()], made.pieces[0]
    for low in range(0, made.records.size, _BLOCK):
        rows = np.arange(low, min(low + _BLOCK, made.records.size))
        weighed = base.sparse.by_row(low, int(rows[-1]) + 1)
        sparse = _vectors(weighed.starts, weighed.columns, weighed.weights)
        bits, sizes = _vectors(*_planes(weighed, base.sparse.width)), _sizes(weighed)
        essays, dense = made.records.essay_of_row[rows], made.dense.vectors(rows)
        for at, passage in enumerate(made.records.passages(rows)):
            if len(passage.text.encode()) > LONGEST:
                raise BadInput(
                    f"a passage of {passage.essay_id} has more than {LONGEST} bytes, which Milvus "
                    "cannot hold: make the setting window smaller"
                )
            yield {
                **asdict(passage),
                "measure_id": passage.measure_id or "",
                "row": low + at,
                "essay": int(essays[at]),
                "sentences": int(sizes[at]),
                "dense": dense[at].tolist(),
                "sparse": next(sparse),
                "parts": next(bits),
                **stated[essays[at]],
            }


def _planes(rows: ByRow, width: int) -> tuple[Rows, Rows, Scores]:
    """The parts of every term as numbers of `PLANE` bits, in as many planes of `width` columns.

    Returns where each row begins, the columns, and the numbers that are not zero.
    """
    owner = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    plane = np.uint32((1 << PLANE) - 1)
    both = np.concatenate([rows.parts & plane, rows.parts >> np.uint32(PLANE)])
    owner, columns = np.tile(owner, 2), np.concatenate([rows.columns, rows.columns + width])
    order = np.argsort(owner, kind="stable")
    order = order[both[order] > 0]
    starts = np.searchsorted(owner[order], np.arange(len(rows.starts)))
    return starts, columns[order], both[order].astype(np.float32)


def _sizes(rows: ByRow) -> Rows:
    """How many parts each row has, up to the last one with a term."""
    bits = np.zeros(len(rows.starts) - 1, np.uint32)
    np.bitwise_or.at(bits, np.repeat(np.arange(len(bits)), np.diff(rows.starts)), rows.parts)
    return np.frexp(bits.astype(np.float64))[1].astype(np.int64)


def _vectors(starts: Rows, columns: Rows, weights: Scores) -> Iterator[dict[int, float]]:
    """Each row as Milvus takes a sparse vector; column 0 is left to the anchor."""
    listed, weighed = (columns + 1).tolist(), weights.tolist()
    for start, end in pairwise(starts.tolist()):
        yield dict(zip(listed[start:end], weighed[start:end], strict=True)) | ANCHOR


def _essays(made: Generation) -> Iterator[Row]:
    essays, weighed, counts = (
        made.records.essays(),
        made.pieces[0].essays,
        np.bincount(made.records.essay_of_row, minlength=len(made.records.essays())),
    )
    for low in range(0, len(essays), _BLOCK):
        some = essays[low : low + _BLOCK]
        rows = weighed.by_row(low, low + len(some))
        vectors = _vectors(rows.starts, rows.columns, rows.weights)
        for number, (essay, weights) in enumerate(zip(some, vectors, strict=True), start=low):
            yield {
                "essay": number,
                "first_row": int(made.records.first_row[number]),
                "passages": int(counts[number]),
                "record": _json(_values(essay)),
                "sparse": weights,
                **facts(essay),
            }


def _texts(made: Generation, words: Sequence[str]) -> Iterator[Row]:
    records = made.records
    yield from pieces("dictionary", "\n".join(words))
    for number, document in enumerate(records.documents()):
        yield from pieces(f"document/{number}", _json(_values(document)))
    for number, essay in enumerate(records.essays()):
        held = {
            "paragraphs": [_values(each) for each in records.paragraphs(essay.essay_id)],
            "measures": [_values(each) for each in records.measures(essay.essay_id)],
        }
        yield from pieces(f"essay/{number}", _json(held))


def _values(record: Record) -> list[str | int | None]:
    """The fields as `tables.read` takes them: what is a tuple is JSON text."""
    values = (getattr(record, field.name) for field in fields(record))
    return [_json(value) if isinstance(value, tuple) else value for value in values]


def _json(value: Any) -> str:  # noqa: ANN401 (frozen types, and lists of them)
    return json.dumps(value, ensure_ascii=False, default=astuple)
