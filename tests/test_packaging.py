"""What is installed: every file that the package opens, and the packages that it imports."""

import ast
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def test_every_data_file_is_declared() -> None:
    """Every file under rag/ and ui/ beside Python is matched by a glob of pyproject.toml."""
    for package, globs in PYPROJECT["tool"]["setuptools"]["package-data"].items():
        folder = ROOT / package
        there = {path for path in folder.rglob("*") if path.is_file()}
        data = {path for path in there if path.suffix not in (".py", ".pyc")}
        declared = {path for glob in globs for path in folder.glob(glob)}
        assert sorted(path.name for path in data - declared) == []
        assert data, f"no data under {package}"


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


CORE = names(PROJECT["dependencies"])
EXTRAS = {extra: names(each) for extra, each in PROJECT["optional-dependencies"].items()}
OPTIONAL = EXTRAS["ocr"] | EXTRAS["mcp"] | EXTRAS["milvus"]
# run by their own commands, loaded by pytest or by another package
NOT_IMPORTED = {"milvus-lite", "mypy", "onnxscript", "pytest-timeout", "pytest-xdist", "ruff"}


def rows(heading: str) -> list[list[str]]:
    """The table under `heading` of docs/dependencies.md, without its head."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    table = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


NAMED = {canonicalize_name(name): canonicalize_name(by) for name, by in rows("Named by another")}


def imported(*folders: str) -> set[str]:
    """The packages from elsewhere that the files under `folders` import, anywhere in them."""
    modules: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    ours = {path.stem for path in ROOT.glob("*/*.py")} | {path.name for path in ROOT.iterdir()}
    given = metadata.packages_distributions()
    return {
        canonicalize_name(given.get(module, [module])[0])
        for module in modules - sys.stdlib_module_names - ours
    }


def test_what_runs_imports_what_is_declared_and_nothing_else() -> None:
    used = imported("rag", "ui")
    assert sorted(used - CORE - OPTIONAL - NAMED.keys()) == []
    assert sorted((CORE | OPTIONAL) - used) == []


def test_what_trains_and_tests_imports_what_is_declared() -> None:
    every = CORE.union(*EXTRAS.values())
    assert sorted(imported("tests", "train") - every - NAMED.keys()) == []
    used = imported("tests", "train", "bench")
    assert sorted((EXTRAS["train"] | EXTRAS["dev"]) - used - NOT_IMPORTED) == []


def test_what_is_named_by_another_is_required_by_it() -> None:
    """By a package that is declared, or named in turn, and whatever its extras."""
    for name, parent in NAMED.items():
        assert parent in CORE | OPTIONAL | NAMED.keys()
        required = [Requirement(each) for each in metadata.requires(parent) or []]
        always = [each for each in required if not each.marker or each.marker.evaluate()]
        assert name in {canonicalize_name(each.name) for each in always}, (name, parent)


def test_the_page_lists_every_dependency_with_its_release() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    releases = {canonicalize_name(name): release for name, release in pinned.items()}
    for heading, declared in (("To run", CORE), ("With an extra", OPTIONAL | EXTRAS["train"])):
        listed = {canonicalize_name(row[0]): row[3] for row in rows(heading)}
        assert listed == {name: releases[name] for name in declared}
        assert all(all(row) for row in rows(heading))
    assert len(CORE) <= 26


def test_run_installs_what_it_needs_and_no_more(tmp_path: Path) -> None:
    """The tests' packages come with `make test` or `make check`, before or after `make run`."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)

    def installed(target: str) -> list[str]:
        done = subprocess.run(
            ["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        lines = [line for line in done.stdout.splitlines() if " install " in line]
        return [line.split()[-1].strip("'") for line in lines]

    assert installed("run") == ["torch", "."]
    assert installed("test") == installed("check") == ["torch", ".", ".[dev]"]
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "core").touch()
    assert installed("run") == []
    assert installed("test") == [".[dev]"]
    (tmp_path / ".venv" / "installed").touch()
    assert installed("test") == installed("run") == []
