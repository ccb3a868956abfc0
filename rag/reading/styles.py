"""Word's styles: which heading level, weight, size and list a paragraph or run has by its style.

ECMA-376, 17.7: a style is based on another and adds to it. Only what the outline reads is kept.
"""

import re
from dataclasses import dataclass, replace
from functools import cache

from lxml import etree

from rag.reading.numbers import W, value

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
HEAVY = re.compile(r"黑体|SimHei|Heiti|小标宋|xiaobiaosong|bold|black|heavy|粗", re.IGNORECASE)
"""Names of typefaces that are heavy by themselves."""
_CONTENTS = re.compile(r"(?:toc|目录)\s*(?:\d|heading|标题)?", re.IGNORECASE)


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
        self.paragraph_default = next(
            (
                name
                for name, style in self._styles.items()
                if style.get(W + "default") in {"1", "true"}
                and style.get(W + "type") == "paragraph"
            ),
            "",
        )
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
    if properties.tag == W + "rPr":
        return _run_look(properties, look)
    if (outline := value(properties, "outlineLvl")).isdecimal():
        look = replace(look, heading=int(outline) + 1 if int(outline) < 6 else 0)
    if num_id := value(properties, "numPr/numId"):
        look = replace(look, num_id=num_id)
    if (level := value(properties, "numPr/ilvl")).isdecimal():
        look = replace(look, level=int(level))
    return look


def _run_look(properties: etree._Element, look: Look) -> Look:
    for child in properties:
        said = child.get(W + "val")
        if child.tag == W + "b":
            look = replace(look, bold=_is_on(said))
        elif child.tag == W + "rFonts":
            if font := child.get(W + "eastAsia") or child.get(W + "ascii"):
                look = replace(look, heavy=HEAVY.search(font) is not None)
        elif child.tag == W + "sz" and said and said.isdecimal():
            look = replace(look, size=int(said))
        elif child.tag == W + "vanish":
            look = replace(look, hidden=_is_on(said))
    return look


def _is_on(said: str | None) -> bool:
    return said not in {"0", "false", "off"}
