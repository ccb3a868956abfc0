"""Frameworks that join words and vectors: txtai and LlamaIndex, with the encoder of the task."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import DEPTH, Search


class Txtai:
    """`Embeddings(hybrid=True)`: BM25 over Unicode words (one Chinese character each) and FAISS."""

    def __init__(self, documents: Mapping[str, str], _folder: Path, task: Any) -> None:  # noqa: ANN401
        from txtai import Embeddings

        self._embeddings = Embeddings(
            path=task["encoder"], method="sentence-transformers", hybrid=True
        )
        self._embeddings.index((key, text, None) for key, text in documents.items())

    def ways(self) -> dict[str, Search]:
        """Its default weights join both halves."""
        return {"hybrid": self._search}

    def _search(self, question: str, k: int) -> list[str]:
        return [key for key, _ in self._embeddings.search(question, k)]


class LlamaIndex:
    """`BM25Retriever` and FAISS over its own chunks, joined by `QueryFusionRetriever`."""

    settings: Mapping[str, Any] = {}  # of the BM25 retriever

    def __init__(self, documents: Mapping[str, str], _folder: Path, task: Any) -> None:  # noqa: ANN401
        import faiss
        from llama_index.core import Document, StorageContext, VectorStoreIndex
        from llama_index.core.llms import MockLLM
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.retrievers.bm25 import BM25Retriever
        from llama_index.vector_stores.faiss import FaissVectorStore

        asyncio.set_event_loop(asyncio.new_event_loop())
        encoder = encoder_of(task["encoder"])
        texts = [Document(id_=key, text=text) for key, text in documents.items()]
        nodes = SentenceSplitter().get_nodes_from_documents(texts)
        dim = len(encoder.get_text_embedding("维"))
        store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(dim))
        context = StorageContext.from_defaults(vector_store=store)
        index = VectorStoreIndex(nodes, storage_context=context, embed_model=encoder)
        count = min(DEPTH, len(nodes))
        self._words = BM25Retriever.from_defaults(
            nodes=nodes, similarity_top_k=count, **self.settings
        )
        self._both = QueryFusionRetriever(
            [index.as_retriever(similarity_top_k=count), self._words],
            llm=MockLLM(), num_queries=1, mode="reciprocal_rerank", similarity_top_k=count,
            use_async=False,
        )  # fmt: skip

    def ways(self) -> dict[str, Search]:
        """Words alone, and the reciprocal rank fusion of its documentation."""
        return {"BM25": self._by(self._words), "BM25 + FAISS": self._by(self._both)}

    @staticmethod
    def _by(retriever: Any) -> Search:  # noqa: ANN401
        def search(question: str, _k: int) -> list[str]:
            return [found.node.ref_doc_id for found in retriever.retrieve(question)]

        return search


class LlamaIndexCharacters(LlamaIndex):
    """The same with a token pattern of one Chinese character, and no English stemmer."""

    settings = {"token_pattern": r"(?u)[一-鿿]|[^\W一-鿿]+", "skip_stemming": True}  # noqa: RUF012


def encoder_of(folder: str) -> Any:  # noqa: ANN401
    """A custom embedding, for the framework's own class refuses static models (no length limit)."""
    from llama_index.core.embeddings import BaseEmbedding
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")

    def encode(texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = model.encode(texts, normalize_embeddings=True).tolist()
        return found

    class OwnEmbedding(BaseEmbedding):  # type: ignore[misc]
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return encode(texts)

        def _get_text_embedding(self, text: str) -> list[float]:
            return encode([text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return encode([query])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return encode([query])[0]

    return OwnEmbedding(model_name=folder, embed_batch_size=256)
