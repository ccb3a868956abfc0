"""Public documents as offices write them: the outline of each, told by hand in outlines.txt.

The documents stand in ../shared/data, not in this repository; without them there is nothing to do.
"""

import re
from pathlib import Path

import pytest

from rag.outline import outline
from rag.reading import read

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = {"number": "document_number", "type": "document_type"}
_FACT = re.compile(r"([a-z]+): (.+)")


def expected() -> list[tuple[str, list[str]]]:
    """Return the name of each document with the lines that tell of it."""
    text = Path(__file__).with_name("outlines.txt").read_text(encoding="utf-8")
    parts = text.split("\n= ")[1:]
    return [(part.split("\n")[0], part.rstrip().split("\n")[1:]) for part in parts]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("name", "told"), expected(), ids=lambda x: x if isinstance(x, str) else ""
)
def test_the_outline_is_what_a_reader_would_write(name: str, told: list[str]) -> None:
    if not (SHARED / name).is_file():
        pytest.skip("the public documents are not here")
    made = outline(read(SHARED / name, Path(name).name))
    (essay,) = made.essays
    facts = {match[1]: match[2] for line in told if (match := _FACT.fullmatch(line))}
    found = {fact: getattr(essay, NAMES.get(fact, fact)) or "" for fact in facts}
    assert {fact: bare(value) for fact, value in found.items()} == {
        fact: bare(value) for fact, value in facts.items()
    }
    wanted = [
        (1 + (len(line) - len(line.lstrip())) // 2, bare(line))
        for line in told
        if not _FACT.fullmatch(line)
    ]
    leads = [(measure.level, bare(measure.lead)) for measure in made.measures]
    cut = [
        (level, lead[: len(words)])
        for (level, lead), (_, words) in zip(leads, wanted, strict=False)
    ]
    assert cut == wanted
    assert len(leads) == len(wanted)
