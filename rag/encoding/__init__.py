"""Text → unit vectors. Floor 4. Inside: vectors, unigram < static < transformer < ray < this.

The embedded encoder in `default/` is static (see its README.md); any sentence-transformers name
or folder takes its place by one setting, and a cross-encoder can rerank by another.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from rag.encoding.static import StaticEncoder, is_static
from rag.encoding.vectors import Vectors
from rag.errors import BadEncoder, BadInput
from rag.settings import Settings

__all__ = ["DEFAULT", "Encoder", "Reranker", "StaticEncoder", "Vectors", "load_default"]
__all__ += ["load_encoder", "load_reranker"]

DEFAULT = Path(__file__).parent / "default"
"""The folder of the embedded encoder; `SentenceTransformer(DEFAULT)` reads it as it stands."""


class Encoder(Protocol):
    """What turns texts into vectors. `fingerprint` changes whenever a passage's vector would."""

    name: str
    fingerprint: str

    @property
    def dim(self) -> int:
        """Number of dimensions, d."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d)."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d)."""


class Reranker(Protocol):
    """What scores a question and its candidates together."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers `question`; larger is better, no fixed range."""


def load_default() -> StaticEncoder:
    """Return the embedded encoder, which also gives vectors of single words."""
    return _default("", "")


@cache
def _default(query_prompt: str, passage_prompt: str) -> StaticEncoder:
    """Read the embedded encoder, once: its files are the package's own, and stay as they are."""
    return StaticEncoder.load(DEFAULT, "default", query_prompt, passage_prompt)


def load_encoder(settings: Settings) -> Encoder:
    """Return the encoder that `settings.encoder` names, the embedded one for "".

    Raises:
        BadEncoder: no such folder or model, or one that cannot be read.
        BadInput: a Ray cluster is set that cannot be used.
        BadVectors: its table holds values that are not finite.
    """
    folder = Path(settings.encoder or DEFAULT)
    _no_lost_folder(settings.encoder)
    if folder.is_dir() and is_static(folder):
        if settings.ray:
            raise BadInput(
                "--ray is for transformers: a static encoder needs no cluster, leave it out"
            )
        prompts = settings.query_prompt, settings.passage_prompt
        if not settings.encoder:
            return _default(*prompts)
        return StaticEncoder.load(folder, settings.encoder, *prompts)
    from rag.encoding.transformer import TransformerEncoder

    local = TransformerEncoder(settings)
    if not settings.ray:
        return local
    from rag.encoding.ray import RayEncoder

    return RayEncoder(local, settings)


def load_reranker(settings: Settings) -> Reranker | None:
    """Return the cross-encoder that `settings.reranker` names, None for "".

    Raises:
        BadEncoder: no such folder or model, or one that cannot be read.
    """
    if not settings.reranker:
        return None
    _no_lost_folder(settings.reranker)
    from rag.encoding.transformer import CrossEncoderReranker

    return CrossEncoderReranker(settings)


def _no_lost_folder(name: str) -> None:
    """Refuse what can only be a path and is none, before a library asks the network for it."""
    looks_like_path = name.startswith((".", "/", "~", "\\")) or name.count("/") > 1 or "\\" in name
    if looks_like_path and not Path(name).is_dir():
        raise BadEncoder(f"no folder {name}: set a sentence-transformers folder or name")
