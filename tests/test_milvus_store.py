"""Generations on a Milvus server that is really killed: swapped, rolled back, cleared away.

Whatever goes wrong is one clear line, and the generation that served goes on serving.
"""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from rag.cli import main
from rag.errors import BadInput, IndexDamaged, IndexMismatch, IndexMissing, RagError, StoreFailed
from rag.evaluation.collection import write_generation
from rag.index import FolderStore, Progress, open_store, silent
from rag.index.milvus import MilvusGeneration, MilvusStore
from rag.pipeline import Assistant, build
from rag.retrieval import Retriever
from rag.settings import Settings
from tests.conftest import ROOT
from tests.letters import FIRST, SECOND, LetterEncoder, outline
from tests.milvus import MilvusServer

pytest.importorskip("pymilvus")


@pytest.fixture
def settings(milvus: MilvusServer, request: pytest.FixtureRequest) -> Settings:
    """The settings of an index of its own."""
    name = request.function.__name__
    return replace(Settings(), store="milvus", uri=milvus.uri, store_name=name, store_timeout=5.0)


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> FolderStore:
    return open_store(tmp_path / "index", settings)


def publish(store: FolderStore, progress: Progress = silent) -> str:
    """Write a generation of two small documents, and bring it to the store."""
    made = write_generation(store.index, [FIRST, SECOND], LetterEncoder(), Settings())
    store.publish(made, progress)
    return made


def names(store: FolderStore) -> list[str]:
    return [name for name, _, _ in store.generations()]


def first_text(store: FolderStore, question: str = "人才库") -> str:
    snapshot = store.open(LetterEncoder())
    assert isinstance(snapshot, MilvusGeneration)
    return Retriever(snapshot, LetterEncoder()).search(question, 1)[0].passage.text


def test_generations_go_back_and_go(store: FolderStore) -> None:
    with pytest.raises(IndexMissing, match="run `rag build`"):
        store.current()
    assert [publish(store) for _ in range(3)] == ["000001", "000002", "000003"]
    assert [current for _, _, current in store.generations()] == [False, False, True]
    assert store.verify("000002") == ()
    assert store.rollback() == store.current() == "000002"
    assert store.rollback("000003") == store.current() == "000003"
    with pytest.raises(BadInput, match="no generation 000009"):
        store.rollback("000009")
    with pytest.raises(BadInput, match="must not be negative"):
        store.prune(-1)
    assert store.prune(1) == ("000001",)
    assert names(store) == ["000002", "000003"] == list(store.ids())
    assert publish(store) == "000004"
    assert first_text(store).startswith("育人才")


def test_the_folder_serves_what_the_server_serves(store: FolderStore) -> None:
    """Without a server the same index answers from the folder."""
    publish(store), publish(store)
    store.rollback()
    assert FolderStore(store.index).current() == store.current() == "000001"
    assert FolderStore(store.index).open(LetterEncoder()).id == "000001"


def test_what_serves_already_is_not_copied_again(store: FolderStore) -> None:
    name, told = publish(store), list[tuple[str, int, int]]()
    store.publish(name, lambda *step: told.append(step))
    assert (told, store.current()) == ([], name)


def test_rows_of_another_index_are_not_taken_for_its_own(
    store: FolderStore, settings: Settings, tmp_path: Path
) -> None:
    """An index folder that was begun anew counts from 1 again, and may hold as many passages."""
    publish(store)
    other = open_store(tmp_path / "anew", settings)
    changed = outline("甲", "育干部。建立干部库，每年培训五次。", "设立专项资金。")
    made = write_generation(other.index, [changed, SECOND], LetterEncoder(), Settings())
    assert made == "000001"
    with pytest.raises(
        IndexDamaged, match=r"000001 is damaged \(\w+_000001_\w+\): run `rag build`"
    ):
        other.open(LetterEncoder())
    assert first_text(store).startswith("育人才")
    other.publish(made)
    assert first_text(other, "干部库").startswith("育干部")


def collection(store: FolderStore, generation_id: str) -> str:
    """The only collection that is named after a generation."""
    assert isinstance(store, MilvusStore)
    (name,) = store.collections(generation_id)
    return name


def test_a_damaged_generation_never_serves(store: FolderStore, settings: Settings) -> None:
    from pymilvus import MilvusClient

    publish(store), publish(store)
    client, name = MilvusClient(settings.uri), collection(store, "000001")
    client.delete(name, filter="row == 0")
    assert store.verify("000001") == (name,)
    with pytest.raises(IndexDamaged, match=f"000001 is damaged .{name}.: the old one goes"):
        store.rollback("000001")
    with pytest.raises(IndexDamaged, match=f"000001 is damaged .{name}.: run `rag build` again"):
        store.open(LetterEncoder(), "000001")
    with pytest.raises(BadInput, match="no whole generation before 000002"):
        store.rollback()
    client.drop_collection(name)
    assert store.verify("000001") == (name,)
    assert names(store) == ["000002"]
    assert store.current() == "000002"
    records = store.folder("000002") / "records.sqlite"
    records.write_bytes(records.read_bytes()[:-1])
    assert store.verify("000002") == ("records.sqlite",)


