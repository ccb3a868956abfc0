"""The tokenizer cuts raw text into the most probable words, and single characters at worst."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rag.training.vocabulary import count_words, word_tokenizer

COUNTS = Counter(
    {"干部": 40, "部队": 30, "干": 5, "部": 4, "队": 6, "人才": 40, "2022": 30, "abc": 60}
)


def test_full_width_case_and_signs_are_folded_away() -> None:
    tokenizer = word_tokenizer(COUNTS, 100)
    assert tokenizer.encode("干部、人才 \uff21\uff22\uff23“2022”").tokens == [
        "干部",
        "人才",
        "abc",
        "2022",
    ]


@given(st.text(alphabet="干部队人才", max_size=9))
def test_the_cut_is_the_most_probable_one(text: str) -> None:
    """Brute force over all cuts; the scores are the log shares of the kept tokens."""
    tokenizer = word_tokenizer(COUNTS, 100)
    kept = {"人": 1, "才": 1} | COUNTS
    kept |= {c: 1 for c in "20abc"}
    total = sum(kept.values())

    def score(pieces: list[str]) -> float:
        return sum(math.log(kept[piece] / total) for piece in pieces)

    def cuts(rest: str) -> list[list[str]]:
        if not rest:
            return [[]]
        heads = (n for n in range(1, len(rest) + 1) if rest[:n] in kept)
        return [[rest[:n], *tail] for n in heads for tail in cuts(rest[n:])]

    got = tokenizer.encode(text).tokens
    assert "".join(got) == text
    assert math.isclose(score(got), max(map(score, cuts(text))), abs_tol=1e-4)


def test_frequent_words_are_kept_when_there_is_no_room_for_all() -> None:
    tokenizer = word_tokenizer(COUNTS, 16)  # unknown, four characters, eleven words at most
    assert tokenizer.get_vocab_size() <= 16
    assert tokenizer.encode("干部").tokens == ["干部"]
    assert tokenizer.token_to_id("<unk>") == 0


def test_words_are_counted_over_all_texts() -> None:
    done: list[int] = []
    counts = count_words(["人才，干部", "\uff21\uff22干部。"] * 2001, done.append)
    assert counts == {"人才": 2001, "干部": 4002, "ab": 2001}
    assert sum(done) == 4002
