"""How well measures are put under themes, held against measures labelled by hand.

A file has one object a line: `lead`, `text` and `themes`, of which `main` is the main one; what is
no measure has no themes. Precision and recall count all themes of all lines together; `main` is the
share of the measures whose first theme is the main one.
"""

from pathlib import Path
from typing import Any

from rag.encoding import Encoder
from rag.errors import BadInput
from rag.jsonl import read_jsonl
from rag.themes import ThemeClassifier, given, said

_WANTED = "an object with lead, text, themes and main"


def evaluate(path: Path, encoder: Encoder | None) -> dict[str, float]:
    """Give themes to the lines of a file, as a page does to an index's, and compare with labels.

    Returns micro precision and recall of themes, and the share of main themes that are right.

    Raises:
        BadInput: the file cannot be read or a line is no labelled measure.
    """
    classifier = ThemeClassifier(given())
    if encoder and encoder.fingerprint != classifier.encoder:
        encoder = None
    found = right = wanted = mains = measures = 0
    for lead, text, labels, main in read_jsonl(path, _row, _WANTED):
        vector = encoder.encode_passages([said(lead, text)])[0] if encoder else None
        themes = classifier.label(lead, text, vector).themes
        found, wanted = found + len(themes), wanted + len(labels)
        right += len(labels.intersection(themes))
        if main:
            measures += 1
            mains += themes[:1] == (main,)
    if not measures:
        raise BadInput(f"{path} holds no measure with a theme")
    precision, recall = right / max(found, 1), right / max(wanted, 1)
    return {"precision": precision, "recall": recall, "main": mains / measures}


def _row(row: dict[str, Any]) -> tuple[str, str, set[str], str]:
    """A labelled measure: lead, text, themes, main theme."""
    if not (isinstance(row["lead"], str) and isinstance(row["text"], str)):
        raise TypeError
    return row["lead"], row["text"], set(row["themes"]), row["main"]