def test_what_does_not_fit_is_refused(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store)
    with pytest.raises(IndexMismatch, match=r"with the encoder letters \(1\), now it is letters"):
        store.open(LetterEncoder(fingerprint="2"))
    with pytest.raises(IndexMismatch, match=r"letters \(1\), now it is none"):
        store.open(None)
    with monkeypatch.context() as patch:
        patch.setattr("rag.index.generation.TOKENIZER", "another")
        with pytest.raises(IndexMismatch, match=r"this program reads 8 \(another\)"):
            store.open(LetterEncoder())
    with monkeypatch.context() as patch:
        patch.setattr("rag.index.generation.FORMAT", 99)
        with pytest.raises(IndexMismatch, match=r"this program reads 99 .*: run `rag build` again"):
            store.open(LetterEncoder())
        assert [manifest for _, manifest, _ in store.generations()] == [None]
    for name in ("000009", "../index"):
        with pytest.raises(RagError):
            store.open(LetterEncoder(), name)


def test_who_asks_needs_a_copy_of_the_folder(
    store: FolderStore, settings: Settings, tmp_path: Path
) -> None:
    name = publish(store)
    elsewhere = open_store(tmp_path / "elsewhere", settings)
    with pytest.raises(IndexDamaged, match="or copy the folder from where it was built"):
        elsewhere.open(LetterEncoder())
    shutil.copytree(store.index, elsewhere.index)
    assert first_text(elsewhere).startswith("育人才")
    assert elsewhere.verify(name) == ()


def test_words_alone_serve_from_a_server(store: FolderStore) -> None:
    made = write_generation(store.index, [FIRST, SECOND], None, Settings())
    store.publish(made)
    snapshot = store.open(None)
    hits = Retriever(snapshot, None).search("第一书记", 5)
    assert [hit.passage.text for hit in hits] == ["抓党建。选派第一书记到村任职。"]


def test_an_empty_index_serves_from_a_server(store: FolderStore) -> None:
    store.publish(write_generation(store.index, [], LetterEncoder(), Settings()))
    snapshot = store.open(LetterEncoder())
    assert Retriever(snapshot, LetterEncoder()).search("第一书记", 5) == ()
    assert store.verify(store.current()) == ()
    publish(store)
    assert first_text(store).startswith("育人才")


def test_a_server_killed_in_the_middle_of_a_build(
    milvus: MilvusServer, store: FolderStore, settings: Settings
) -> None:
    from pymilvus import MilvusClient

    publish(store)
    with pytest.raises(StoreFailed, match="is gone or refused") as caught:
        publish(store, progress=lambda *step: milvus.kill())
    assert "\n" not in str(caught.value)
    milvus.start()
    assert store.current() == FolderStore(store.index).current() == "000001"
    assert first_text(store).startswith("育人才")
    assert store.rollback("000001") == "000001"
    with pytest.raises(RagError):
        store.rollback("000002")
    assert publish(store) == "000003"  # the number of what was left behind is taken
    assert store.prune(0) == ("000001", "000002")
    assert names(store) == list(store.ids()) == ["000003"]
    left = MilvusClient(settings.uri).list_collections()
    assert not [name for name in left if name.startswith(f"{settings.store_name}_000002")]
    assert publish(store) == "000004"


def write_text(corpus: Path, text: str) -> None:
    corpus.mkdir(exist_ok=True)
    (corpus / "一.txt").write_text(text, encoding="utf-8")


def test_a_server_killed_in_the_middle_of_questions(
    milvus: MilvusServer, settings: Settings, tmp_path: Path
) -> None:
    write_text(tmp_path / "corpus", "太湖县设立专项资金。每年培训干部两次。")
    build([tmp_path / "corpus"], tmp_path / "index", settings)
    assistant, first = Assistant.open(tmp_path / "index", settings), Event()

    def search(question: str) -> str:
        try:
            return assistant.search(question)[0].passage.text
        except StoreFailed as error:
            assert "\n" not in str(error)
            return "StoreFailed"

    found = search("每年培训干部几次？")
    assert "每年培训干部两次" in found

    def ask() -> set[str]:
        said = set()
        for times in range(12):
            said.add(search("每年培训干部几次" + "？" * (times + 2)))
            first.set()
        return said

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask) for _ in range(3)]
        first.wait()
        milvus.kill()
        said = {text for each in asked for text in each.result()}
    assert search("每年培训干部") == "StoreFailed"
    assert said <= {found, "StoreFailed"}
    milvus.start()
    assert search("每年培训干部几次？！") == found


