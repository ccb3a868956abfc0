"""How well measures are put under themes, held against measures labelled by hand.

A file has one object a line: `lead`, `text` and `themes`, of which `main` is the main one; what is
no measure has no themes. Precision and recall count all themes of all lines together; `main` is the
share of the measures whose first theme is the main one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import BadInput
from rag.themes import Classifier, given

_WANTED = {"lead": str, "text": str, "themes": list, "main": str}


@dataclass(frozen=True, slots=True)
class Given:
    """Micro precision and recall of themes, and the share of main themes that are right."""

    precision: float
    recall: float
    main: float


def evaluate(path: Path) -> Given:
    """Give themes to the lines of a file and compare them with their labels.

    Raises:
        BadInput: the file cannot be read or a line is no labelled measure.
    """
    classifier = Classifier(given())
    found = right = wanted = mains = measures = 0
    for row in _rows(path):
        themes, labels = classifier.label(row["lead"], row["text"]).themes, set(row["themes"])
        found, wanted = found + len(themes), wanted + len(labels)
        right += len(labels.intersection(themes))
        if row["main"]:
            measures += 1
            mains += themes[:1] == (row["main"],)
    if not measures:
        raise BadInput(f"{path} holds no measure with a theme")
    return Given(right / max(found, 1), right / max(wanted, 1), mains / measures)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            held = all(isinstance(row[name], kind) for name, kind in _WANTED.items())
        except (ValueError, TypeError, KeyError):
            held = False
        if not held:
            raise BadInput(
                f"{path}, line {number}: want an object with lead, text, themes and main"
            )
        yield row
