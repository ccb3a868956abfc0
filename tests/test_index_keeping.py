"""Going back to an older generation, and removing those that are not needed."""

from functools import partial
from pathlib import Path

import pytest

from rag.errors import BadInput, IndexBusy, IndexDamaged, IndexMissing
from rag.index import list_generations, locked, prune, rollback
from rag.index.layout import Layout
from tests.conftest import Run
from tests.test_index_generation import FIRST, LetterEncoder, build


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for _ in range(3):
        build(tmp_path, LetterEncoder(), FIRST)
    return tmp_path


def names(index: Path) -> list[str]:
    return [name for name, _, _ in list_generations(index)]


def test_rollback_goes_one_back_or_to_the_one_named(three: Path) -> None:
    assert Layout(three).current_id() == "000003"
    assert rollback(three) == "000002"
    assert Layout(three).current_id() == "000002"
    assert rollback(three, "000003") == "000003"
    assert Layout(three).current_id() == "000003"
    assert names(three) == ["000001", "000002", "000003"]


def test_rollback_passes_over_a_damaged_generation(three: Path) -> None:
    (three / "generations" / "000002" / "records.sqlite").write_bytes(b"broken")
    assert rollback(three) == "000001"


def test_nothing_is_moved_or_removed_while_a_build_runs(three: Path) -> None:
    with locked(three):
        with pytest.raises(IndexBusy, match="has been building"):
            rollback(three)
        with pytest.raises(IndexBusy, match="has been building"):
            prune(three, 0)
    assert (Layout(three).current_id(), names(three)) == ("000003", ["000001", "000002", "000003"])
    assert prune(three, 0) == ("000001", "000002")


def test_where_nothing_was_built_nothing_is_written(tmp_path: Path) -> None:
    for act in (rollback, partial(prune, keep=0)):
        with pytest.raises(IndexMissing):
            act(tmp_path / "index")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wanted", ["000009", "..", "../generations/000001"])
def test_an_unknown_generation_is_refused(three: Path, wanted: str) -> None:
    with pytest.raises(BadInput, match="no generation"):
        rollback(three, wanted)
    assert Layout(three).current_id() == "000003"


def test_a_damaged_generation_never_serves(three: Path) -> None:
    (three / "generations" / "000001" / "records.sqlite").unlink()
    with pytest.raises(IndexDamaged, match="000001 is damaged"):
        rollback(three, "000001")
    assert Layout(three).current_id() == "000003"


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        rollback(tmp_path)
    build(tmp_path, LetterEncoder(), FIRST)
    with pytest.raises(BadInput, match="no whole generation before 000001"):
        rollback(tmp_path)


@pytest.mark.parametrize(
    ("keep", "left"),
    [(0, ["000002"]), (1, ["000002", "000003"]), (2, ["000001", "000002", "000003"])],
)
def test_prune_keeps_what_serves_and_the_newest_others(
    three: Path, keep: int, left: list[str]
) -> None:
    rollback(three, "000002")
    before = names(three)
    assert prune(three, keep) == tuple(name for name in before if name not in left)
    assert names(three) == left
    assert Layout(three).current_id() == "000002"


def test_on_the_command_line(rag: Run, three: Path) -> None:
    at = str(three)
    assert rag("index", "rollback", "--index", at).stdout == "generation 000002 serves now\n"
    assert rag("index", "prune", "--keep", "0", "--index", at).stdout == (
        "removed 000001, 000003\n"
    )
    assert rag("index", "prune", "--index", at).stdout == "nothing to remove\n"
    wrong = rag("index", "rollback", "000009", "--index", at)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert rag("index", "list", "000002", "--index", at).returncode == 2
