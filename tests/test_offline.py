"""`make offline`: the folder it makes, and the start from it, with pip and without a network."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = ROOT / "deploy" / "offline"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BACKEND = """
import shutil

def build_wheel(folder, *_):
    shutil.copy("youju-99-py3-none-any.whl", folder)
    return "youju-99-py3-none-any.whl"
"""
NAMES = [re.split(r"[<>=\[]", each)[0] for each in PROJECT["dependencies"]]


def wheel(
    folder: str | Path, name: str, tag: str = "py3-none-any", requires: list[str] | None = None,
    program: str = "",
) -> Path:  # fmt: skip
    """Write a wheel of version 99 that holds nothing, or `rag/cli.py`."""
    stem = re.sub(r"[-_.]+", "_", name).lower() + "-99"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n"
    files = {
        f"{stem}.dist-info/METADATA": metadata
        + "".join(f"Requires-Dist: {each}\n" for each in requires or []),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if program:
        files |= {"rag/__init__.py": "", "rag/cli.py": program}
    record = ""
    path = Path(folder) / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            record += f"{file},sha256={digest.rstrip('=')},{len(text.encode())}\n"
            archive.writestr(file, text)
        archive.writestr(f"{stem}.dist-info/RECORD", f"{record}{stem}.dist-info/RECORD,,\n")
    return path


def run(
    script: str, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of deploy/offline in `folder`, where pip reaches no network."""
    kept = {name: value for name, value in os.environ.items() if name[:3] not in ("PIP", "PYT")}
    return subprocess.run(
        ["/bin/sh", script, *arguments], cwd=folder, capture_output=True, text=True,
        encoding="utf-8", check=False, timeout=240,
        env={**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", **environment},
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the dependencies of ours, whose wheel is made without tools from elsewhere."""
    made = tmp_path / "project"
    shutil.copytree(SCRIPTS, made / "deploy" / "offline")
    shutil.copytree(ROOT / "corpus", made / "corpus")
    (made / "docs").mkdir()
    for name in ("offline", "operating"):
        shutil.copy(ROOT / "docs" / f"{name}.md", made / "docs")
    (made / "constraints.txt").write_text("numpy==99\n", encoding="utf-8")
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (made / "pyproject.toml").write_text(build, encoding="utf-8")
    (made / "backend.py").write_text(BACKEND, encoding="utf-8")
    wheel(made, "youju", requires=NAMES, program="import sys; print(sys.argv[1:])")
    return made


def published(folder: Path, processor: str) -> Path:
    """What pip finds: a wheel of each dependency, numpy's for several machines."""
    folder.mkdir()
    compact = VERSION.replace(".", "")
    for name in NAMES:
        if name != "numpy":
            wheel(folder, name)
    for target in (f"manylinux_2_28_{processor}", f"manylinux_2_34_{processor}", "win_amd64"):
        wheel(folder, "numpy", f"cp{compact}-cp{compact}-{target}")
    return folder


def test_the_folder_is_made_and_starts(project: Path, tmp_path: Path) -> None:
    """Wheels of every dependency; the first start installs from them, the second only starts."""
    processor = os.uname().machine
    found = published(tmp_path / "published", processor)
    done = run("deploy/offline/build.sh", project, PYTHON=sys.executable, PIP_FIND_LINKS=str(found))
    assert done.returncode == 0, done.stderr
    folder = project / "dist" / f"youju-{processor}-python{VERSION}"
    there = {path.name.partition("-")[0] for path in (folder / "wheels").iterdir()}
    assert there == {name.replace("-", "_") for name in NAMES} | {"youju"}
    shutil.rmtree(found)
    for _ in range(2):
        done = run(str(folder / "run.sh"), tmp_path, "--port", "1", PYTHON=sys.executable)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "['serve', '--port', '1']\n"
    assert (folder / "corpus" / "SOURCES.md").is_file()
    moved = folder.rename(tmp_path / "别处 elsewhere")
    assert run(str(moved / "run.sh"), tmp_path).stdout == "['serve']\n"


def test_another_processor(project: Path, tmp_path: Path) -> None:
    """Its wheels are taken, and none for a C library that UOS and Kylin do not have."""
    found = published(tmp_path / "published", "aarch64")
    done = run(
        "deploy/offline/build.sh",
        project,
        "manylinux2014_aarch64",
        PYTHON=sys.executable,
        PIP_FIND_LINKS=str(found),
    )
    assert done.returncode == 0, done.stderr
    wheels = project / "dist" / f"youju-aarch64-python{VERSION}" / "wheels"
    (one,) = wheels.glob("numpy*")
    assert one.stem.endswith("manylinux_2_28_aarch64")


def test_what_cannot_be_made_is_said(project: Path) -> None:
    done = run("deploy/offline/build.sh", project, "win_amd64", PYTHON=sys.executable)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "win_amd64" in done.stderr


@pytest.mark.parametrize("other", ["", "echo no module named ensurepip >&2; exit 1"])
def test_without_python_one_line_says_so(other: str, tmp_path: Path) -> None:
    """None, or one that is too old or has no venv."""
    (tmp_path / "bin").mkdir()
    for tool in ("cat", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    if other:
        (tmp_path / "bin" / "python3").write_text(f"#!/bin/sh\n{other}\n", encoding="utf-8")
        (tmp_path / "bin" / "python3").chmod(0o755)
    shutil.copy(SCRIPTS / "run.sh", tmp_path)
    (tmp_path / "python-version").write_text("3.11\n", encoding="utf-8")
    done = run("run.sh", tmp_path, PATH=str(tmp_path / "bin"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "请先安装" in done.stderr and "Python 3.11" in done.stderr


def test_the_scripts_are_well_formed() -> None:
    """What a shell and `cmd` take, whatever code page the machine has."""
    for path in SCRIPTS.glob("*.sh"):
        for shell in ("bash", "sh"):
            assert subprocess.run([shell, "-n", path], check=False).returncode == 0
        assert b"\r" not in path.read_bytes()
    for name in ("run.bat", "no-wsl.txt"):
        data = (SCRIPTS / name).read_bytes()
        assert data.count(b"\n") == data.count(b"\r\n") > 0
        assert data.decode("utf-8").encode("gb18030")
    assert (SCRIPTS / "run.bat").read_bytes().isascii()
