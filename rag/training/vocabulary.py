"""Words → a tokenizer that takes raw text and cuts it into those words, in Rust.

The words and their counts come from jieba, which is good at finding words and slow. A Unigram
model (Kudo 2018, arXiv:1804.10959) over them, with log frequencies as scores, finds the most
probable cut by Viterbi search, which is what jieba does: the same words at a fiftieth of the time,
in a file that sentence-transformers reads. Every Han character that was seen is a token too, so
that a word that was not seen still has a vector.
"""

import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import jieba
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from rag.encoding.unigram import RUN
from rag.parallel import ordered
from rag.words import fold

_UNKNOWN = "<unk>"
_NEVER = -100.0  # a log frequency that no cut would choose
_RARE = 30  # a character seen less often has too little company for a row of its own
_CHUNK = 2000  # texts a task


def count_words(texts: Sequence[str], done: Callable[[int], None]) -> Counter[str]:
    """Count the words that jieba cuts `texts` into, new words found by its HMM included.

    Runs on all cores; `done` is told how many texts more have been cut.
    """
    chunks = [texts[i : i + _CHUNK] for i in range(0, len(texts), _CHUNK)]
    total: Counter[str] = Counter()
    workers = min(os.cpu_count() or 1, len(chunks))
    for chunk, counts in zip(chunks, ordered(_counter, chunks, workers), strict=True):
        total.update(counts)
        done(len(chunk))
    return total


def _counter() -> Callable[[Iterable[str]], Counter[str]]:
    return _count


def _count(texts: Iterable[str]) -> Counter[str]:
    jieba.setLogLevel("WARNING")
    counts: Counter[str] = Counter()
    for text in texts:
        for run in re.findall(RUN, fold(text)):
            counts.update(jieba.cut(run))
    return counts


def word_tokenizer(counts: Mapping[str, int], size: int) -> Tokenizer:
    """Return a Unigram tokenizer of at most `size` tokens: single characters, then frequent words.

    Token 0 stands for what is unknown; its row in the table is zero.
    """
    inside: Counter[str] = Counter()
    for word, count in counts.items():
        inside.update(dict.fromkeys(word, count))
    # A character that is never a word alone still needs a score, far below any word's.
    kept = {c: counts.get(c, 0) or 1 for c, n in inside.most_common(size // 2) if n >= _RARE}
    words = (word for word in counts if len(word) > 1 and kept.keys() >= set(word))
    ranked = sorted(words, key=lambda word: (-_worth(word, counts[word]), word))
    kept |= {word: counts[word] for word in ranked[: size - 1 - len(kept)]}
    total = sum(kept.values())
    ordered = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    scores = [(token, math.log(count / total)) for token, count in ordered]
    tokenizer = Tokenizer(models.Unigram([(_UNKNOWN, _NEVER), *scores], unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(RUN), "removed", invert=True)
    return tokenizer


def _worth(word: str, count: int) -> float:
    """Rank numbers and Latin words a tenth: they are many, and mostly the names of products."""
    return count / 10 if word.isascii() else count
