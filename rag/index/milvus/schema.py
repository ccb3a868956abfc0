"""The four collections of a generation, and what stands in them.

    youju_000007_passages    one row a passage: what is searched and filtered, and its text
    youju_000007_essays      one row an essay: its facts, and the weights of its whole text
    youju_000007_texts       documents, paragraphs and measures as JSON; the manifest comes last
    youju_000007_terms       one row a term: its column in the sparse vectors, how often it stands
    youju                    the alias: leads to the passages of the generation that serves

Vectors are compared by inner product. Sparse ones hold our own BM25 weights, so the inner product
with the weights of a question's terms is our score; SPARSE_INVERTED_INDEX finds the best exactly.
Dense ones lie in a FLAT index, which is exact too: the same hits as on one machine come first, and
speed after it. `parts` holds for each term the sentences of the passage in which it stands, as bits
of a whole number, which a float32 keeps exactly up to 24 of them; more go into further planes.
"""

import re
from collections.abc import Iterator
from typing import Any

from pymilvus import DataType, MilvusClient

VERSION = 1  # raised whenever the fields change their meaning
KINDS = ("terms", "passages", "essays", "texts")  # in the order in which they are written
FACTS = ("place", "author", "office", "publication", "issue", "date")
LONGEST = 65_535  # bytes of a text field in Milvus
PLANE = 24  # whole numbers below 2 ** 24 are exact in float32
ANCHOR = {0: 1.0}  # what a sparse vector without any term holds; no term has column 0
STILL = [1.0, 0.0]  # the vector of rows that are never searched: Milvus wants one in each


def collection(index: str, generation_id: str, kind: str) -> str:
    """The name of one collection of a generation."""
    return f"{index}_{generation_id}_{kind}"


def generation_of(index: str, name: str) -> str | None:
    """The generation that a collection belongs to; None where it is none of this index."""
    found = re.fullmatch(rf"{re.escape(index)}_(\d+)_(?:{'|'.join(KINDS)})", name)
    return found.group(1) if found else None


def layouts(dim: int) -> Iterator[tuple[str, Any, Any]]:
    """Each kind of collection with its schema and its indexes; `dim` is that of the encoder."""
    whole, text = DataType.INT64, DataType.VARCHAR
    facts = dict.fromkeys(FACTS, text)
    spans = {"measure_id": text, "start": whole, "end": whole, "text": text}
    ids = {"passage_id": text, "paragraph_id": text, "essay_id": text}
    weights = {"sparse": DataType.SPARSE_FLOAT_VECTOR}
    found = {"dense": dim, **weights, "parts": DataType.SPARSE_FLOAT_VECTOR}
    yield _made("terms", {"term": text, "column": whole, "df": whole, "still": 2})
    numbers = {"row": whole, "essay": whole, "sentences": whole}
    yield _made("passages", {**numbers, **ids, **spans, **facts, **found})
    yield _made(
        "essays",
        {"essay": whole, "first_row": whole, "passages": whole, "record": text, **facts, **weights},
    )
    yield _made("texts", {"key": text, "name": text, "number": whole, "text": text, "still": 2})


def _made(kind: str, fields: dict[str, Any]) -> tuple[str, Any, Any]:
    """Return a kind with its schema; the first field is the key, a number a dense vector's size."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    indexes = MilvusClient.prepare_index_params()
    key = next(iter(fields))
    for name, what in fields.items():
        if what is DataType.SPARSE_FLOAT_VECTOR:
            schema.add_field(name, what)
            indexes.add_index(name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        elif what is DataType.VARCHAR:
            schema.add_field(name, what, max_length=LONGEST, is_primary=name == key)
        elif isinstance(what, DataType):
            schema.add_field(name, what, is_primary=name == key)
        else:
            schema.add_field(name, DataType.FLOAT_VECTOR, dim=what)
            indexes.add_index(name, index_type="FLAT", metric_type="IP")
    return kind, schema, indexes
