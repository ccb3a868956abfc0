"""All text of the interface, Chinese first, English beside it: `strings.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.messages import accepted

_TABLE: Mapping[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
NAMES = tuple(_TABLE)


@dataclass(frozen=True, slots=True)
class Strings:
    """The interface in one language: `s.ask` is the text of that name."""

    language: str  # BCP 47
    column: int  # of the table

    def __getattr__(self, name: str) -> str:
        """Return a text; AttributeError where there is none of this name."""
        try:
            return _TABLE[name][self.column]
        except KeyError:
            raise AttributeError(f"strings.toml has no text {name!r}") from None


ZH, EN = Strings("zh-CN", 0), Strings("en", 1)
LANGUAGES = {"zh": ZH, "en": EN}


def chosen(named: str | None, kept: str | None, header: str) -> Strings:
    """Return the interface in the language that a reader wants, Chinese where they do not say.

    Args:
        named: what the address says, which goes before all else.
        kept: what the reader switched to before.
        header: the browser's Accept-Language.

    >>> chosen(None, None, "fr, en-GB;q=0.8, zh;q=0.5").ask
    'Ask'
    >>> chosen(None, "zh", "en").ask, chosen(None, None, "fr").ask
    ('提问', '提问')
    """
    return LANGUAGES.get(accepted(named or kept or header) or "zh", ZH)
