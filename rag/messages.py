"""What the program says to people, in English and Chinese.

A message is a `str`, its English, so that logs, programs and `str(error)` have that; beside it goes
the Chinese of `messages.toml`, which a terminal or a browser may ask for.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

Language = Literal["zh", "en"]
_TABLE: Mapping[str, str] = tomllib.loads(  # now: whoever is out of memory says so, too
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Bilingual(str):
    """An English text with the Chinese of it beside."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, english: str, zh: str = "") -> "Bilingual":
        """Return the message; without a Chinese text it is English in both."""
        made = super().__new__(cls, english)
        made.zh = zh or str(english)
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Return what pickle makes it of again, for another process."""
        return str(self), self.zh

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> "CoreSchema":
        """Keep both texts in JSON; an English text alone is read, too."""
        from pydantic_core import core_schema as core

        either = core.union_schema([core.str_schema(), core.list_schema(core.str_schema())])
        return core.no_info_after_validator_function(
            lambda kept: cls(*kept) if isinstance(kept, list) else both(kept),
            either,
            serialization=core.plain_serializer_function_ser_schema(
                lambda text: [str(text), said(text, "zh")], when_used="json"
            ),
        )


Text = Annotated[str, Bilingual]
"""A `str` whose Chinese is kept in JSON with it, where it has one."""


def both(template: str, **values: object) -> Bilingual:
    """Return a text of ours in both languages, with values that may be messages themselves.

    >>> both("the question is empty: type one").zh
    '没有输入问题：请输入后再问'
    """
    if isinstance(template, Bilingual):
        return template
    zh = _TABLE.get(template, template)
    if not values:
        return Bilingual(template, zh)
    in_zh = {name: said(value, "zh") for name, value in values.items()}
    return Bilingual(template.format(**values), zh.format(**in_zh))


def changed(text: str, change: Callable[[str], str]) -> Bilingual:
    """Return a message changed in both languages."""
    return Bilingual(change(text), change(said(text, "zh")))


def joined(texts: Iterable[str], comma: str = "; ") -> Bilingual:
    """Return several messages as one, in Chinese with the Chinese comma of the same kind."""
    texts, in_zh = list(texts), {"; ": "；", ", ": "、"}[comma]
    return Bilingual(comma.join(texts), in_zh.join(said(text, "zh") for text in texts))


def cause(error: Exception) -> Bilingual:
    """Return what the system says of a file or an address, or any error of itself, in one line."""
    told = " ".join(str(error).split())[:200] or type(error).__name__
    return both(getattr(error, "strerror", None) or told)


def said(value: Any, language: str | None) -> Any:  # noqa: ANN401 (what a message may name)
    """Return a message or an error as text in a language ("zh", "zh-CN", ...), else `value`."""
    zh = getattr(value, "zh", None)
    if zh is None:
        return value
    return zh if (language or "").startswith("zh") else str(value)


def of_system(environ: Mapping[str, str]) -> Language:
    """Return the language of the terminal, as POSIX names it: the first of these that is set.

    >>> of_system({"LANG": "zh_CN.UTF-8"}), of_system({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"})
    ('zh', 'en')
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    set_ = next((environ[name] for name in names if environ.get(name)), "")
    return "zh" if set_.lower().startswith("zh") else "en"


def accepted(header: str) -> Language | None:
    """Return the most wanted of our languages in an Accept-Language (RFC 9110, 12.5.4), if any.

    >>> accepted("fr, en-GB;q=0.8, zh;q=0.5"), accepted("zh-CN,zh;q=0.9"), accepted("fr")
    ('en', 'zh', None)
    """
    weighed = []
    for each in header.split(","):
        language, _, weight = each.partition(";")
        try:
            share = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:  # not as the standard has it
            continue
        name = language.strip().lower().split("-")[0]
        weighed += [(share, known) for known in LANGUAGES if known == name and share > 0]
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else None
