"""Whatever one file of a corpus is or is called, the others are built, and it is one line."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import rag.corpus
from rag.errors import CorpusGone
from rag.pipeline import Assistant, build
from rag.report import FileReport
from rag.settings import Settings
from tests.conftest import Run

GOOD = "加强人才工作\n\n建立人才库，每年培训两次。\n"
BY_WORDS = Settings(encoder="none", reader="none")


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first its catalog, with the table that says where they are."""
    made, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return made + head + table + end % (len(objects) + 1, len(made))


def stream(facts: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (facts, len(data), data)


LOOP = pdf(  # a form that draws itself twice
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
    b"/Resources<</XObject<</F 5 0 R>>>>>>",
    stream(b"", b"/F Do"),
    stream(
        b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F 5 0 R>>>>",
        b"/F Do /F Do",
    ),
)


def built(corpus: Path, index: Path, settings: Settings = BY_WORDS) -> dict[str, FileReport]:
    """Build and check that what is whole answers; return what became of each file."""
    (corpus / "zz.txt").write_text(GOOD, encoding="utf-8")
    files = {file.path: file for file in build([corpus], index, settings).files}
    assert files["zz.txt"].state == "read"
    assert_found(index, settings)
    return files


def assert_found(index: Path, settings: Settings) -> None:
    """The index answers."""
    hits = Assistant.open(index, settings).search("人才库每年培训几次？", 1)
    assert "每年培训两次" in hits[0].passage.text


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


@pytest.mark.parametrize(
    ("seconds", "memory", "told"),
    [(60, 300_000_000, ("SIGABRT", "memory")), (1, 20_000_000_000, ("processor time",))],
)
def test_a_file_that_takes_all_there_is(
    corpus: Path, tmp_path: Path, seconds: int, memory: int, told: Sequence[str]
) -> None:
    (corpus / "loop.pdf").write_bytes(LOOP)
    limits = Settings(encoder="none", reader="none", file_seconds=seconds, file_memory=memory)
    files = built(corpus, tmp_path / "index", limits)
    assert files["loop.pdf"].state == "skipped"
    assert any(each in files["loop.pdf"].reason for each in told)


@pytest.mark.parametrize(
    "text", ["安庆组工信息\n第32期\n", "第32期\n", "报：市委。\n发：各县。\n", "一、\n", "\n \n"]
)
def test_a_cover_page_alone_or_nothing_ends_no_build(
    corpus: Path, tmp_path: Path, text: str
) -> None:
    (corpus / "cover.txt").write_text(text, encoding="utf-8")
    assert "cover.txt" in built(corpus, tmp_path / "index")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("安.txt".encode("gbk"), r"\xb0\xb2.txt"),
        (b"\x1b[31m.txt", r"\x1b[31m.txt"),
        (b"a\nb\rc\t.txt", r"a\nb\rc\t.txt"),
        ("\ufffe.txt".encode(), r"\ufffe.txt"),
    ],
)
def test_names_that_cannot_be_shown_are_spelt_out(
    corpus: Path, tmp_path: Path, name: bytes, shown: str
) -> None:
    Path(os.fsdecode(os.fsencode(corpus) + b"/" + name)).write_text(GOOD, encoding="utf-8")
    told = built(corpus, tmp_path / "index")[shown]
    assert (told.state, told.reason) == ("repaired", "its name holds what cannot be shown")


def test_names_as_long_as_names_may_be(corpus: Path, tmp_path: Path) -> None:
    for name in ("长" * 83 + "ab.txt", "n" * 251 + ".txt", "s" * 240 + ".txt"):
        (corpus / name).write_text(GOOD, encoding="utf-8")
    (corpus / f"{'s' * 240}.meta.yaml").write_text("title: 旁注\n", encoding="utf-8")
    files = built(corpus, tmp_path / "index")
    assert {file.state for file in files.values()} == {"read"}


@contextmanager
def nested(folder: Path, names: Sequence[str]) -> Iterator[None]:
    """Make folders in folders with a file at last, by steps: the whole path may be too long.

    They go afterwards, for what clears old temporary folders may not get through them.
    """
    here = Path.cwd()
    try:
        os.chdir(folder)
        for name in names:
            Path(name).mkdir()
            os.chdir(name)
        Path("a.txt").write_text(GOOD, encoding="utf-8")
    finally:
        os.chdir(here)
    try:
        yield
    finally:
        shutil.rmtree(folder / names[0])


def test_paths_longer_than_the_system_opens_are_named(corpus: Path, tmp_path: Path) -> None:
    with nested(corpus, ["深" * 80] * 20):
        files = built(corpus, tmp_path / "index")
    (other,) = (file for name, file in files.items() if name != "zz.txt")
    assert (other.state, "longer than the system opens" in other.reason) == ("skipped", True)


def test_folders_in_folders_end_somewhere(corpus: Path, tmp_path: Path) -> None:
    with nested(corpus, ["d"] * 150):
        files = built(corpus, tmp_path / "index")
    (other,) = (file for name, file in files.items() if name != "zz.txt")
    assert "not read deeper than 100" in other.reason


def test_links_out_of_the_corpus_are_followed_only_where_that_is_set(
    corpus: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("外面的文件\n\n外面有一句话。\n", encoding="utf-8")
    (corpus / "file.txt").symlink_to(outside / "a.txt")
    (corpus / "folder").symlink_to(outside)
    (corpus / "inside.txt").symlink_to(corpus / "zz.txt")
    files = built(corpus, tmp_path / "index")
    assert files["inside.txt"].state == "read"
    for name in ("file.txt", "folder"):
        assert files[name].reason.endswith("copy it here, or set follow_links")
    followed = Settings(encoder="none", reader="none", follow_links=True)
    files = built(corpus, tmp_path / "followed", followed)
    assert {"file.txt", "folder/a.txt"} <= files.keys()


def test_a_root_that_vanishes_leaves_the_index_as_it_was(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(corpus, tmp_path / "index")
    real = rag.corpus.ordered

    def ordered(make: Any, files: Any, *budget: Any) -> Iterator[Any]:  # noqa: ANN401
        shutil.rmtree(corpus, ignore_errors=True)
        yield from real(make, files, *budget)

    monkeypatch.setattr("rag.corpus.ordered", ordered)
    with pytest.raises(CorpusGone, match="is gone: is the drive there"):
        build([corpus], tmp_path / "index", BY_WORDS, anew=True)
    assert_found(tmp_path / "index", BY_WORDS)


def test_the_outline_of_one_file_is_a_line_too(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "loop.pdf").write_bytes(LOOP)
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    assert "加强人才工作" in rag("outline", "a.txt").stdout
    for name, said in (("loop.pdf", "loop.pdf: "), ("b.txt", "b.txt: cannot be opened")):
        ended = rag("outline", name, RAG_FILE_SECONDS="1", RAG_FILE_MEMORY="300000000")
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
        assert said in ended.stderr
