"""Text → unit vectors, by the encoder that one setting names.

`default` is the transformer in `default/` (its README.md is the model card), run by onnxruntime;
`none` leaves meaning out; a URL is an OpenAI-compatible embeddings endpoint; any other name or
folder is read by sentence-transformers. Each is one small module, loaded when it is set.
"""

from functools import cache
from pathlib import Path

from rag.encoding.vectors import Encoder, Vectors
from rag.errors import BadEncoder
from rag.settings import Settings

__all__ = ["DEFAULT", "Encoder", "Vectors", "load_encoder"]

DEFAULT = Path(__file__).parent / "default"
"""The folder of the default encoder, in the layout of sentence-transformers."""


def load_encoder(settings: Settings) -> Encoder | None:
    """Return the encoder that `settings.encoder` names; None for `none`, words alone.

    Raises:
        BadEncoder: no such folder or model, or one that cannot be read.
    """
    name = settings.encoder
    if name == "none":
        return None
    if name == "default":
        return _default(settings.query_prompt, settings.passage_prompt)
    if name.startswith(("http://", "https://")):
        from rag.encoding.endpoint import EndpointEncoder

        return EndpointEncoder(settings)
    looks_like_path = name.startswith((".", "/", "~", "\\")) or name.count("/") > 1 or "\\" in name
    if not name or (looks_like_path and not Path(name).is_dir()):
        raise BadEncoder(
            "no folder {name!r}: set `encoder` to default, none, a "
            "sentence-transformers folder or name, or the URL of an embeddings endpoint",
            name=name,
        )
    from rag.encoding.transformer import TransformerEncoder

    return TransformerEncoder(settings)


@cache
def _default(query_prompt: str, passage_prompt: str) -> Encoder:
    """Read the default encoder once in a process: its files do not change."""
    from rag.encoding.onnx import OnnxEncoder

    return OnnxEncoder(DEFAULT, "default", query_prompt, passage_prompt)
