"""Word's styles: which heading level, weight, size and list a paragraph or run has by its style.

ECMA-376, 17.7: a style is based on another and adds to it. Only what the outline reads is kept.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lxml import etree

from rag.reading.numbers import W, value
from rag.reading.safe_xml import local

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
HEAVY = re.compile(r"黑体|SimHei|Heiti|小标宋|xiaobiaosong|bold|black|heavy|粗", re.IGNORECASE)
"""Names of typefaces that are heavy by themselves."""
_CONTENTS = re.compile(r"(?:toc|目录)\s*(?:\d|heading|标题)?", re.IGNORECASE)
_ON = {"b": "bold", "vanish": "hidden"}  # what is on where it stands, unless it says otherwise
_TRUE = ("1", "true")
_COUNTED = {"sz": "size", "ilvl": "level"}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a stretch of text; None for what nothing says."""

    heading: int = 0
    bold: bool | None = None
    heavy: bool | None = None  # set in a typeface that is heavy by itself: 黑体
    size: int | None = None  # half points
    hidden: bool = False
    contents: bool = False  # of a table of contents
    num_id: str | None = None
    level: int = 0

    @property
    def stands_out(self) -> bool:
        """Whether it looks bold on the page."""
        return bool(self.bold) or bool(self.heavy)


class Styles:
    """The styles of one document by their id."""

    def __init__(self, root: etree._Element) -> None:
        self._styles = {each.get(W + "styleId", ""): each for each in root.iter(W + "style")}
        self._default = Look()
        for run in root.iterfind(f"{W}docDefaults/{W}rPrDefault/{W}rPr"):
            self._default = changed(self._default, run)
        defaults = root.iterfind(f"{W}style[@{W}type='paragraph'][@{W}default]")
        on = (each.get(W + "styleId", "") for each in defaults if each.get(W + "default") in _TRUE)
        self.paragraph_default = next(on, "")
        self.look = cache(self._look)

    def _look(self, style_id: str, depth: int = 0) -> Look:
        """Return the look of a style with all that it is based on."""
        style = self._styles.get(style_id)
        if style is None or depth > 12:
            return self._default
        look = self._look(value(style, "basedOn"), depth + 1)
        called = value(style, "name").strip()
        if match := _HEADING.fullmatch(called):
            look = replace(look, heading=min(6, int(match[1])))
        elif called.lower() in {"title", "标题"}:
            look = replace(look, heading=1)
        if _CONTENTS.fullmatch(called):
            look = replace(look, contents=True)
        return changed(changed(look, style.find(W + "pPr")), style.find(W + "rPr"))


def changed(look: Look, properties: etree._Element | None) -> Look:
    """Return `look` with what a w:pPr or w:rPr says itself."""
    if properties is None:
        return look
    found: dict[str, Any] = {}
    for child in (*properties, *properties.iterfind(f"{W}numPr/*")):
        name, said = local(child), child.get(W + "val", "")
        if name in _ON:
            found[_ON[name]] = said not in {"0", "false", "off"}
        elif name in _COUNTED and said.isdecimal():
            found[_COUNTED[name]] = int(said)
        elif name == "outlineLvl" and said.isdecimal():
            found["heading"] = int(said) + 1 if int(said) < 6 else 0
        elif name == "numId" and said:
            found["num_id"] = said
        elif name == "rFonts" and (font := child.get(W + "eastAsia") or child.get(W + "ascii")):
            found["heavy"] = HEAVY.search(font) is not None
    return replace(look, **found)
