"""The systems, each the way its own documentation builds an answer from documents.

`ask` yields the answer as it grows; `sources` then holds what it shows as sources, and `abstained`
whether it says by itself that it refuses (None: only its words tell).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

OWN = ("youju", "youju-no-reader", "youju-model")
PACKAGES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(OWN, ("youju",)),
    "llama-index": (
        "llama-index-core", "llama-index-llms-openai-like", "llama-index-embeddings-huggingface",
    ),
    "chatchat-way": (
        "langchain", "langchain-community", "langchain-openai", "langchain-huggingface",
        "sentence-transformers", "faiss-cpu", "jieba", "rank-bm25",
    ),
    "txtai": ("txtai", "litellm", "sentence-transformers"),
    "haystack": ("haystack-ai", "sentence-transformers-haystack"),
}  # fmt: skip
"""System → the packages to install for it."""
MODEL, TOKENS = "qwen2.5", 400  # as served, and what an answer may be long at most


def made(system: str, task: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A system that has indexed the documents of `task`."""
    kinds = {
        "llama-index": LlamaIndex,
        "chatchat-way": ChatchatWay,
        "txtai": Txtai,
        "haystack": Haystack,
    }
    return Youju(task, system) if system in OWN else kinds[system](task)


class Youju:
    """`rag build` and `rag ask`, with and without the reader and a model."""

    def __init__(self, task: Mapping[str, Any], system: str) -> None:
        from rag.pipeline import Assistant, build
        from rag.settings import Settings

        settings = Settings(workers=1)
        if not (Path(task["index"]) / "CURRENT").exists():
            build([Path(folder) for folder in task["folders"]], Path(task["index"]), settings)
        if system == "youju-no-reader":
            settings = replace(settings, reader="none")
        if system == "youju-model":
            settings = replace(settings, llm_url=task["llm"], llm_model=MODEL, llm_timeout=300.0)
        self._assistant = Assistant.open(Path(task["index"]), settings)
        self.sources: list[str] = []
        self.abstained: bool | None = None

    def ask(self, question: str) -> Iterator[str]:
        """The extractive answer comes first; checked words of a model, if any, join it."""
        for answer in self._assistant.asking(question):
            self.sources = [each.quote for each in answer.citations]
            self.abstained = answer.abstained
            yield f"{answer.text}\n{answer.reason or ''}"


class LlamaIndex:
    """`VectorStoreIndex.from_documents(...).as_query_engine()`."""

    abstained = None

    def __init__(self, task: Mapping[str, Any]) -> None:
        from llama_index.core import Document, VectorStoreIndex
        from llama_index.core import Settings as Defaults
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.llms.openai_like import OpenAILike

        Defaults.embed_model = HuggingFaceEmbedding(
            task["encoder"], query_instruction="query: ", text_instruction="passage: "
        )
        Defaults.llm = OpenAILike(
            MODEL, api_base=task["llm"], api_key="none", is_chat_model=True, context_window=8192,
            temperature=0, max_tokens=TOKENS, timeout=600, max_retries=0,
        )  # fmt: skip
        texts = [
            Document(text=text, metadata={"file_name": name})
            for name, text in task["documents"].items()
        ]
        self._engine = VectorStoreIndex.from_documents(texts).as_query_engine(streaming=True)
        self.sources: list[str] = []

    def ask(self, question: str) -> Iterator[str]:
        """Its answer as it is streamed; the nodes are its sources."""
        answer = self._engine.query(question)
        self.sources = [found.node.get_content() for found in answer.source_nodes]
        text = ""
        for part in answer.response_gen:
            text += part
            yield text


class ChatchatWay:
    """As Langchain-Chatchat 0.3: Chinese separators, jieba BM25 and FAISS half each, first three.

    Itself it wants LangChain 0.1 and numpy below 1.25; this is its way with today's LangChain, its
    instruction in our words, pieces of 500 characters.
    """

    abstained = None

    def __init__(self, task: Mapping[str, Any]) -> None:
        import jieba
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_openai import ChatOpenAI
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            separators=["\n\n", "\n", "。|！|？", "；", "，"], is_separator_regex=True,
            keep_separator="end", chunk_size=500, chunk_overlap=100,
        )  # fmt: skip
        pieces = splitter.create_documents(list(task["documents"].values()))
        encoder = HuggingFaceEmbeddings(
            model_name=task["encoder"], encode_kwargs={"prompt_name": "passage"},
            query_encode_kwargs={"prompt_name": "query"},
        )  # fmt: skip
        words = BM25Retriever.from_documents(pieces, preprocess_func=jieba.lcut_for_search, k=3)
        meaning = FAISS.from_documents(pieces, encoder).as_retriever(search_kwargs={"k": 3})
        self._both = EnsembleRetriever(retrievers=[words, meaning], weights=[0.5, 0.5])
        self._model = ChatOpenAI(
            model=MODEL, base_url=task["llm"], api_key="none", temperature=0, max_tokens=TOKENS,
            timeout=600, max_retries=0,
        )  # fmt: skip
        self.sources: list[str] = []

    def ask(self, question: str) -> Iterator[str]:
        """The first three pieces of both lists are read."""
        self.sources = [found.page_content for found in self._both.invoke(question)[:3]]
        prompt = (
            "【指令】只根据已知信息，用中文简洁、专业地回答问题，不要添加编造的内容；"
            "得不到答案时，请说“根据已知信息无法回答该问题”。\n\n"
            f"【已知信息】{chr(10).join(self.sources)}\n\n【问题】{question}\n"
        )
        text = ""
        for part in self._model.stream(prompt):
            text += str(part.content)
            yield text


