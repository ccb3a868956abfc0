"""An install that is not editable holds every file that the package opens."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_data_file_is_declared() -> None:
    """Every file under rag/ and ui/ beside Python is matched by a glob of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package, globs in project["tool"]["setuptools"]["package-data"].items():
        folder = ROOT / package
        there = {path for path in folder.rglob("*") if path.is_file()}
        data = {path for path in there if path.suffix not in (".py", ".pyc")}
        declared = {path for glob in globs for path in folder.glob(glob)}
        assert sorted(path.name for path in data - declared) == []
        assert data, f"no data under {package}"
