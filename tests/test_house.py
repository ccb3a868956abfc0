"""bench/house.py counts what is counted here by hand, on a small project."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

FILES = {
    "made/__init__.py": "",
    "made/one.py": """\
from made import two


class Name:
    def find(self, text: str) -> int:
        return text.find("a") if text and two else -1


def late(one, *others: int) -> None:
    import made.three
""",
    "made/two.py": "from . import one\n\n\nclass _Name: ...\n",
    "made/three.py": "from made.one import late\n",
    "tests/test_one.py": "def test_one(): ...\n\n\ndef helper(): ...\n",
    "train/__init__.py": "x = 1\n",
}


def test_a_small_project(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run = [sys.executable, str(ROOT / "bench" / "house.py"), str(tmp_path)]
    printed = subprocess.run(run, capture_output=True, text=True, encoding="utf-8", check=True)
    rows = [line.strip("| ").split(" | ") for line in printed.stdout.splitlines()]
    told = {row[0]: row[1:] for row in rows if len(row) > 1}
    assert told["files / lines"] == ["4 / 15"]
    assert told["functions; median / p90 / max lines"] == ["2; 2 / 2 / 2"]
    assert told["functions over 60 lines"] == ["0"]
    assert told["cyclomatic mean / p90 / max"] == ["2.0 / 3 / 3"]  # an if and an and; nothing
    assert told["functions with every hint"] == ["50%"]  # `one` has none
    assert told["import cycles, top / with late imports"] == ["1 / 1"]  # one-two; with three
    assert told["classes; names of several"] == ["2; 1"]
    assert told["tests : source (test functions)"] == ["0.27 (1)"]  # 4 lines of 15
    assert told["made"] == ["4", "15"]


def test_a_folder_without_code(tmp_path: Path) -> None:
    run = [sys.executable, str(ROOT / "bench" / "house.py"), str(tmp_path)]
    told = subprocess.run(run, capture_output=True, text=True, encoding="utf-8", check=False)
    assert told.returncode == 1
    assert told.stderr.strip() == (
        f"{tmp_path} holds no Python package: give a project or a package"
    )
