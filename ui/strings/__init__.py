"""All text of the interface, Chinese first, English beside it."""

from ui.strings.en import EN
from ui.strings.names import Strings
from ui.strings.zh import ZH

__all__ = ["EN", "LANGUAGES", "ZH", "Strings", "strings"]

LANGUAGES = {"zh": ZH, "en": EN}


def strings(language: str | None) -> Strings:
    """Return the interface in `language` ("zh", "en", "en-GB", ...), Chinese where unknown.

    >>> strings("en-GB").ask
    'Ask'
    >>> strings(None).ask
    '提问'
    """
    return LANGUAGES.get((language or "").lower().split("-")[0], ZH)
