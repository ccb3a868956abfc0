"""Both languages of the interface say the same things with the same blanks."""

import re
from pathlib import Path
from string import Formatter

import pytest

from rag.errors import RagError
from ui.site import problem
from ui.strings import EN, LANGUAGES, NAMES, ZH, Strings, chosen

UI = Path(__file__).parents[1] / "ui"


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_it_with_the_same_blanks(name: str) -> None:
    zh, en = getattr(ZH, name), getattr(EN, name)
    assert zh.strip()
    assert en.strip()
    assert blanks(zh) == blanks(en)


def test_every_text_is_used_and_every_used_one_is_there() -> None:
    files = [*UI.glob("*.py"), *UI.glob("templates/*.html")]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r"\b(?:s|ZH|EN)\.([a-z_]+)\b", source)) - {"column", "language"}
    named = {name for name in NAMES if f'"{name}"' in source}
    named |= {name for name in NAMES if name.startswith(("page_", "outcome_"))}
    named |= {problem(each("")) for each in RagError.__subclasses__()}
    assert used <= set(NAMES)
    assert set(NAMES) <= used | named


def test_chinese_comes_first_and_unknown_languages_get_it() -> None:
    assert next(iter(LANGUAGES.values())) is ZH
    assert chosen("fr", None, "") is chosen("zh-CN", None, "en") is ZH
    assert chosen("en", None, "") is chosen("EN-us", None, "zh") is EN


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", ZH),
        ("*", ZH),
        ("en-US,en;q=0.9", EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("en;q=0.4, zh-Hant-TW;q=0.6", ZH),
        ("fr-FR, de;q=0.9, EN-gb; q=0.1", EN),
        ("fr", ZH),
        ("en;q=0", ZH),
        ("en;q=much, ;;, =", ZH),
        ("x" * 5000, ZH),
    ],
)
def test_the_browsers_language_is_taken_where_nothing_else_is_said(
    accepted: str, wanted: Strings
) -> None:
    assert chosen(None, None, accepted) is wanted
    assert chosen(None, "en", accepted) is chosen("en-GB", "zh", accepted) is EN
    assert chosen(None, "zh", accepted) is chosen("zh", "en", accepted) is ZH


def test_no_text_is_a_pictograph() -> None:
    text = "".join(getattr(s, name) for s in LANGUAGES.values() for name in NAMES)
    assert [c for c in text if ord(c) >= 0x1F000 or 0x2600 <= ord(c) < 0x27C0] == []
