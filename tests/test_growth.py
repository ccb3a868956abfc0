"""What people and files send is taken in time in proportion to its length, of whatever kind it is.

Processor time is measured, the least of several runs, for a length and for eight times as much.
What is linear takes eight times as long, what is quadratic 64 times: the bound is 2.6 a doubling.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from rag import characters, limits
from rag.errors import UnreadableFile
from rag.outline import outline
from rag.reading import documents
from rag.settings import Settings
from rag.users import store
from tests.conftest import ROOT
from tests.families import DOCUMENTS, HTML, MARKUP, QUESTIONS, TEXTS, Family, FileFamily
from ui.limits import clean_form

T = TypeVar("T")
TIMES, BOUND = 8, 2.6**3
# Seconds of processor time that count for nothing: a collection of garbage, a slow machine.
# What is quadratic takes more than that many seconds at these lengths, and fails all the same.
NOISE = 0.5
FILES = [
    *(("a.txt", family) for family in TEXTS),
    *(("a.md", family) for family in MARKUP),
    *(("a.html", family) for family in HTML),
]


class GrowingInput(Protocol[T]):
    """What gives input of any length."""

    @property
    def name(self) -> str:
        """What it is called."""

    def of(self, length: int) -> T:
        """Give some."""


def least(work: Callable[[], object], runs: int) -> float:
    """The processor time of `work`, of several runs the least."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def assert_linear(work: Callable[[T], object], family: GrowingInput[T], length: int) -> None:
    """`work` on what `family` gives grows as its length does."""
    short, long = family.of(length), family.of(TIMES * length)
    allowed = BOUND * least(lambda: work(short), 3) + NOISE
    for _ in range(3):  # only what is too slow each time is too slow
        if least(lambda: work(long), 1) <= allowed:
            return
    raise AssertionError(f"{family.name}: more than {allowed:.2f} s for {TIMES * length}")


@pytest.mark.parametrize("family", QUESTIONS, ids=lambda family: family.name)
def test_doors(family: Family) -> None:
    def door(text: str) -> None:
        store.folded(text)
        store.nfkc(text[: store.LONGEST + 1])
        characters.cleaned(text)
        characters.escaped(text)
        clean_form(text.encode())
        limits.earlier([text[:2000]] * 100, 2000)
        limits.question(text, len(text) + 1)

    assert_linear(door, family, 50_000)


@pytest.mark.parametrize(
    ("name", "family"), FILES, ids=[f"{name} of {family.name}" for name, family in FILES]
)
def test_files(name: str, family: Family) -> None:
    assert_linear(lambda text: read(text.encode(), name), family, 4_000)


def read(data: bytes, name: str) -> None:
    """Read and outline a file, as a build does."""
    for _, document in documents(data, name, Settings()):
        if not isinstance(document, UnreadableFile):
            outline(document)


@pytest.mark.parametrize("family", DOCUMENTS, ids=lambda each: f"{each.suffix}: {each.name}")
def test_documents(family: FileFamily) -> None:
    assert_linear(lambda data: read(data, f"a.{family.suffix}"), family, family.few)


# patterns in which one unbounded repeat follows or holds another that can take the same signs
_REPEAT = r"(?:[*+]|\{\d*,\})"
_CLASS = r"(\\[wsdWSD]|\[[^]]+\]|\.)"
_ADJACENT = re.compile(rf"{_CLASS}{_REPEAT}\??\1{_REPEAT}")
_NESTED = re.compile(rf"\((?:\?:)?{_CLASS}{_REPEAT}\)\s*{_REPEAT}")


def literals(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(r'r?[bf]?"((?:[^"\\\n]|\\.)*)"', text)


def test_no_pattern_repeats_what_repeats() -> None:
    bad = [
        (path.name, found)
        for folder in ("rag", "ui")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for found in literals(path)
        if _ADJACENT.search(found) or _NESTED.search(found)
    ]
    assert bad == []


@pytest.mark.parametrize(
    "pattern", [r"(\w+)*x", r"\s*\s*", r"[ab]+[ab]+", r"(?:.*)+", r"\d{2,}\d+"]
)
def test_the_check_of_patterns_finds_them(pattern: str) -> None:
    assert _ADJACENT.search(pattern) or _NESTED.search(pattern)
