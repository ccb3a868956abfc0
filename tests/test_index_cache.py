"""What a build kept comes back; what is damaged is made again, and what nobody needs goes."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoding import Vectors
from rag.errors import EncoderFailed, IndexNotWritten
from rag.index import Cache, Embedder, key_of
from rag.index.cache import Table
from tests.letters import BrokenEncoder, LetterEncoder

MANY = 1200  # pages of the file
BOTH: tuple[Table, ...] = ("files", "vectors")
KEYS = [key_of(str(n)) for n in range(MANY)]


def entries(keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """What is kept under each key: bytes that depend on it."""
    return [(key, key * 8) for key in keys]


def kept(cache: Cache, key: bytes) -> bytes | None:
    return cache.find("files", [key]).get(key)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "缓存.sqlite"


@pytest.fixture
def cache(path: Path) -> Iterator[Cache]:
    with closing(Cache(path)) as opened:
        yield opened


@given(facts=st.lists(st.text(max_size=9), max_size=3), other=st.lists(st.text(max_size=9)))
def test_a_key_stands_for_its_facts(facts: list[str], other: list[str]) -> None:
    assert len(key_of(*facts)) == 16
    if "\0" not in "".join(facts + other):
        assert (key_of(*facts) == key_of(*other)) == ((facts or [""]) == (other or [""]))


def test_a_key_of_a_name_that_is_no_text() -> None:
    """Names of files may hold bytes that are not UTF-8."""
    assert key_of("\udcff.txt") != key_of("\udcfe.txt")


def test_what_was_kept_comes_back(path: Path) -> None:
    values = {key: bytes(n % 256 for n in range(at % 300)) for at, key in enumerate(KEYS)}
    with closing(Cache(path)) as cache:
        for key in KEYS[::2]:
            cache.keep("files", [(key, values[key])])
        cache.keep("vectors", entries(KEYS[::3]))
    with closing(Cache(path)) as cache:
        assert cache.unknown("files", KEYS) == set(KEYS[1::2])
        assert cache.unknown("vectors", KEYS) == set(KEYS) - set(KEYS[::3])
        assert cache.find("files", KEYS) == {key: values[key] for key in KEYS[::2]}
        assert cache.find("vectors", KEYS) == dict(entries(KEYS[::3]))
        assert cache.find("vectors", []) == {}
        assert cache.unknown("files", []) == set()


def test_the_later_of_two_values_counts(cache: Cache) -> None:
    for value in (b"old", b"new"):
        cache.keep("files", [(KEYS[0], value)])
    assert kept(cache, KEYS[0]) == b"new"


def test_a_killed_build_has_its_vectors(path: Path, cache: Cache) -> None:
    """What was kept is there for another process, as the next build is."""
    cache.keep("vectors", entries(KEYS[:2]))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM vectors").fetchone() == (2,)


def test_what_nobody_asked_for_is_swept_out(path: Path) -> None:
    files, texts = KEYS[:6], KEYS[6:12]
    with closing(Cache(path)) as cache:
        for key in files[:4]:
            cache.keep("files", [(key, b"value")])
        cache.keep("vectors", entries(texts[:4]))
        cache.sweep(BOTH)  # all of it was kept just now
        assert cache.unknown("files", files) == set(files[4:])
        assert cache.unknown("vectors", texts) == set(texts[4:])
    with closing(Cache(path)) as cache:
        assert cache.unknown("files", files[:4]) == set()  # to look is not to ask
        assert kept(cache, files[1])
        assert set(cache.find("vectors", [texts[2], texts[5]])) == {texts[2]}
        cache.keep("files", [(files[5], b"value")])
        cache.sweep(BOTH)
    with closing(Cache(path)) as cache:
        assert cache.unknown("files", files) == {files[0], *files[2:5]}
        assert cache.unknown("vectors", texts) == {*texts[:2], *texts[3:]}


@pytest.mark.parametrize("content", [b"no database" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_anew_with_a_warning(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.write_bytes(content)
    with closing(Cache(path)) as cache:
        assert "is made anew" in caplog.text
        assert str(path) in caplog.text
        cache.keep("files", [(KEYS[0], b"value")])
        assert kept(cache, KEYS[0]) == b"value"


@pytest.mark.parametrize("ask", ["unknown", "find"])
@pytest.mark.parametrize("table", ["files", "vectors"])
def test_damage_in_the_middle_is_noticed_when_it_is_read(
    path: Path, caplog: pytest.LogCaptureFixture, ask: str, table: Table
) -> None:
    with closing(Cache(path)) as cache:
        for key in KEYS:
            cache.keep("files", [(key, b"value" * 20)])
        cache.keep("vectors", entries(KEYS))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))  # its tables can be listed
    with closing(Cache(path)) as cache, caplog.at_level(logging.WARNING):
        found = getattr(cache, ask)(table, KEYS)
        assert found == ({} if ask == "find" else set(KEYS))
        assert "is made anew" in caplog.text
        cache.keep("vectors", entries(KEYS[:1]))
        assert set(cache.find("vectors", KEYS)) == {KEYS[0]}


@pytest.mark.parametrize("table", ["files", "vectors"])
def test_a_flipped_byte_is_a_value_that_is_missing(path: Path, table: str) -> None:
    with closing(Cache(path)) as cache:
        for key in KEYS[:2]:
            cache.keep("files", [(key, b"value")])
        cache.keep("vectors", entries(KEYS[:2]))
    with closing(sqlite3.connect(path)) as other, other:
        (value,) = other.execute(f"SELECT value FROM {table} WHERE key = ?", (KEYS[0],)).fetchone()
        for at in range(len(value)):
            flipped = value[:at] + bytes([value[at] ^ 4]) + value[at + 1 :]
            other.execute(f"UPDATE {table} SET value = ? WHERE key = ?", (flipped, KEYS[0]))
            other.commit()
            with closing(Cache(path)) as cache:
                if table == "files":
                    assert (kept(cache, KEYS[0]), kept(cache, KEYS[1])) == (None, b"value")
                else:
                    assert set(cache.find("vectors", KEYS)) == {KEYS[1]}


def test_a_full_disk_is_no_damage(path: Path, cache: Cache) -> None:
    """What does not fit is not kept, and what was there stays."""
    cache.keep("files", [(KEYS[0], b"value")])
    cache._connection.execute("PRAGMA max_page_count = 8")  # a disk of 32 KB
    cache.keep("files", [(KEYS[1], b"v" * 100_000)])
    assert kept(cache, KEYS[0]) == b"value"
    assert kept(cache, KEYS[1]) is None
    cache.keep("files", [(KEYS[2], b"small")])
    assert kept(cache, KEYS[2]) == b"small"


def test_what_the_disk_cannot_read_is_left_as_it_is(path: Path) -> None:
    """Only damage begins a cache anew: what takes hours to make is not thrown away for a cable."""
    with closing(Cache(path)) as cache:
        cache.keep("vectors", entries(KEYS))
    whole = path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(whole)
    with closing(Cache(path)) as cache:
        broken = os.open(other, os.O_WRONLY)  # of which nothing can be read
        for entry in Path("/proc/self/fd").iterdir():
            if entry.is_symlink() and os.path.realpath(entry) == str(path):
                os.dup2(broken, int(entry.name))
        with pytest.raises(IndexNotWritten, match=r"I/O error.* is as it was") as caught:
            cache.find("vectors", KEYS)
        assert "\n" not in str(caught.value)
        os.close(broken)
    assert path.read_bytes() == whole
    with closing(Cache(path)) as cache:
        assert set(cache.find("vectors", KEYS)) == set(KEYS)


def test_anew_takes_what_it_kept_itself_and_removes_the_rest_in_the_end(path: Path) -> None:
    def fill(cache: Cache, value: bytes, keys: list[bytes]) -> None:
        for key in keys:
            cache.keep("files", [(key, value)])
        cache.keep("vectors", entries(keys))

    with closing(Cache(path)) as cache:
        fill(cache, b"old", KEYS[:3])
    with closing(Cache(path, anew=True)) as cache:  # ends before it sweeps
        for table in BOTH:
            assert cache.unknown(table, KEYS[:3]) == set(KEYS[:3])
        assert (kept(cache, KEYS[0]), cache.find("vectors", KEYS[:3])) == (None, {})
        fill(cache, b"new", KEYS[:1])
        assert (kept(cache, KEYS[0]), set(cache.find("vectors", KEYS))) == (b"new", {KEYS[0]})
    with closing(Cache(path)) as cache:
        assert (kept(cache, KEYS[0]), kept(cache, KEYS[1])) == (b"new", b"old")
    with closing(Cache(path, anew=True)) as cache:
        fill(cache, b"new", KEYS[1:2])
        cache.sweep(BOTH)
    with closing(Cache(path)) as cache:
        assert (
            cache.unknown("files", KEYS[:3])
            == cache.unknown("vectors", KEYS[:3])
            == {KEYS[0], KEYS[2]}
        )


def vectors(encoder: LetterEncoder, cache: Cache, *texts: str) -> Vectors:
    return np.concatenate([*Embedder(encoder, cache, texts).batches()])


def test_the_embedder_embeds_each_text_once(cache: Cache) -> None:
    encoder, texts = LetterEncoder(), ["甲乙", "丙", "甲乙", ""]
    assert Embedder(encoder, cache, texts).missing == 3
    want = encoder.encode_queries(texts).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(vectors(encoder, cache, *texts), want)
    assert encoder.seen == ["甲乙", "丙", ""]
    assert Embedder(encoder, cache, [*texts, "丁"]).missing == 1
    np.testing.assert_array_equal(vectors(encoder, cache, *texts), want)
    np.testing.assert_array_equal(vectors(encoder, cache, "丁", "丙")[1], want[1])
    assert encoder.seen == ["甲乙", "丙", "", "丁"]


def test_vectors_of_another_encoder_are_others(cache: Cache) -> None:
    vectors(LetterEncoder(), cache, "甲")
    assert Embedder(LetterEncoder(fingerprint="2"), cache, ["甲"]).missing == 1


def test_vectors_of_another_dimension_say_what_to_do(cache: Cache) -> None:
    """A model that was changed behind the name of its endpoint."""
    vectors(LetterEncoder(), cache, "甲")
    with pytest.raises(EncoderFailed, match="another dimension than before: build with --anew"):
        vectors(LetterEncoder(dim=8), cache, "甲", "乙")


def test_vectors_that_are_none_are_not_kept(cache: Cache) -> None:
    with pytest.raises(EncoderFailed, match="letters gave a vector that is not finite"):
        vectors(BrokenEncoder(), cache, "甲")
    assert Embedder(LetterEncoder(), cache, ["甲"]).missing == 1
