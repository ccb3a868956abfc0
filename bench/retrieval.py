"""What each idea of retrieval gives on benchmark sets, as one Markdown table.

    python bench/retrieval.py --beir DIR --train DIR --work DIR > table.md

`--beir` is a folder of BEIR folders, `--train` holds pairs.jsonl.gz and text.txt.gz, `--work`
keeps indexes and encoders between runs. Every ranker here learns on training pairs alone, as
`rag.training.ranker` does, but on every second question, for time; the one that ships has seen
them all. The figure is nDCG@10 over all questions of a set.
"""

import argparse
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from rag.encoding import load_default
from rag.evaluation import Beir, ndcg
from rag.index.dictionary import dictionary
from rag.index.sparse import SparseIndex
from rag.index.texts import Texts
from rag.retrieval import PLAIN, trained_ranker
from rag.retrieval.features import NAMES, Features
from rag.settings import Settings
from rag.training.corpus import read_pairs
from rag.training.listwise import Candidates, Lists, fit, join
from rag.training.ranker import candidates, unseen_candidates
from rag.words import STOPWORDS, Tokenizer, bigrams, fold, tokens, words

Score = Callable[[Features], NDArray[np.float32]]
"""Features of one question's candidates → a score each."""


def main() -> int:
    """Measure every idea on every set and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("beir", "train", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    sets = [Beir.load(path.parent) for path in sorted(options.beir.glob("*/qrels.tsv"))]
    rows = dict(bm25_rows(sets))
    encoder = load_default()
    lists = [list(candidates(c, encoder, options.work / c.name)) for c in sets]
    pairs, text = (options.train / name for name in ("pairs.jsonl.gz", "text.txt.gz"))
    unseen = unseen_candidates(read_pairs(pairs), text, options.work)
    half = join(itertools.islice(source, 0, None, 2) for source in unseen)
    for name, score in ideas(half).items():
        rows[name] = [measure(c, found, score) for c, found in zip(sets, lists, strict=True)]
        print(name, file=sys.stderr, flush=True)
    say("| idea | " + " | ".join(c.name for c in sets) + " | mean |")
    say("|---|" + "--:|" * (len(sets) + 1))
    for name, row in rows.items():
        say(f"| {name} | " + " | ".join(f"{x:.4f}" for x in (*row, float(np.mean(row)))) + " |")
    return 0


def bm25_rows(sets: Sequence[Beir]) -> Iterator[tuple[str, list[float]]]:
    """BM25 of whole documents under several tokenizers, stop words left out of words."""
    ways: dict[str, Callable[[str], list[str]]] = {
        "BM25, words": content_words,
        "BM25, words + bigrams of Han characters": lambda t: content_words(t) + han_bigrams(t),
        "BM25, words + bigrams across numbers and Latin": tokens,
        "BM25, the same with stop words": lambda t: words(t) + bigrams(t),
    }
    for name, tokenize in ways.items():
        print(name, file=sys.stderr, flush=True)
        yield name, [whole_documents(collection, tokenize) for collection in sets]
    own = [Tokenizer(dictionary(collection.outlines())) for collection in sets]
    figures = [whole_documents(c, words.tokens) for c, words in zip(sets, own, strict=True)]
    yield "BM25, words + bigrams, quoted terms of the corpus cut as one", figures


def whole_documents(collection: Beir, tokenize: Callable[[str], list[str]]) -> float:
    """Mean nDCG@10 of BM25 over documents that are not cut."""
    ids = list(collection.documents)
    texts = (tokenize(f"{d.title}\n{d.text}") for d in collection.documents.values())
    index = SparseIndex.build(Texts.of(texts), k1=Settings().k1, b=Settings().b)
    rankings = {
        key: [ids[row] for row in index.search(tokenize(question), 10).rows.tolist()]
        for key, question in collection.questions.items()
    }
    return float(
        np.mean([ndcg(ranking, collection.judgments[k], 10) for k, ranking in rankings.items()])
    )


def content_words(text: str) -> list[str]:
    """The words of `text` without stop words."""
    return [word for word in words(text) if word not in STOPWORDS]


def han_bigrams(text: str) -> list[str]:
    """Pairs of Han characters that touch; numbers and Latin words part them."""
    runs = re.findall(r"[㐀-䶿一-鿿]+", fold(text))
    return [run[i : i + 2] for run in runs for i in range(len(run) - 1)]


def ideas(lists: Lists) -> dict[str, Score]:
    """Every way to score a candidate, in the order of the table."""
    found: dict[str, Score] = {
        "whole documents, learned term weights": only("essay"),
        "best passage": only("passage"),
        "cosine of the best passage": only("cosine"),
        "reciprocal rank fusion of BM25 and cosine": fusion,
        "weighted sum without training": PLAIN.scores,
    }
    chosen = ["essay", "passage", "cosine"]
    found["learned: BM25 of document and passage"] = learned(lists, chosen[:2])
    found["learned: the same + cosine"] = learned(lists, chosen)
    found["learned: all"] = learned(lists, NAMES)
    for name in NAMES:
        found[f"learned: all but {name}"] = learned(lists, [n for n in NAMES if n != name])
    trees = HistGradientBoostingClassifier(max_iter=200, max_leaf_nodes=15, random_state=0)
    trees.fit(lists.features, lists.relevant[lists.document])
    found["trees on all"] = lambda features: trees.decision_function(features)
    found["the ranker that ships"] = trained_ranker().scores
    return found


def only(name: str) -> Score:
    """Score by one feature."""
    return lambda features: features[:, NAMES.index(name)]


def learned(lists: Lists, names: Sequence[str]) -> Score:
    """Learn weights for some of the features."""
    weights = np.array(list(fit(lists, names).values()), np.float32)
    return lambda features: features @ weights


def fusion(features: Features) -> NDArray[np.float32]:
    """Reciprocal rank fusion with k = 60 (Cormack, Clarke & Büttcher, SIGIR 2009)."""
    columns = features[:, [NAMES.index("essay"), NAMES.index("cosine")]]
    places = (-columns).argsort(axis=0).argsort(axis=0)
    fused: NDArray[np.float32] = (1 / (61 + places)).sum(axis=1)
    return fused


def measure(collection: Beir, found: Sequence[Candidates], score: Score) -> float:
    """Mean nDCG@10, a document standing where its best passage stands."""
    ids = list(collection.documents)
    figures = []
    for key, (features, document, _) in zip(collection.questions, found, strict=True):
        order = np.lexsort((document, -score(features)))
        ranking = list(dict.fromkeys(ids[d] for d in document[order].tolist()))
        figures.append(ndcg(ranking, collection.judgments[key], 10))
    return float(np.mean(figures))


def say(line: str) -> None:
    """Write one line of the table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
