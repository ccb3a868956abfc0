"""Whether text can be recognised in images here, and what to install if not."""

from importlib.util import find_spec

from rag.messages import both

INSTALL = both("reading it needs text recognition: pip install 'youju[ocr]'")


def installed() -> bool:
    """Whether the extra `ocr` is there."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
