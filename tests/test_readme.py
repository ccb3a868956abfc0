"""What the README shows is what the program prints; both languages show the same."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run

READMES = ("README.md", "README.zh-CN.md")


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


@pytest.mark.parametrize("name", READMES)
def test_every_file_it_points_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []
