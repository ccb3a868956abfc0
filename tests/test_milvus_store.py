"""Generations on a Milvus server that is really killed: swapped, rolled back, cleared away.

Whatever goes wrong is one clear line, and the generation that served goes on serving.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from rag.cli import main
from rag.encoding import load_default
from rag.errors import BadInput, IndexDamaged, IndexMismatch, IndexMissing, RagError, StoreFailed
from rag.index import Store, open_store
from rag.index.layout import Layout
from rag.pipeline import Assistant, build
from rag.settings import Settings
from tests import test_adding as adding
from tests.conftest import ROOT
from tests.milvus import MilvusServer
from tests.test_index_generation import FIRST, SECOND, LetterEncoder
from tests.test_index_generation import build as write

pytest.importorskip("pymilvus")


@pytest.fixture
def settings(milvus: MilvusServer, request: pytest.FixtureRequest) -> Settings:
    """The settings of an index of its own."""
    name = request.function.__name__
    return replace(Settings(), store="milvus", uri=milvus.uri, store_name=name, store_timeout=5.0)


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(Path("nowhere"), settings)


def publish(
    store: Store, index: Path, *, encoder: LetterEncoder | None = None,
    progress: Callable[[str, int, int], None] = lambda *step: None,
) -> str:  # fmt: skip
    """Write a generation of two small documents, and bring it to the store."""
    encoder = encoder or LetterEncoder()
    write(index, encoder, FIRST, SECOND)
    return store.publish(index, Layout(index).current_id(), encoder, progress)


def names(store: Store) -> list[str]:
    return [name for name, _, _ in store.generations()]


def test_generations_go_back_and_go(store: Store, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="run `rag build --store milvus` first"):
        store.current()
    assert [publish(store, tmp_path) for _ in range(3)] == ["000001", "000002", "000003"]
    assert [current for _, _, current in store.generations()] == [False, False, True]
    assert store.verify("000002") == ()
    assert store.rollback() == store.current() == "000002"
    assert store.rollback("000003") == store.current() == "000003"
    with pytest.raises(BadInput, match="no generation 000009"):
        store.rollback("000009")
    with pytest.raises(BadInput, match="must not be negative"):
        store.prune(-1)
    assert store.prune(1) == ("000001",)
    assert names(store) == ["000002", "000003"]
    assert publish(store, tmp_path) == "000004"
    assert store.open(LetterEncoder()).records.essays()[0].title == "甲的做法"
    assert publish(store, tmp_path / "elsewhere") == "000005"  # where it is number 1


def test_a_generation_with_an_addition_is_refused(store: Store, tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    for place in adding.PLACES[:8]:
        adding.write(corpus, place, adding.essay(place))
    build([corpus], index, adding.SMALL)
    adding.write(corpus, "后", adding.essay("后来"))
    grown = build([corpus], index, adding.SMALL).generation
    with pytest.raises(BadInput, match=f"generation {grown} has an addition: .* --anew"):
        store.publish(index, grown, load_default(), lambda *step: None)
    with pytest.raises(IndexMissing):
        store.current()


def test_a_damaged_generation_never_serves(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    from pymilvus import MilvusClient

    publish(store, tmp_path), publish(store, tmp_path)
    client = MilvusClient(settings.uri)
    client.delete(f"{settings.store_name}_000001_passages", filter="row == 0")
    assert store.verify("000001") == (f"{settings.store_name}_000001_passages",)
    with pytest.raises(IndexDamaged, match="000001 is damaged"):
        store.rollback("000001")
    with pytest.raises(BadInput, match="no whole generation before 000002"):
        store.rollback()
    client.drop_collection(f"{settings.store_name}_000001_terms")
    assert len(store.verify("000001")) == 2
    assert store.current() == "000002"


def test_what_does_not_fit_is_refused(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, tmp_path)
    with pytest.raises(IndexMismatch, match=r"by the encoder letters \(1\), now it is"):
        store.open(LetterEncoder(fingerprint="2"))
    with monkeypatch.context() as patch:
        patch.setattr("rag.index.generation.TOKENIZER", "another")
        with pytest.raises(IndexMismatch, match="made by the tokenizer"):
            store.open(LetterEncoder())
    for name in ("rag.index.milvus.store.VERSION", "rag.index.manifest.FORMAT"):
        with monkeypatch.context() as patch:
            patch.setattr(name, 99)
            with pytest.raises(IndexMismatch, match="this program reads 99: run `rag build` again"):
                store.open(LetterEncoder())
            assert [manifest for _, manifest, _ in store.generations()] == [None]
    with pytest.raises(IndexDamaged, match="is missing"):
        store.open(LetterEncoder(), "000009")


def test_a_server_killed_in_the_middle_of_a_build(
    milvus: MilvusServer, store: Store, tmp_path: Path
) -> None:
    publish(store, tmp_path)
    with pytest.raises(StoreFailed, match="cannot be reached or refused") as caught:
        publish(store, tmp_path, progress=lambda *step: milvus.kill())
    assert "\n" not in str(caught.value)
    milvus.start()
    assert store.current() == "000001"
    assert names(store) == ["000001"]
    assert store.open(LetterEncoder()).records.passages([0])[0].text.startswith("育人才")
    assert publish(store, tmp_path) == "000003"  # the number of what was left behind is taken
    assert store.prune(9) == ()
    assert publish(store, tmp_path) == "000004"


def write_text(corpus: Path, text: str) -> None:
    corpus.mkdir(exist_ok=True)
    (corpus / "一.txt").write_text(text, encoding="utf-8")


def test_a_server_killed_in_the_middle_of_questions(
    milvus: MilvusServer, settings: Settings, tmp_path: Path
) -> None:
    write_text(tmp_path / "corpus", "太湖县设立专项资金。每年培训干部两次。")
    build([tmp_path / "corpus"], tmp_path / "index", settings)
    assistant, first = Assistant.open(Path("nowhere"), settings), Event()
    answer = assistant.ask("每年培训干部几次？").text
    assert "每年培训干部两次。[1]" in answer

    def ask() -> list[str]:
        said = []
        for times in range(12):  # another question each time: what was found is kept
            try:
                said.append(assistant.ask("每年培训干部几次" + "？" * (times + 2)).text)
            except StoreFailed as error:
                said.append(type(error).__name__)
            first.set()
        return said

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask) for _ in range(3)]
        first.wait()
        milvus.kill()
        said = {text for each in asked for text in each.result()}
    assert "StoreFailed" in said
    assert said <= {answer, "StoreFailed"}
    milvus.start()
    assert assistant.ask("每年培训干部几次？！").text == answer


def test_answers_while_generations_change(settings: Settings, tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    made: dict[str, str] = {}

    def change(times: int) -> None:
        write_text(corpus, f"太湖县每年培训干部{times}次。")
        made[build([corpus], index, settings).generation] = f"太湖县每年培训干部{times}次"

    change(1)
    assistant, done = Assistant.open(Path("nowhere"), settings), Event()

    def ask() -> set[tuple[str, str]]:
        said, last = set(), False
        while not last:
            last = done.is_set()
            answer = assistant.ask("太湖县每年培训干部几次？")
            (citation,) = answer.citations
            said.add((answer.generation, citation.quote.rstrip("。")))
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
    assert {"000001", "000003"} <= {generation for generation, _ in said}


def test_a_generation_that_cannot_be_used_leaves_the_old_one_answering(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    write_text(tmp_path / "corpus", "太湖县每年培训干部两次。")
    build([tmp_path / "corpus"], tmp_path / "index", settings)
    assistant = Assistant.open(Path("nowhere"), settings)
    publish(store, tmp_path / "other")
    assert assistant.ask("太湖县每年培训干部几次？").generation == "000001"
    assert "made by the encoder letters" in str(assistant.warning)


@pytest.mark.parametrize(
    ("uri", "kind", "said"),
    [
        ("", BadInput, "needs the address of a server: --uri"),
        ("milvus", BadInput, "no address of a Milvus server: want http://HOST:PORT"),
        ("http://127.0.0.1:99999", BadInput, "no address of a Milvus server"),
        ("http://127.0.0.1:1", StoreFailed, "Milvus server at http://127.0.0.1:1 cannot be"),
        ("http://root:geheim@127.0.0.1:1", StoreFailed, "at http://127.0.0.1:1 cannot be"),
    ],
)
def test_wrong_addresses(uri: str, kind: type[RagError], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        open_store(Path("nowhere"), replace(Settings(), store="milvus", uri=uri))
    assert "geheim" not in str(caught.value)


def test_a_file_that_another_program_uses(milvus: MilvusServer, tmp_path: Path) -> None:
    (tmp_path / "used.db").symlink_to(milvus.folder)
    uri = str(tmp_path / "used.db")
    with pytest.raises(StoreFailed, match="cannot be opened: end the other program"):
        open_store(tmp_path, replace(Settings(), store="milvus", uri=uri))


def test_wrong_settings(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must be folder or milvus, got 'redis'"):
        open_store(tmp_path, replace(settings, store="redis"))
    with pytest.raises(BadInput, match="store_name must be letters"):
        open_store(tmp_path, replace(settings, store_name="有据"))
    with pytest.raises(BadInput, match="no certificates at"):
        open_store(tmp_path, replace(settings, store_ca=str(tmp_path / "ca.pem")))


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
    assert "太湖县每年培训干部两次。" in rag("ask", question, "--index", "nowhere")[1]
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
