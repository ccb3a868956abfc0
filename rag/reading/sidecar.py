"""Facts that people put beside a text: NAME.meta.yaml, or front matter at its head.

Both are a YAML mapping of names of `Essay` to text, and are believed before the text itself;
`keep` names whole lines that would be left out as no part of the text:

    title: 关于加强人才工作的意见
    date: 2022-10-25
    document_number: 皖发〔2022〕5号
    keep: [第 3 页 共 5 页]
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.errors import UnreadableFile, failing_as
from rag.messages import both
from rag.reading.result import limited
from rag.types import FACTS, Stated

SUFFIX = ".meta.yaml"
_CHINESE = {
    "标题": "title", "作者": "author", "职务": "office", "单位": "office", "地区": "place",
    "地方": "place", "刊名": "publication", "刊物": "publication", "期号": "issue", "期": "issue",
    "日期": "date", "印发机关": "issuer", "发文机关": "issuer", "发文字号": "document_number",
    "文号": "document_number", "文种": "document_type", "保留": "keep",
}  # fmt: skip
KEEP = "keep"
_MOST = 100_000  # bytes of a sidecar
_FRONT = re.compile(r"\s*---[ \t]*\r?\n(?P<yaml>.{1,4000}?)\r?\n(?:---|\.\.\.)[ \t]*(?=\r?\n|$)",
                    re.DOTALL)  # fmt: skip
_KEY = re.compile(r"[\w一-鿿]+[ \t]*[:：]")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def sidecar_of(path: Path) -> Path | None:
    """Return the sidecar of `path`, if there is one: a.txt.meta.yaml or a.meta.yaml."""
    for name in (path.name + SUFFIX, path.stem + SUFFIX):
        with suppress(OSError):  # such a name is longer than names may be
            if (found := path.with_name(name)).is_file():
                return found
    return None


def read_sidecar(path: Path) -> tuple[Stated, ...]:
    """Return what a sidecar states.

    Raises:
        UnreadableFile: not a YAML mapping of known names to text; it is not used then.
    """
    with failing_as(UnreadableFile, "cannot be opened: {why}"):
        data = path.read_bytes()
    limited("is longer than {most} bytes, so it is not used", len(data), _MOST)
    told = "is not UTF-8, so it is not used: save it as UTF-8"
    with failing_as(UnreadableFile, told, UnicodeDecodeError):
        text = data.decode("utf-8-sig")
    return stated(text, "sidecar")


def write_sidecar(path: Path, facts: Mapping[str, str], keep: Sequence[str] = ()) -> None:
    """State `facts` of the file at `path` beside it, and which of its lines to keep.

    Without any, nothing is stated any more.

    Raises:
        UnreadableFile: a value that `read_sidecar` would not take.
        OSError: it cannot be written; what was there is as it was.
    """
    import yaml

    beside = path.with_name(path.name + SUFFIX)
    given: dict[str, object] = {name: value for name, value in facts.items() if value.strip()}
    given |= {KEEP: list(keep)} if keep else {}
    text = yaml.safe_dump(given, allow_unicode=True, sort_keys=False)
    stated(text, "sidecar")
    if not given:
        beside.unlink(missing_ok=True)
        return
    part = beside.with_name(f".{secrets.token_hex(8)}.part")  # a build leaves hidden files out
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(beside)
    finally:
        part.unlink(missing_ok=True)


def front_matter(text: str) -> tuple[str, tuple[Stated, ...], tuple[str, ...]]:
    """Return the text with its front matter blanked, what that states, and what is wrong with it.

    A rule of dashes with text under it that is no YAML mapping is not front matter.
    """
    match = _FRONT.match(text)
    if not match or not _KEY.match(match["yaml"].lstrip()):
        return text, (), ()
    blank = "\n" * match.group().count("\n")  # lines keep their numbers
    try:
        return blank + text[match.end() :], stated(match["yaml"], "front matter"), ()
    except UnreadableFile as error:
        return text, (), (both("the front matter {error}", error=error),)


def stated(text: str, source: str) -> tuple[Stated, ...]:
    """Return the facts of a YAML mapping.

    Raises:
        UnreadableFile: not YAML, not a mapping, an unknown name, or a value that is no text.
    """
    import yaml

    told = "is not YAML, so it is not used: {why}"
    with failing_as(UnreadableFile, told, yaml.YAMLError, ValueError, RecursionError):
        values: Any = yaml.load(text, Loader=yaml.BaseLoader)
    if not isinstance(values, dict):
        raise UnreadableFile("is not a YAML mapping, so it is not used: write title: ...")
    found = []
    for key, value in values.items():
        name = _CHINESE.get(str(key), str(key))
        if name in FACTS or name == KEEP:
            kept = value if name == KEEP and isinstance(value, list) else [value]
            found += [Stated(name, _value(name, each), source, 1.0) for each in kept]
        elif source == "sidecar":  # in front matter other programs keep their own: tags, layout
            raise UnreadableFile(
                "has an unknown name {key!r}, so it is not used; known are {facts}",
                key=key,
                facts=", ".join((*FACTS, KEEP)),
            )
    return tuple(fact for fact in found if fact.value)


def _value(name: str, value: object) -> str:
    if name in {"author", "office"} and isinstance(value, list):
        value = "、".join(value) if all(isinstance(each, str) for each in value) else None
    if not isinstance(value, str):
        raise UnreadableFile("gives {name} a value that is no text, so it is not used", name=name)
    value = unicodedata.normalize("NFC", " ".join(value.split()))
    if name == "date" and value and not _DATE.fullmatch(value):
        raise UnreadableFile(
            "gives the date {value!r}, so it is not used: write 2022-10-25", value=value
        )
    return value
