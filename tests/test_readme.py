"""What the README shows is what the program prints, in both languages; every page has its links."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run
from tests.floors import picture
from tests.test_floors import FLOORS

READMES = ("README.md", "README.zh-CN.md")
PAGES = [
    path
    for folder in (".", "docs", "bench", "train")
    for path in sorted((ROOT / folder).glob("*.md"))
]


def blocks(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"```console\n(.*?)```", text, re.DOTALL)


def test_the_session_on_the_first_screen(rag: Run, index: Path) -> None:
    printed: dict[str, str] = {}
    for name in READMES:
        sessions = blocks(name)[0].strip().split("\n$ ")
        assert len(sessions) == 2
        for session in sessions:
            command, _, output = session.removeprefix("$ ").partition("\n")
            program, *arguments = shlex.split(command)
            assert program == "rag"
            if command not in printed:
                printed[command] = rag(*arguments, RAG_INDEX=str(index)).stdout
            assert printed[command].strip() == output.strip(), name


def test_both_languages_show_the_same_commands() -> None:
    def commands(name: str) -> list[str]:
        lines = "\n".join(blocks(name)).splitlines()
        return [line.partition("#")[0].strip() for line in lines if line.startswith("$ ")]

    assert commands(READMES[0]) == commands(READMES[1])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_it_points_to_is_there(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_its_floors_are_those_that_imports_keep_to(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (.+?) \|", text, re.MULTILINE)
    shown = [set(re.findall(r"`(.+?)(?:\.py|/)`", row)) for row in rows]
    assert shown == [{module.replace(".", "/") for module in floor} for floor in FLOORS]


def test_the_picture_of_the_floors_is_made_from_them() -> None:
    shown = (ROOT / "docs" / "floors.svg").read_text(encoding="utf-8")
    assert shown == picture(), "run: python -m tests.floors > docs/floors.svg"


def test_both_languages_show_the_same_figures() -> None:
    """The numbers of each row of a table are the same; words and order within it may differ."""

    def rows(name: str) -> list[list[str]]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return [sorted(re.findall(r"[\d.,]*\d", line)) for line in lines if line.startswith("| ")]

    english, chinese = (rows(name) for name in READMES)
    assert english == chinese
