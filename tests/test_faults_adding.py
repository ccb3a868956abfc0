"""What may befall an index that grew: damage, kills, removed generations, no links, a gate."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.encoding import load_default
from rag.errors import IndexDamaged
from rag.index import Generation, list_generations, prune, rollback, swap, verify
from rag.index.layout import ADDITION, Layout
from rag.index.manifest import Manifest
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests.conftest import ROOT
from tests.test_adding import SMALL, again, built, essay, grew, hits, manifest, place, write

__all__ = ["built", "place"]  # fixtures


def test_a_generation_that_is_removed_takes_nothing_with_it(place: Path) -> None:
    index = place / "index"
    for number, name in enumerate(("石台", "青阳", "东至"), 1):
        write(place / "corpus", f"9{number}", essay(name))
        again(place)
    assert prune(index, 0) == ("000001", "000002", "000003")
    assert verify(index, "000004") == ()
    assert hits(index, "青阳的人才")[0].startswith("92.txt")
    write(place / "corpus", "94", essay("贵池"))
    again(place)
    assert grew(index)
    assert rollback(index) == "000004"
    assert not any(key.startswith("94") for key in hits(index, "贵池的人才"))
    write(place / "corpus", "95", essay("广德"))
    again(place)
    assert hits(index, "广德的人才")[0].startswith("95.txt")


def test_files_are_copied_where_they_cannot_be_linked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write(place / "corpus", "91", essay("石台"))
    again(place)
    assert grew(place / "index")
    one, two = (Layout(place / "index").generation(name) for name in ("000001", "000002"))
    assert not any((one / n).samefile(two / n) for n in Manifest.load(one).base_files)
    assert verify(place / "index", "000002") == ()


def harm(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


def test_nothing_is_added_to_what_is_damaged(place: Path) -> None:
    index, names = place / "index", []
    again(place, anew=True)  # 000002, of files of its own
    write(place / "corpus", "91", essay("石台"))
    again(place)
    folder = Layout(index).generation("000003")
    for name in (*manifest(index).files, "manifest.json"):
        whole = (folder / name).read_bytes()
        harm(folder / name)
        assert verify(index, "000003") == (name,)
        names.append(name)
        if name in ("vectors.npy", "addition/records.sqlite"):
            assistant = Assistant.open(index, SMALL)
            older = "000001" if name == "vectors.npy" else "000002"  # that is of both
            assert assistant.generation == older
            assert "000003 cannot be used" in (assistant.warning or "")
            assert not again(place).held_back
            assert not grew(index)
            assert verify(index, Layout(index).current_id()) == ()
            swap(index, "000003")
        (folder / name).write_bytes(whole)
    assert len(names) > 30


def test_a_large_base_is_not_read_whole(place: Path) -> None:
    """Its files' sizes are looked at; what is in the addition is read whatever the size."""
    index, settings = place / "index", Settings(grow_from=1, verify_bytes=1)
    write(place / "corpus", "91", essay("石台"))
    again(place, settings)
    assert grew(index)
    harm(Layout(index).generation("000002") / "addition" / "vectors.npy")
    write(place / "corpus", "92", essay("青阳"))
    again(place, settings)
    assert not grew(index)
    name = Layout(index).current_id()
    path = Layout(index).generation(name) / "vectors.npy"
    whole = path.read_bytes()
    harm(path)
    assert verify(index, name) == ("vectors.npy",)  # as a server reads it beside its answers
    write(place / "corpus", "93", essay("东至"))
    again(place, settings)
    assert not grew(index)
    path.write_bytes(whole)  # as from a backup
    assert verify(index, name) == ()
    swap(index, name)
    again(place, settings)
    assert grew(index)
    path = Layout(index).generation(Layout(index).current_id()) / "vectors.npy"
    path.write_bytes(whole[:-4])
    write(place / "corpus", "94", essay("贵池"))
    again(place, settings)
    assert not grew(index)


def test_a_gate_holds_an_addition_back(place: Path) -> None:
    index = place / "index"
    write(place / "corpus", "91", essay("石台"))
    asked: list[str] = []

    def gate(ask: object) -> str:
        asked.append(ask("石台县设立什么专项资金？", ()).text)  # type: ignore[operator]
        return "worse"

    report = build([place / "corpus"], index, SMALL, gate=gate)
    assert (report.held_back, Layout(index).current_id()) == ("worse", "000001")
    assert "石台" in asked[0]
    again(place)
    assert (grew(index), Layout(index).current_id()) == (True, "000003")


def building(place: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "build", "corpus", "--index", "index"],
        cwd=place, env={**kept, "PYTHONPATH": str(ROOT), "RAG_GROW_FROM": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_additions_that_are_killed_lose_nothing(place: Path) -> None:
    index, chance = place / "index", random.Random(2026)
    write(place / "corpus", "90", essay("第0号"))
    began = time.monotonic()
    assert building(place).wait(timeout=120) == 0
    usual = time.monotonic() - began
    assert grew(index)
    for number in (1, 2):
        write(place / "corpus", f"9{number}", essay(f"第{number}号"))
        before = [name for name, _, _ in list_generations(index)]
        process = building(place)
        try:
            process.wait(chance.uniform(usual / 2, usual))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=60)
        assert set(before) <= {name for name, told, _ in list_generations(index) if told}
        assert [bad for name, _, _ in list_generations(index) for bad in verify(index, name)] == []
    again(place)
    assert Layout(index).parts() == ()
    assert [hits(index, f"第{n}号的人才")[0][:2] for n in range(3)] == ["90", "91", "92"]


def test_a_grown_generation_opens_only_with_its_addition(place: Path) -> None:
    write(place / "corpus", "91", essay("石台"))
    again(place)
    shutil.rmtree(Layout(place / "index").generation("000002") / ADDITION)
    with pytest.raises(IndexDamaged, match=r"addition/.* is missing: run `rag build` again"):
        Generation.open(place / "index", load_default())
