"""What a build kept comes back; what is damaged is made again, and what nobody needs goes."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoding import Vectors
from rag.errors import EncoderFailed, IndexNotWritten
from rag.index import Cache, Embedder, key_of
from tests.test_index_generation import BrokenEncoder, LetterEncoder

MANY = 1200  # more than one command names
KEYS = [key_of(str(n)) for n in range(MANY)]


def unit_rows(n: int, d: int) -> Vectors:
    raw = np.random.default_rng(0).normal(size=(n, d))
    rows: Vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    return rows


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
    vectors = unit_rows(MANY, 8)
    with closing(Cache(path)) as cache:
        for key in KEYS[::2]:
            cache.keep_file(key, values[key])
        cache.keep_vectors(KEYS[::3], vectors[::3])
        cache.commit()
    with closing(Cache(path)) as cache:
        assert cache.unknown_files(KEYS) == set(KEYS[1::2])
        assert cache.unknown_vectors(KEYS) == set(KEYS) - set(KEYS[::3])
        assert {key: cache.file(key) for key in KEYS[::2]} == {k: values[k] for k in KEYS[::2]}
        assert cache.file(KEYS[1]) is None
        found = cache.vectors(KEYS)
        assert set(found) == set(KEYS[::3])
        want = vectors[::3].astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal([found[key] for key in KEYS[::3]], want)
        assert found[KEYS[0]].dtype == np.float32
        assert cache.vectors([]) == {}
        assert cache.unknown_files([]) == set()


def test_the_later_of_two_values_counts(cache: Cache) -> None:
    for value in (b"old", b"new"):
        cache.keep_file(KEYS[0], value)
    assert cache.file(KEYS[0]) == b"new"


def test_a_killed_build_has_its_vectors(path: Path, cache: Cache) -> None:
    """Vectors are there for good at once; another process, as the next build is, sees them."""
    cache.keep_vectors(KEYS[:2], unit_rows(2, 4))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM vectors").fetchone() == (2,)


def test_what_nobody_asked_for_is_swept_out(path: Path) -> None:
    files, texts = KEYS[:6], KEYS[6:12]
    with closing(Cache(path)) as cache:
        for key in files[:4]:
            cache.keep_file(key, b"value")
        cache.keep_vectors(texts[:4], unit_rows(4, 4))
        cache.sweep(vectors=True)  # all of it was kept just now
        assert cache.unknown_files(files) == set(files[4:])
        assert cache.unknown_vectors(texts) == set(texts[4:])
    with closing(Cache(path)) as cache:
        assert cache.unknown_files(files[:4]) == set()  # to look is not to ask
        assert cache.file(files[1])
        assert set(cache.vectors([texts[2], texts[5]])) == {texts[2]}
        cache.keep_file(files[5], b"value")
        cache.sweep(vectors=True)
    with closing(Cache(path)) as cache:
        assert cache.unknown_files(files) == {files[0], *files[2:5]}
        assert cache.unknown_vectors(texts) == {*texts[:2], *texts[3:]}


@pytest.mark.parametrize("content", [b"no database" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_anew_with_a_warning(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.write_bytes(content)
    with closing(Cache(path)) as cache:
        assert "is made anew" in caplog.text
        assert str(path) in caplog.text
        cache.keep_file(KEYS[0], b"value")
        assert cache.file(KEYS[0]) == b"value"


@pytest.mark.parametrize("ask", ["unknown_files", "unknown_vectors", "vectors"])
def test_damage_in_the_middle_is_noticed_when_it_is_read(
    path: Path, caplog: pytest.LogCaptureFixture, ask: str
) -> None:
    with closing(Cache(path)) as cache:
        for key in KEYS:
            cache.keep_file(key, b"value" * 20)
        cache.keep_vectors(KEYS, unit_rows(MANY, 8))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))  # its tables can be listed
    with closing(Cache(path)) as cache, caplog.at_level(logging.WARNING):
        found = getattr(cache, ask)(KEYS)
        assert found == ({} if ask == "vectors" else set(KEYS))
        assert "is made anew" in caplog.text
        cache.keep_vectors(KEYS[:1], unit_rows(1, 8))
        assert set(cache.vectors(KEYS)) == {KEYS[0]}


@pytest.mark.parametrize("table", ["files", "vectors"])
def test_a_flipped_byte_is_a_value_that_is_missing(path: Path, table: str) -> None:
    with closing(Cache(path)) as cache:
        for key in KEYS[:2]:
            cache.keep_file(key, b"value")
        cache.keep_vectors(KEYS[:2], unit_rows(2, 4))
        cache.commit()
    with closing(sqlite3.connect(path)) as other, other:
        (value,) = other.execute(f"SELECT value FROM {table} WHERE key = ?", (KEYS[0],)).fetchone()
        for at in range(len(value)):
            flipped = value[:at] + bytes([value[at] ^ 4]) + value[at + 1 :]
            other.execute(f"UPDATE {table} SET value = ? WHERE key = ?", (flipped, KEYS[0]))
            other.commit()
            with closing(Cache(path)) as cache:
                if table == "files":
                    assert (cache.file(KEYS[0]), cache.file(KEYS[1])) == (None, b"value")
                else:
                    assert set(cache.vectors(KEYS)) == {KEYS[1]}


def test_a_full_disk_is_no_damage(path: Path, cache: Cache) -> None:
    """What does not fit is not kept, and what was there stays."""
    cache.keep_file(KEYS[0], b"value")
    cache.commit()
    cache._connection.execute("PRAGMA max_page_count = 8")  # a disk of 32 KB
    cache.keep_file(KEYS[1], b"v" * 100_000)
    cache.commit()
    assert cache.file(KEYS[0]) == b"value"
    assert cache.file(KEYS[1]) is None
    cache.keep_file(KEYS[2], b"small")
    assert cache.file(KEYS[2]) == b"small"


def test_what_the_disk_cannot_read_is_left_as_it_is(path: Path) -> None:
    """Only damage begins a cache anew: what takes hours to make is not thrown away for a cable."""
    vectors = unit_rows(MANY, 64)
    with closing(Cache(path)) as cache:
        cache.keep_vectors(KEYS, vectors)
    whole = path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(whole)
    with closing(Cache(path)) as cache:
        broken = os.open(other, os.O_WRONLY)  # of which nothing can be read
        for entry in Path("/proc/self/fd").iterdir():
            if entry.is_symlink() and os.path.realpath(entry) == str(path):
                os.dup2(broken, int(entry.name))
        with pytest.raises(IndexNotWritten, match=r"I/O error.* is as it was") as caught:
            cache.vectors(KEYS)
        assert "\n" not in str(caught.value)
        os.close(broken)
    assert path.read_bytes() == whole
    with closing(Cache(path)) as cache:
        assert set(cache.vectors(KEYS)) == set(KEYS)


def test_anew_takes_what_it_kept_itself_and_removes_the_rest_in_the_end(path: Path) -> None:
    def fill(cache: Cache, value: bytes, keys: list[bytes]) -> None:
        for key in keys:
            cache.keep_file(key, value)
        cache.keep_vectors(keys, unit_rows(len(keys), 4))

    with closing(Cache(path)) as cache:
        fill(cache, b"old", KEYS[:3])
        cache.commit()
    with closing(Cache(path, anew=True)) as cache:  # ends before it sweeps
        assert cache.unknown_files(KEYS[:3]) == cache.unknown_vectors(KEYS[:3]) == set(KEYS[:3])
        assert (cache.file(KEYS[0]), cache.vectors(KEYS[:3])) == (None, {})
        fill(cache, b"new", KEYS[:1])
        assert (cache.file(KEYS[0]), set(cache.vectors(KEYS))) == (b"new", {KEYS[0]})
    with closing(Cache(path)) as cache:
        assert (cache.file(KEYS[0]), cache.file(KEYS[1])) == (b"new", b"old")
    with closing(Cache(path, anew=True)) as cache:
        fill(cache, b"new", KEYS[1:2])
        cache.sweep(vectors=True)
    with closing(Cache(path)) as cache:
        assert (
            cache.unknown_files(KEYS[:3]) == cache.unknown_vectors(KEYS[:3]) == {KEYS[0], KEYS[2]}
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
    with pytest.raises(
        EncoderFailed, match="letters gives no usable vectors: row 0 has length nan"
    ):
        vectors(BrokenEncoder(), cache, "甲")
    assert Embedder(LetterEncoder(), cache, ["甲"]).missing == 1
