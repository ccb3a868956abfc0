"""The weights of the ranker and of the terms, from the training parts of the data alone.

    python -m train.export E5 UNTUNED
    python -m train.ranker DATA rag/retrieval --untuned UNTUNED

Candidates are those that the product brings. The encoder that ships has seen the public pairs, and
a ranker that learned from its vectors of them would trust it too much on other texts; so they are
asked with the encoder as it was before fine-tuning. The silver questions on documents that were
kept from the encoder are asked with the one that ships. Each public source is asked twice: a
passage a document, and four a document. Softmax over the candidates of a question, see `listwise`.
What the fit gives to meaning is lowered until no source falls behind BM25: on texts of an unknown
kind words must not lose.
"""

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from rag.encoding import Encoder, load_encoder
from rag.encoding.onnx import OnnxEncoder
from rag.evaluation.beir import Beir, BeirDocument
from rag.evaluation.collection import write_generation
from rag.index import FolderStore, Generation
from rag.outline import outline
from rag.reading import read
from rag.retrieval import POOL, Retriever
from rag.retrieval.ranker import NAMES, RANKER_WEIGHTS, TERM_WEIGHTS
from rag.settings import Settings
from rag.types import Outline
from rag.words import tokens
from train.examples import asked, held_out, holds, lines
from train.listwise import Candidates, fit, join
from train.pairs import Pair, read_pairs

_LEAST_SEEN = 30  # questions that hold a term; weights of rarer ones lost on some sources
_LEAST_CHANGE = 0.8  # a weight above this is as good as 1
_QUESTIONS = 150  # of one source at most
_PASSAGES = 500  # of one source at most
_LARGE = 100  # questions; what fewer say is noise
_NOISE = 0.002  # nDCG@10 by which a source may seem to fall behind
_TOGETHER = 4  # texts that make one document


def learn_term_weights(pairs: Iterable[Pair]) -> dict[str, float]:
    """Return how much each term of a question tells about the passage that answers it, 0..1.

    It is how often the term stands in the passage, over how often terms of that source do.
    """
    seen: dict[str, Counter[str]] = {}
    met: dict[str, Counter[str]] = {}
    for pair in pairs:
        terms = set(tokens(pair.query))
        seen.setdefault(pair.source, Counter()).update(terms)
        met.setdefault(pair.source, Counter()).update(terms & set(tokens(pair.passage)))
    count, found, expected = Counter[str](), Counter[str](), defaultdict[str, float](float)
    for source, terms_seen in seen.items():
        rate = met[source].total() / max(terms_seen.total(), 1)
        count.update(terms_seen)
        found.update(met[source])
        for term, times in terms_seen.items():
            expected[term] += times * rate
    weights = {
        term: round(min(1.0, (found[term] + 1) / (expected[term] + 1)), 2)
        for term, times in sorted(count.items())
        if times >= _LEAST_SEEN
    }
    return {term: weight for term, weight in weights.items() if weight <= _LEAST_CHANGE}


