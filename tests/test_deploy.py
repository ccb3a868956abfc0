"""The operator's documents: every command runs, every setting and file they name is there."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from rag.history import History
from rag.settings import Settings
from rag.users import Accounts
from tests.conftest import ROOT, Run

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SERVICE = (ROOT / "deploy" / "youju.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PASSWORD = "言必有据, 2026!"


def sessions() -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    return [[line[2:] for line in block.splitlines()] for block in blocks]


def test_every_command_of_the_operators_page_runs(tmp_path: Path) -> None:
    """Accounts are made, backed up beside an open database, lost, and restored."""
    (tmp_path / "bin").mkdir()
    for name, module in (("rag", "-m rag.cli"),):
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    (tmp_path / "corpus").mkdir()
    shutil.copy(ROOT / "corpus" / "SOURCES.md", tmp_path / "corpus")
    (tmp_path / "corpus" / "a.txt").write_text("落实责任。\n\n第二段。\n", encoding="utf-8")
    never = {"question": "水质治理的指标是多少？", "type": "unanswerable"}
    (tmp_path / "gold.jsonl").write_text(json.dumps(never), encoding="utf-8")
    accounts, index, backup, restore = sessions()
    assert len(backup) < 4
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"

    def run(command: str) -> None:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, input=PASSWORD, text=True, encoding="utf-8",
            capture_output=True, env={**kept, "PATH": path, "PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stderr)

    for command in (*accounts, *index[:-1]):
        run(command)
    assert index[-1].endswith("--watch")
    with subprocess.Popen(
        [str(tmp_path / "bin" / "rag"), *index[-1].split()[1:]], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, env={**kept, "PATH": path, "PYTHONPATH": str(ROOT)},
    ) as watching:  # fmt: skip
        assert watching.stdout is not None
        assert "serves" in watching.stdout.readline()
        watching.terminate()
    assert watching.returncode == 0
    history = History(tmp_path / "data")  # as a server has it open
    for command in backup * 2:  # every day
        run(command)
    history.close()
    shutil.rmtree(tmp_path / "data")
    for command in restore:
        run(command)
    restored = Accounts(tmp_path / "data")
    assert [each.name for each in restored.all()] == ["boss"]
    restored.close()


@pytest.mark.parametrize("text", [PAGE, SERVICE, DOCKERFILE], ids=["page", "service", "docker"])
def test_every_setting_they_name_is_one(text: str) -> None:
    names = {field.name for field in fields(Settings)}
    named = {name.lower() for name in re.findall(r"RAG_([A-Z_]+)\b", text)} - {""}
    assert named and named <= names


def test_the_table_of_settings_says_their_defaults() -> None:
    defaults, given = Settings(), {}
    table = PAGE.partition("## Settings")[2].partition("## Watching")[0]
    for names, values in re.findall(r"^\| (`.*?) \| (.*?) \|", table, re.MULTILINE):
        for name, value in zip(re.findall(r"`(\w+)`", names), values.split(", "), strict=False):
            given[name] = value.strip("`").replace(" MB", "000000")
    assert given == {
        name: str(getattr(defaults, name)).removesuffix(".0").lower() for name in given
    }


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on the PATH")
    unit = tmp_path / "youju.service"
    unit.write_text(SERVICE.replace("/opt/youju/bin/rag", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout  # 3.0 at most


def test_the_service_starts_with_an_empty_corpus(rag: Run, tmp_path: Path) -> None:
    """The folders that systemd makes are those that the settings of the unit name."""
    made = re.findall(r"^StateDirectory=(.*)$", SERVICE, re.MULTILINE)[0].split()
    said = dict(re.findall(r"(RAG_[A-Z_]+)=(\S+)", SERVICE))
    named = {said[f"RAG_{name}"] for name in ("INDEX", "DATA", "CORPUS")}
    assert named <= {f"/var/lib/{name}" for name in made}
    for folder in made:
        (tmp_path / folder).mkdir()
    here = {name: value.replace("/var/lib", str(tmp_path)) for name, value in said.items()}
    assert rag("build", here["RAG_CORPUS"], **here).returncode == 0
    assert rag("ask", "有哪些措施？", **here).returncode == 0
    assert here["RAG_DATA"] in rag("user", "add", "boss", stdin=PASSWORD, **here).stderr


def test_the_container_gets_files_that_are_there() -> None:
    for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE):
        assert [name for name in line.split()[:-1] if not (ROOT / name).exists()] == []
