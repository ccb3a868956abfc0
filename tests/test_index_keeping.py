"""Going back to an older generation, and removing those that are not needed."""

from pathlib import Path

import pytest

from rag.errors import BadInput, IndexBusy, IndexDamaged, IndexMissing, RagError
from rag.index import FolderStore
from rag.lock import locked
from tests.conftest import Run
from tests.letters import FIRST, LetterEncoder, build


@pytest.fixture
def three(tmp_path: Path) -> FolderStore:
    """An index of three generations, of which the last serves."""
    for number in range(3):
        name = build(tmp_path, LetterEncoder(fingerprint=str(number)), FIRST)
        FolderStore(tmp_path).report(name).parent.mkdir(exist_ok=True)
        FolderStore(tmp_path).report(name).write_text("[]", encoding="utf-8")
    return FolderStore(tmp_path)


def names(store: FolderStore) -> list[str]:
    return [name for name, _, _ in store.generations()]


def test_rollback_goes_one_back_or_to_the_one_named(three: FolderStore) -> None:
    assert three.current() == "000003"
    assert three.rollback() == "000002"
    assert three.current() == "000002"
    assert three.rollback("000003") == "000003"
    assert three.current() == "000003"
    assert names(three) == ["000001", "000002", "000003"]
    assert [serves for _, _, serves in three.generations()] == [False, False, True]
    manifests = [manifest for _, manifest, _ in three.generations()]
    assert [m and m.encoder and m.encoder["fingerprint"] for m in manifests] == ["0", "1", "2"]


def test_rollback_passes_over_a_damaged_generation(three: FolderStore) -> None:
    (three.folder("000002") / "dense.faiss").write_bytes(b"broken")
    assert list(three.whole_before("000003")) == ["000001"]
    assert three.rollback() == "000001"


def test_all_are_older_than_a_current_that_names_none(three: FolderStore) -> None:
    three.pointer.write_text("???", encoding="utf-8")
    assert list(three.whole_before("???")) == ["000003", "000002", "000001"]
    assert three.rollback() == "000003"


def test_nothing_is_moved_or_removed_while_a_build_runs(three: FolderStore) -> None:
    with locked(three.index):
        with pytest.raises(IndexBusy, match="has been building"):
            three.rollback()
        with pytest.raises(IndexBusy, match="has been building"):
            three.prune(0)
    assert (three.current(), names(three)) == ("000003", ["000001", "000002", "000003"])
    assert three.prune(0) == ("000001", "000002")


def test_where_nothing_was_built_nothing_is_written(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "index")
    for act in (store.rollback, lambda: store.prune(0), store.generations):
        with pytest.raises(IndexMissing, match="run `rag build` first"):
            act()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wanted", ["000009", "..", "../generations/000001"])
def test_an_unknown_generation_is_refused(three: FolderStore, wanted: str) -> None:
    with pytest.raises(BadInput, match="no generation"):
        three.rollback(wanted)
    assert three.current() == "000003"


@pytest.mark.parametrize("file", ["records.sqlite", "bm25/rows.npy", "manifest.json"])
def test_a_damaged_generation_never_serves(three: FolderStore, file: str) -> None:
    (three.folder("000001") / file).unlink()
    with pytest.raises(IndexDamaged) as caught:
        three.rollback("000001")
    assert str(caught.value) == f"generation 000001 is damaged ({file}): the old one goes on"
    assert three.current() == "000003"


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    build(tmp_path, LetterEncoder(), FIRST)
    with pytest.raises(BadInput, match="no whole generation before 000001"):
        FolderStore(tmp_path).rollback()


@pytest.mark.parametrize(
    ("keep", "left"),
    [(0, ["000002"]), (1, ["000002", "000003"]), (2, ["000001", "000002", "000003"])],
)
def test_prune_keeps_what_serves_and_the_newest_others(
    three: FolderStore, keep: int, left: list[str]
) -> None:
    three.rollback("000002")
    before = names(three)
    assert three.prune(keep) == tuple(name for name in before if name not in left)
    assert names(three) == left
    assert three.current() == "000002"
    reports = sorted(path.stem for path in three.report("x").parent.iterdir())
    assert reports == left


def test_what_is_removed_can_still_be_read_by_who_has_it_open(three: FolderStore) -> None:
    opened = three.open(LetterEncoder(fingerprint="0"), "000001")
    assert three.prune(0) == ("000001", "000002")
    assert opened.records.passages([1])[0].text == "设立专项资金。"
    assert opened.bm25.idfs(["资金"])[0] > 0
    opened.records.close()


def test_a_wrong_number_to_keep(three: FolderStore) -> None:
    with pytest.raises(BadInput, match="must not be negative, got -1"):
        three.prune(-1)


def test_a_folder_that_cannot_be_removed_is_one_line(
    three: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(RagError, match="cannot remove generation 000001: Permission denied"):
        three.remove("000001")


def test_on_the_command_line(rag: Run, three: FolderStore) -> None:
    at = str(three.index)
    assert rag("index", "rollback", "--index", at).stdout == "generation 000002 serves now\n"
    assert rag("index", "prune", "--keep", "0", "--index", at).stdout == (
        "removed 000001, 000003\n"
    )
    assert rag("index", "prune", "--index", at).stdout == "nothing to remove\n"
    wrong = rag("index", "rollback", "000009", "--index", at)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert rag("index", "list", "000002", "--index", at).returncode == 2