def collections(pairs: Iterable[Pair]) -> list[Beir]:
    """Make of each source's pairs a test collection: its passages, and some of its questions."""
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(pair.source, []).append(pair)
    made = []
    for source, group in sorted(by_source.items()):
        texts = list(dict.fromkeys(pair.passage for pair in group))[:_PASSAGES]
        ids = {text: str(i) for i, text in enumerate(texts)}
        kept = [pair for pair in group if pair.passage in ids]
        kept = kept[:: -(-len(kept) // _QUESTIONS)]
        made.append(
            Beir(
                source,
                {key: BeirDocument("", text) for text, key in ids.items()},
                {str(i): pair.query for i, pair in enumerate(kept)},
                {str(i): {ids[pair.passage]: 1} for i, pair in enumerate(kept)},
            )
        )
    return made


def public_candidates(
    collection: Beir,
    encoder: Encoder | None,
    together: int,
    terms: Mapping[str, float],
    cache: Path,
) -> Iterator[Candidates]:
    """Give the candidates of every question; it is always the single text that is judged."""
    outlines = collection.outlines(together)
    texts = {key: place for place, key in enumerate(collection.documents)}
    paragraphs = (p.paragraph_id for each in outlines for p in each.paragraphs)
    number = {paragraph: place for place, paragraph in enumerate(paragraphs)}
    with tempfile.TemporaryDirectory() as place:
        generation = _indexed(Path(place), outlines, encoder, cache)
        rows = generation.records.passages(range(generation.bm25.size))
        text_of_row = np.array([number[passage.paragraph_id] for passage in rows])
        retriever = Retriever(generation, encoder, term_weights=terms)
        for key, question in collection.questions.items():
            pool, features = retriever.candidates(question, POOL)
            text = text_of_row[pool.rows]
            good = [texts[name] for name, grade in collection.judgments[key].items() if grade > 0]
            order = np.argsort(text, kind="stable")
            yield Candidates(features[order], text[order], np.isin(text[order], good))


def silver_candidates(
    data: Path, encoder: Encoder | None, terms: Mapping[str, float], cache: Path
) -> Iterator[Candidates]:
    """Give the candidates of the silver train questions on held-out documents."""
    paths = [
        path
        for folder in ("silver/docs", "genre", "reports")
        for path in sorted((data / folder).glob("*.*"))
    ]
    outlines = [outline(read(path, path.name)) for path in paths if path.suffix in (".txt", ".md")]
    rows = [row for name in ("train", "talk_train") for row in lines(data / f"silver/{name}.jsonl")]
    with tempfile.TemporaryDirectory() as place:
        generation = _indexed(Path(place), outlines, encoder, cache)
        cut = generation.records.passages(range(generation.bm25.size))
        document = [generation.records.essay(each.essay_id).document for each in cut]
        retriever = Retriever(generation, encoder, term_weights=terms)
        for row in rows:
            if not row.get("any") or not any(map(held_out, row["documents"])):
                continue
            good = [
                place
                for place, (each, name) in enumerate(zip(cut, document, strict=True))
                if name in row["documents"] and holds(each.text, row["any"])
            ]
            pool, features = retriever.candidates(asked(row), POOL)
            yield Candidates(features, pool.rows, np.isin(pool.rows, good))


def _indexed(
    place: Path, outlines: Sequence[Outline], encoder: Encoder | None, cache: Path
) -> Generation:
    made = write_generation(place, outlines, encoder, Settings(), cache=cache)
    return FolderStore(place).open(encoder, made)


def all_candidates(
    data: Path,
    pairs: Sequence[Pair],
    terms: Mapping[str, float],
    untuned: Encoder | None,
    shipped: Encoder | None,
) -> list[list[Candidates]]:
    """The candidates of each source, those of the silver questions last."""
    with tempfile.TemporaryDirectory() as place:
        cache = Path(place) / "cache.sqlite"
        public = [
            list(public_candidates(collection, untuned, together, terms, cache))
            for collection in collections(pairs)
            for together in (1, _TOGETHER)
        ]
        return [*public, list(silver_candidates(data, shipped, terms, cache))]


def held_to_bm25(
    sources: Sequence[Sequence[Candidates]], weights: Mapping[str, float]
) -> dict[str, float]:
    """Lower the weight of meaning until no larger source falls behind the better BM25."""
    large = [source for source in sources if len(source) >= _LARGE]
    bars = [max(ndcg_10(each, {name: 1.0}) for name in ("passage", "essay")) for each in large]
    lowered = dict(weights)
    while lowered["cosine"] > 0 and any(
        ndcg_10(each, lowered) < bar - _NOISE for each, bar in zip(large, bars, strict=True)
    ):
        lowered["cosine"] = round(max(0.0, lowered["cosine"] - 0.1), 4)
    return lowered


def ndcg_10(source: Sequence[Candidates], weights: Mapping[str, float]) -> float:
    """nDCG@10 of one right document a question, a document scoring as its best passage."""
    row, found = np.array([weights.get(name, 0.0) for name in NAMES]), []
    for each in source:
        documents, place = np.unique(each.document, return_inverse=True)
        best = np.full(len(documents), -np.inf)
        np.maximum.at(best, place, each.features @ row)
        right = np.zeros(len(documents), bool)
        right[place[each.relevant]] = True
        first = np.flatnonzero(right[np.argsort(-best, kind="stable")])[:1]
        found.append(1 / np.log2(first[0] + 2) if len(first) and first[0] < 10 else 0.0)
    return float(np.mean(found))


def main() -> None:
    """Learn both files of weights."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--untuned", type=Path, required=True, help="the encoder before fine-tuning")
    options = ap.parse_args()
    pairs = read_pairs(options.data / "train/pairs.jsonl.gz")
    terms = learn_term_weights(pairs)
    _write(options.out / TERM_WEIGHTS.name, terms)
    untuned, shipped = OnnxEncoder(options.untuned, "untuned"), load_encoder(Settings())
    by_words = join(all_candidates(options.data, pairs, terms, None, None))
    by_both = all_candidates(options.data, pairs, terms, untuned, shipped)
    weights = {
        "words": fit(by_words, [name for name in NAMES if name != "cosine"]),
        "words and meaning": held_to_bm25(by_both, fit(join(by_both))),
    }
    _write(options.out / RANKER_WEIGHTS.name, weights)


def _write(path: Path, weights: Mapping[str, object]) -> None:
    path.write_text(json.dumps(weights, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
