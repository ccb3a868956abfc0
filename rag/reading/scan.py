"""Images and scanned pages → printed lines, by the extra `ocr` (RapidOCR, models in its package).

What is recognised is marked as such in the report: a wrong character is likelier here than in any
other format.
"""

import unicodedata
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from rag.errors import UnreadableFile, failing_as
from rag.messages import both
from rag.reading import layout
from rag.reading.result import OCR_MISSING, Read, can_recognise, limited
from rag.reading.runs import Run
from rag.settings import Settings

_LEAST_SURE = 0.5  # of a line that is taken
_MOST_PIXELS = 60_000_000


def read(data: bytes, name: str, settings: Settings) -> Read:
    """Return the lines that are recognised in an image.

    Raises:
        UnreadableFile: damaged, too large, or the extra `ocr` is not installed.
    """
    told = "the image is cut off or damaged: scan it again"
    with (
        failing_as(UnreadableFile, told, Image.DecompressionBombError, SyntaxError),
        Image.open(BytesIO(data)) as image,
    ):
        pixels = image.width * image.height
        limited("the image has more than {most} pixels: scale it down", pixels, _MOST_PIXELS)
        frames = min(getattr(image, "n_frames", 1), settings.max_pages)
        if not can_recognise():
            raise UnreadableFile("the file is a scanned image: {todo}", todo=OCR_MISSING)
        pages = []
        for frame in range(frames):
            image.seek(frame)
            pages.append(page(image.convert("RGB")))
    return Read(layout.lines(pages), notes=(both("recognised from an image, so check it"),))


def page(image: Image.Image, points: float = 1.0) -> layout.Page:
    """Return what is recognised on one page, an RGB image whose pixels are `points` large."""
    found = _engine()(np.asarray(image)[:, :, ::-1])  # it wants BGR
    made = []
    texts = found.txts or ()
    for box, text, sure in zip(
        found.boxes if texts else (), texts, found.scores or (), strict=False
    ):
        if sure >= _LEAST_SURE and text.strip():
            xs = [float(point[0]) * points for point in box]
            ys = [float(point[1]) * points for point in box]
            size = 0.8 * (max(ys) - min(ys))
            whole = unicodedata.normalize("NFC", str(text))
            made.append(Run(whole, min(xs), max(xs), min(ys) + 0.9 * (max(ys) - min(ys)), size))
    return layout.Page(made, image.width * points, image.height * points)


@cache
def _engine() -> Any:  # noqa: ANN401 (RapidOCR has no types)
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})
