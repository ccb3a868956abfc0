"""Themes: what measures are about, by a classifier and by an editor's words.

`themes.txt` lists the themes, each with words that speak of it. `themes.json` holds one linear
model a theme, and one that says whether something is a measure at all, learned by
`train/themes.py` from labelled measures; features are character n-grams of the lead and of the
text, how many of a theme's words they hold, and a vector of the default encoder: that of `said`, or
of the passage in which the measure stands, which an index holds already. Without one, as with
another encoder, words alone decide, less surely. An editor's own list has these rules:

- A theme of the list that is learned keeps its model; its words, as edited, count in it.
- The name of a learned theme among the words of another puts that under the other: so are themes
  renamed or joined, `干部：干部选拔培养 干部考核监督`.
- Any other theme is given where one of its words stands.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log1p
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import BadInput, failing_as
from rag.words import fold, grams

FILE_NAME = "themes.txt"
LEARNED, GIVEN = (Path(__file__).with_suffix(suffix) for suffix in (".json", ".txt"))
MOST = 3  # themes of a measure
SCALE = 100  # weights are kept as whole hundredths
_READ = 160  # characters that are read
_LONG, _SHORT = 3, 2  # characters of the longest n-grams of the text, and of its head
Vector = NDArray[np.float32]
"""One unit vector, shape (d,)."""

_RUN, _CLAUSE = re.compile(r"\w+"), re.compile(r"[^，。；：！？]*")


@dataclass(frozen=True, slots=True)
class Theme:
    """A name, and the words that speak of it."""

    name: str
    words: tuple[str, ...]

    def hits(self, text: str) -> int:
        """How many of its words, its name among them, stand in `text`."""
        return sum(word in text for word in (self.name, *self.words))


@dataclass(frozen=True, slots=True)
class Labels:
    """What a text is about, the main theme first; nothing where it is no measure."""

    themes: tuple[str, ...]
    measure: bool


def said(lead: str, text: str) -> str:
    """Return what a vector is made of where no passage has one."""
    return (lead + text)[:_READ]


def features(lead: str, text: str, themes: Sequence[Theme]) -> dict[str, float]:
    """Return the features of a measure, whose `text` is what follows its lead, by their names."""
    text = text[:_READ]
    head = fold(lead) or _CLAUSE.match(fold(text))[0]  # type: ignore[index]  # it always matches
    body = fold(lead + text)
    found = dict[str, float]()
    for mark, part, longest in (("", body, _LONG), ("^", head, _SHORT)):
        held = {gram for run in _RUN.findall(part) for gram in grams(run, longest)}
        found |= dict.fromkeys((mark + gram for gram in held), max(len(held), 1) ** -0.5)
        hits = {theme.name: theme.hits(part) for theme in themes}
        found |= {f"<{mark}{name}>": log1p(min(n, 3)) for name, n in hits.items() if n}
    return found


class ThemeClassifier:
    """The themes of one list, ready to be given."""

    def __init__(self, themes: Sequence[Theme], weights: Mapping[str, Any] | None = None) -> None:
        """Learned `weights` are those that ship, unless they are given."""
        held = weights or _learned()
        names: list[str] = held["themes"]
        edited = {theme.name: theme for theme in themes}
        self._known = [edited.get(theme.name, theme) for theme in given()]
        self._rows = {name: at for at, name in enumerate(held["features"])}
        self._weights = np.array([*held["features"].values(), held["bias"]], np.float64) / SCALE
        self._meaning = np.array(held["meaning"]["weights"], np.float64) / SCALE
        self.encoder: str = held["meaning"]["encoder"]  # fingerprint of that whose vectors it knows
        self._limits: dict[str, dict[str, float]] = held["limits"]
        self._parts = [
            (theme, [names.index(word) for word in (theme.name, *theme.words) if word in names])
            for theme in themes
        ]

    def label(self, lead: str, text: str, vector: Vector | None = None) -> Labels:
        """Return the themes of a measure; `text` is what follows its lead."""
        found = features(lead, text, self._known)
        kept = [(self._rows[name], value) for name, value in found.items() if name in self._rows]
        rows, values = zip(*kept, (len(self._rows), 1.0), strict=True)
        by_words = np.array(values) @ self._weights[list(rows)]
        by_meaning = 0.0 if vector is None else np.append(vector, 1.0) @ self._meaning
        *scores, other = by_words + by_meaning
        limits = self._limits["words" if vector is None else "meaning"]
        if other > limits["measure"]:
            return Labels((), measure=False)
        points = self._points(scores, fold(lead + text[:_READ]))
        best = sorted(points, key=points.__getitem__, reverse=True)[:MOST]
        least = [limits["first"]] + [limits["more"]] * (MOST - 1)
        chosen = (name for name, limit in zip(best, least, strict=False) if points[name] > limit)
        return Labels(tuple(chosen), measure=True)

    def _points(self, scores: Sequence[float], text: str) -> dict[str, float]:
        """How sure each theme is: as learned, or where nothing was, by its words alone."""
        points = dict[str, float]()
        for theme, learned in self._parts:
            by_words = float(any(word in text for word in theme.words))
            points[theme.name] = max((scores[at] for at in learned), default=by_words)
        return points


@cache
def _learned() -> Mapping[str, Any]:
    held: Mapping[str, Any] = json.loads(LEARNED.read_text(encoding="utf-8"))
    return held


@cache
def given() -> tuple[Theme, ...]:
    """Return the themes that ship."""
    return parse(GIVEN.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Theme, ...]:
    """Return the themes of an editor's lines, `name：word word`; a name alone is its own word.

    Raises:
        BadInput: a line without a name, or a name that comes twice.
    """
    made: dict[str, Theme] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = (part.strip() for part in line.replace(":", "：", 1).partition("："))
        if not name or name in made:
            raise BadInput(
                "themes, line {number}: want a new name, then ： and its words", number=number
            )
        words = tuple(filter(None, re.split(r"[\s,，、]+", rest)))
        made[name] = Theme(name, words or (name,))
    return tuple(made.values())


def write(themes: Sequence[Theme]) -> str:
    """Return the lines that `parse` reads."""
    return "".join(f"{theme.name}：{' '.join(theme.words)}\n" for theme in themes)


def load(folder: Path) -> tuple[Theme, ...]:
    """Return the edited themes, or those that ship where nobody edited any.

    Raises:
        BadInput: the file cannot be read, or a line of it cannot be used.
    """
    path = folder / FILE_NAME
    with failing_as(BadInput, "cannot read {path}: {why}", UnicodeDecodeError, path=path):
        text = path.read_text(encoding="utf-8") if path.exists() else None
    return given() if text is None else parse(text)


def save(folder: Path, text: str) -> None:
    """Keep an editor's lines; an empty text brings the themes that ship back.

    Raises:
        BadInput: a line cannot be used, or the file cannot be written.
    """
    path, themes = folder / FILE_NAME, parse(text)
    with failing_as(BadInput, "cannot write {path}: {why}", path=path):
        if themes:
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")  # a full disk leaves the old ones
            part.write_text(write(themes), encoding="utf-8")
            part.replace(path)
        else:
            path.unlink(missing_ok=True)
