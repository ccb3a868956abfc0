"""The ranker's weights and the term weights, from training pairs alone.

An encoder is nearer to the pairs it was trained on than to any others, and nearer to texts of
their kind than to other texts, so a ranker trained on the same pairs would trust it too much.
Here the sources are parted in two: an encoder is trained on each half, and the ranker learns on
the other half with that encoder's cosines. So it learns how far to trust the embedded encoder on
the texts of a user, which are of no kind that encoder has seen.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from rag.encoding import Encoder, StaticEncoder
from rag.errors import RagError
from rag.evaluation.beir import Beir, Text
from rag.index import Generation, swap, write_generation
from rag.retrieval import PLAIN, POOL, Retriever
from rag.settings import Settings
from rag.training import train
from rag.training.corpus import Pair, read_pairs, read_text
from rag.training.listwise import Candidates, fit, join
from rag.words import tokens

_LEAST_SEEN = 10  # questions that hold a term, before its weight is learned
_LEAST_CHANGE = 0.8  # a weight above this is as good as 1
_SHARPNESS = 1.5  # power of the ratio; 1 to 2 do equally well
_FIRST_HALF = ("cmrc2018", "covid", "drcd", "gd", "gov", "govcn", "prov")
"""Sources by what stands before their first hyphen: encyclopedia, citizens and policy; the others
are news, laws and science. Sources of one kind have to be in one half."""
_QUESTIONS = 500  # of one source at most
_PASSAGES = 3000  # of one source at most


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
        term: round(min(1.0, (found[term] + 1) / (expected[term] + 1)) ** _SHARPNESS, 2)
        for term, times in sorted(count.items())
        if times >= _LEAST_SEEN
    }
    return {term: weight for term, weight in weights.items() if weight <= _LEAST_CHANGE}


def halves(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Part the pairs by the kind of their source."""
    first, second = list[Pair](), list[Pair]()
    for pair in pairs:
        own = pair.source.partition("-")[0] in _FIRST_HALF
        (first if own else second).append(pair)
    return first, second


def train_ranker(pairs: Path, text: Path, term_weights: Path, ranker_weights: Path) -> None:
    """Learn both files of weights from a file of pairs and one of running text.

    Raises:
        BadInput: a file cannot be read, is empty or not in its format.
    """
    given = read_pairs(pairs)
    _write(term_weights, learn_term_weights(given))
    with tempfile.TemporaryDirectory() as place:
        _write(ranker_weights, fit(join(unseen_candidates(given, text, Path(place)))))


def unseen_candidates(
    pairs: Sequence[Pair], text: Path, folder: Path
) -> Iterator[Iterator[Candidates]]:
    """Give the candidates of each source, under an encoder that has not seen its kind.

    Encoders and indexes are kept in `folder`, and used again where they are there.
    """
    first, second = halves(pairs)
    for name, asked, taught in (("first", first, second), ("second", second, first)):
        made = collections(asked)
        encoder = _encoder(taught, made, text, folder / name)
        for collection in made:
            yield candidates(collection, encoder, folder / collection.name)


def collections(pairs: Iterable[Pair]) -> list[Beir]:
    """Make of each source's pairs a test collection: its passages, and some of its questions."""
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(pair.source, []).append(pair)
    made = []
    for source, group in sorted(by_source.items()):
        texts = list(dict.fromkeys(pair.passage for pair in group))[:_PASSAGES]
        ids = {text: str(i) for i, text in enumerate(texts)}
        asked = [pair for pair in group if pair.passage in ids]
        asked = asked[:: -(-len(asked) // _QUESTIONS)]
        made.append(
            Beir(
                source,
                {key: Text("", text) for text, key in ids.items()},
                {str(i): pair.query for i, pair in enumerate(asked)},
                {str(i): {ids[pair.passage]: 1} for i, pair in enumerate(asked)},
            )
        )
    return made


def indexed(collection: Beir, encoder: Encoder, index: Path) -> Generation:
    """Return the index of a collection that is there, or make it."""
    try:
        return Generation.open(index, encoder)
    except RagError:
        settings = Settings()
        cut = collection.passages(settings.window)
        swap(index, write_generation(index, collection.outlines(), cut, encoder, settings))
        return Generation.open(index, encoder)


def candidates(collection: Beir, encoder: Encoder, index: Path) -> Iterator[Candidates]:
    """Give the candidates of every question of a collection, in order."""
    generation = indexed(collection, encoder, index)
    retriever = Retriever(generation, encoder, Settings(), PLAIN)
    documents = [essay.document for essay in generation.records.essays()]
    for key, question in collection.questions.items():
        found = retriever.candidates(question, POOL)
        document = generation.records.essay_of_row[found.rows]
        judged = collection.judgments[key]
        relevant = np.array([judged.get(documents[d], 0) > 0 for d in document], bool)
        order = np.argsort(document, kind="stable")
        yield Candidates(found.features[order], document[order], relevant[order])
    generation.records.close()


def _encoder(taught: Sequence[Pair], asked: Sequence[Beir], text: Path, folder: Path) -> Encoder:
    """Train an encoder on some pairs, and on running text without the passages asked for."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        passages = (document.text for c in asked for document in c.documents.values())
        lines = {line.strip() for passage in passages for line in passage.splitlines()}
        rows = ({"q": p.query, "p": p.passage, "source": p.source} for p in taught)
        _write_lines(folder / "pairs.jsonl", (json.dumps(r, ensure_ascii=False) for r in rows))
        _write_lines(folder / "text.txt", (line for line in read_text(text) if line not in lines))
        train(folder / "pairs.jsonl", folder / "text.txt", folder / "encoder")
    return StaticEncoder.load(folder / "encoder", folder.name)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _write(path: Path, weights: dict[str, float]) -> None:
    text = json.dumps(weights, ensure_ascii=False, indent=0)
    path.write_text(text + "\n", encoding="utf-8")
