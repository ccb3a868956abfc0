"""Milvus Lite with what its documentation has for Chinese: BM25 over jieba, vectors, RRF."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from measure import DEPTH, Search

_BATCH = 1000  # rows of one insert
_PATIENCE = 3600  # seconds; its client else gives up early, tries again, and is told that it exists


class MilvusLite:
    """A local `.db` file: BM25 function with the jieba analyzer, AUTOINDEX over unit vectors."""

    def __init__(self, documents: Mapping[str, str], folder: Path, task: Any) -> None:  # noqa: ANN401
        from pymilvus import MilvusClient
        from sentence_transformers import SentenceTransformer

        self._encoder = SentenceTransformer(task["encoder"], device="cpu")
        self._client = MilvusClient(str(folder / "peers.db"))
        dim = int(self._encoder.encode(["维"]).shape[1])
        self._client.create_collection("texts", schema=_schema(dim))
        rows = iter(documents.items())
        while batch := list(islice(rows, _BATCH)):
            vectors = self._vectors([text for _, text in batch])
            self._client.insert(
                "texts",
                [
                    {"id": key, "text": text, "dense": vector}
                    for (key, text), vector in zip(batch, vectors, strict=True)
                ],
            )
        # what is not flushed is indexed anew at every question
        self._client.flush("texts", timeout=_PATIENCE)
        indexes = self._client.prepare_index_params()
        indexes.add_index("dense", index_type="AUTOINDEX", metric_type="COSINE")
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
        self._client.create_index("texts", indexes, timeout=_PATIENCE)
        self._client.load_collection("texts", timeout=_PATIENCE)

    def ways(self) -> dict[str, Search]:
        """Words alone, and both by reciprocal rank fusion."""
        return {"BM25": self._words, "hybrid": self._both}

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = self._encoder.encode(texts, normalize_embeddings=True).tolist()
        return found

    def _words(self, question: str, k: int) -> list[str]:
        found = self._client.search("texts", data=[question], anns_field="sparse", limit=k)
        return [hit["id"] for hit in found[0]]

    def _both(self, question: str, k: int) -> list[str]:
        from pymilvus import AnnSearchRequest, RRFRanker

        requests = [
            AnnSearchRequest(self._vectors([question]), "dense", {"metric_type": "COSINE"}, DEPTH),
            AnnSearchRequest([question], "sparse", {"metric_type": "BM25"}, DEPTH),
        ]
        found = self._client.hybrid_search("texts", requests, RRFRanker(60), limit=k)
        return [hit["id"] for hit in found[0]]


def _schema(dim: int) -> Any:  # noqa: ANN401
    """Text with its BM25 vector made by the engine, and a dense vector that is given."""
    from pymilvus import DataType, Function, FunctionType, MilvusClient

    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.VARCHAR, max_length=64, is_primary=True)
    schema.add_field(
        "text", DataType.VARCHAR, max_length=65535, enable_analyzer=True,
        analyzer_params={"tokenizer": "jieba"},
    )  # fmt: skip
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dim)
    schema.add_function(
        Function(
            name="bm25", function_type=FunctionType.BM25, input_field_names=["text"],
            output_field_names=["sparse"],
        )
    )  # fmt: skip
    return schema