class Txtai:
    """`RAG` over `Embeddings(content=True)` of paragraphs, with the template of its examples."""

    abstained = None

    def __init__(self, task: Mapping[str, Any]) -> None:
        from txtai import LLM, RAG, Embeddings

        self._embeddings = Embeddings(
            path=task["encoder"], content=True,
            instructions={"query": "query: ", "data": "passage: "},
        )  # fmt: skip
        self._embeddings.index(paragraphs(task["documents"]))
        self._rag = RAG(
            self._embeddings,
            LLM(f"openai/{MODEL}", method="litellm", api_base=task["llm"], api_key="none"),
            template=(
                "Answer the following question using only the context below. Only include"
                " information specifically discussed.\n\nquestion: {question}\ncontext: {context}"
            ),
        )
        self.sources: list[str] = []

    def ask(self, question: str) -> Iterator[str]:
        """The three nearest paragraphs are read."""
        self.sources = [found["text"] for found in self._embeddings.search(question, 3)]
        text = ""
        for part in self._rag(question, stream=True, temperature=0, maxlength=TOKENS):
            text += part
            yield text


class Haystack:
    """Its first example: splitter, embedder, retriever (ten), prompt builder, generator.

    Cut by paragraphs: by its default, words between spaces, a Chinese document is one piece.
    """

    abstained = None

    def __init__(self, task: Mapping[str, Any]) -> None:
        from haystack import Document
        from haystack.components.builders import ChatPromptBuilder
        from haystack.components.generators.chat import OpenAIChatGenerator
        from haystack.components.retrievers import InMemoryEmbeddingRetriever
        from haystack.dataclasses import ChatMessage
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.utils import Secret

        embedders = import_module(
            "haystack_integrations.components.embedders.sentence_transformers"
        )
        store = InMemoryDocumentStore()
        embedder = embedders.SentenceTransformersDocumentEmbedder(
            model=task["encoder"], prefix="passage: "
        )
        embedder.warm_up()
        pieces = [Document(content=text) for text in paragraphs(task["documents"])]
        store.write_documents(
            embedder.run(documents=list({each.id: each for each in pieces}.values()))["documents"]
        )
        self._embedder = embedders.SentenceTransformersTextEmbedder(
            model=task["encoder"], prefix="query: "
        )
        self._embedder.warm_up()
        self._retriever = InMemoryEmbeddingRetriever(document_store=store)
        self._prompt = ChatPromptBuilder(
            [ChatMessage.from_user(
                "Given the following information, answer the question.\n\nContext:\n"
                "{% for document in documents %}\n    {{ document.content }}\n{% endfor %}\n\n"
                "Question: {{question}}\nAnswer:"
            )], required_variables="*",
        )  # fmt: skip
        self._generator = OpenAIChatGenerator(
            api_key=Secret.from_token("none"), model=MODEL, api_base_url=task["llm"], timeout=600,
            max_retries=0, generation_kwargs={"temperature": 0, "max_tokens": TOKENS},
        )  # fmt: skip
        self.sources: list[str] = []

    def ask(self, question: str) -> Iterator[str]:
        """The ten nearest paragraphs are read."""
        vector = self._embedder.run(text=question)["embedding"]
        found = self._retriever.run(query_embedding=vector)["documents"]
        self.sources = [each.content for each in found]
        messages = self._prompt.run(documents=found, question=question)["prompt"]
        yield self._generator.run(messages=messages)["replies"][0].text


def paragraphs(documents: Mapping[str, str]) -> list[str]:
    """What empty lines part or, where a document has none, its lines."""
    parts = [
        re.split(r"\n\s*\n", text.strip())
        if re.search(r"\n\s*\n", text.strip())
        else text.splitlines()
        for text in documents.values()
    ]
    return [part.strip() for each in parts for part in each if part.strip()]