def test_answers_while_generations_change(settings: Settings, tmp_path: Path) -> None:
    """Of one answer all comes from one generation: its text is that of the generation it names."""
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    made: dict[str, str] = {}

    def change(times: int) -> None:
        write_text(corpus, f"太湖县每年培训干部{times}次。")
        made[build([corpus], index, settings).generation] = f"太湖县每年培训干部{times}次。"

    change(1)
    assistant, done = Assistant.open(index, settings), Event()

    def ask() -> set[tuple[str, str]]:
        said, last = set(), False
        while not last:
            last = done.is_set()
            steady = assistant.steady()
            (hit,) = steady.search("太湖县每年培训干部几次？")
            said.add((steady.generation, hit.passage.text))
        return said

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask) for _ in range(2)]
        try:
            for times in (2, 3):
                change(times)
        finally:
            done.set()
        said = {each for one in asked for each in one.result()}
    assert said <= set(made.items())
    assert "000003" in {generation for generation, _ in said}


def test_a_generation_that_cannot_be_used_leaves_the_old_one_answering(
    store: FolderStore, settings: Settings, tmp_path: Path
) -> None:
    write_text(tmp_path / "corpus", "太湖县每年培训干部两次。")
    build([tmp_path / "corpus"], store.index, settings)
    assistant = Assistant.open(store.index, settings)
    publish(store)
    assert assistant.search("太湖县每年培训干部几次？")
    assert assistant.generation == "000001"
    assert "with the encoder letters" in str(assistant.warning)


@pytest.mark.parametrize(
    ("uri", "kind", "said"),
    [
        ("", BadInput, "needs the address of a server: --uri"),
        ("milvus", BadInput, r"no Milvus server \(want http://HOST:PORT\)"),
        ("http://127.0.0.1:99999", BadInput, "is no Milvus server"),
        ("http://127.0.0.1:1", StoreFailed, "Milvus at http://127.0.0.1:1 is gone"),
        ("http://root:geheim@127.0.0.1:1", StoreFailed, "at http://127.0.0.1:1 is gone"),
    ],
)
def test_wrong_addresses(uri: str, kind: type[RagError], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        open_store(Path("nowhere"), replace(Settings(), store="milvus", uri=uri))
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_another_program_uses(milvus: MilvusServer, tmp_path: Path) -> None:
    (tmp_path / "used.db").symlink_to(milvus.folder)
    uri = str(tmp_path / "used.db")
    with pytest.raises(BadInput, match="that can be opened: end the other program"):
        open_store(tmp_path, replace(Settings(), store="milvus", uri=uri))


def test_wrong_settings(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must be folder or milvus, got 'redis'"):
        open_store(tmp_path, replace(settings, store="redis"))
    with pytest.raises(BadInput, match="store_name must be letters"):
        open_store(tmp_path, replace(settings, store_name="有据"))
    with pytest.raises(BadInput, match="no certificates at"):
        open_store(tmp_path, replace(settings, store_ca=str(tmp_path / "ca.pem")))
    assert type(open_store(tmp_path, Settings())) is FolderStore


def test_the_command_line(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rag(*arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return ended.value.code, *capsys.readouterr()

    write_text(tmp_path / "corpus", "太湖县每年培训干部两次。")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_STORE_NAME", "command")
    there, question = ("--store", "milvus", "--uri", settings.uri), "太湖县每年培训干部几次？"
    code, _, said = rag("ask", question, *there)
    assert (code, said.count("\n")) == (1, 1)
    assert "no index command at" in said
    assert rag("build", *there)[0] == 0
    monkeypatch.setenv("RAG_STORE", "milvus")
    monkeypatch.setenv("RAG_URI", settings.uri)
    assert "太湖县每年培训干部两次。" in rag("ask", question)[1]
    assert "* 000001" in rag("index", "list")[1]
    code, answer, said = rag("ask", question, "--uri", "http://127.0.0.1:1")
    assert (code, answer, said.count("\n")) == (1, "", 1)


def test_without_the_package() -> None:
    said = (
        "import sys; sys.modules['pymilvus'] = None; from rag.cli import main;"
        " main(['ask', '问', '--store', 'milvus', '--uri', 'http://127.0.0.1:1'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith("pymilvus: pip install 'youju[milvus]'")
    assert ended.stderr.count("\n") == 1


def test_nobody_else_pays_for_it() -> None:
    said = "import sys, rag.pipeline, rag.cli; sys.exit('pymilvus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=False).returncode == 0


def test_the_page_says_the_defaults() -> None:
    page = (ROOT / "docs/milvus.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]*)`? \|", page, re.MULTILINE))
    for name in ("store", "uri", "store_name", "store_token", "store_ca", "store_timeout"):
        default = getattr(Settings(), name)
        assert said[name] == (f"{default:g}" if isinstance(default, float) else default), name
