"""The ranker's weights and the term weights, from training pairs alone.

An encoder is nearer to the pairs it was trained on than to any others, and nearer to texts of
their kind than to other texts, so a ranker trained on the same pairs would trust it too much.
Here the sources are parted in two: an encoder is trained on each half, and the ranker learns on
the other half with that encoder's cosines. So it learns how far to trust the embedded encoder on
the texts of a user, which are of no kind that encoder has seen.

Every source is asked twice: each passage a document of its own, and several to a document, where
the passage has to be told from its neighbours.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from rag.encoding import Encoder, StaticEncoder
from rag.errors import BadInput
from rag.evaluation.beir import Beir, Text
from rag.index import Generation, swap, write_generation
from rag.passages import passages
from rag.retrieval import PLAIN, POOL, Retriever
from rag.retrieval.question import TERM_WEIGHTS
from rag.retrieval.ranker import RANKER_WEIGHTS
from rag.settings import Settings
from rag.training import train
from rag.training.corpus import Pair, read_pairs, read_text
from rag.training.listwise import Candidates, fit, join
from rag.words import tokens

_LEAST_SEEN = 30  # questions that hold a term; weights of rarer ones lost on some sources
_LEAST_CHANGE = 0.8  # a weight above this is as good as 1
_FIRST_HALF = ("cmrc2018", "covid", "drcd", "gd", "gov", "govcn", "prov")
"""Sources by what stands before their first hyphen: encyclopedia, citizens and policy; the others
are news, laws and science. Sources of one kind have to be in one half."""
_QUESTIONS = 500  # of one source at most
_PASSAGES = 3000  # of one source at most
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


def halves(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Part the pairs by the kind of their source."""
    first, second = list[Pair](), list[Pair]()
    for pair in pairs:
        own = pair.source.partition("-")[0] in _FIRST_HALF
        (first if own else second).append(pair)
    return first, second


def train_ranker(pairs: Path, text: Path, out: Path) -> None:
    """Learn both files of weights from a file of pairs and one of running text, into `out`.

    Raises:
        BadInput: a file cannot be read, is empty or not in its format; `out` cannot be written.
    """
    given = read_pairs(pairs)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / TERM_WEIGHTS.name, learn_term_weights(given))
        with tempfile.TemporaryDirectory() as place:
            lists = join(unseen_candidates(given, text, Path(place)))
        _write(out / RANKER_WEIGHTS.name, fit(lists))
    except OSError as error:
        raise BadInput(f"cannot write the weights to {out}: {error.strerror}") from error


def unseen_candidates(
    pairs: Sequence[Pair], text: Path, folder: Path
) -> Iterator[Iterator[Candidates]]:
    """Give the candidates of each source, by an encoder and term weights of the other kinds.

    Encoders and indexes are kept in `folder`, and used again where they are there.
    """
    first, second = halves(pairs)
    for name, asked, taught in (("first", first, second), ("second", second, first)):
        made = collections(asked)
        encoder = _encoder(taught, made, text, folder / name)
        terms = learn_term_weights(taught)
        for collection in made:
            for together in (1, _TOGETHER):
                index = folder / f"{collection.name}-{together}"
                yield candidates(collection, encoder, index, together, terms)


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


def candidates(
    collection: Beir,
    encoder: Encoder,
    index: Path,
    together: int = 1,
    terms: Mapping[str, float] | None = None,
) -> Iterator[Candidates]:
    """Give the candidates of every question of a collection, in order.

    The index is used again where it is there. With `together` above 1, so many texts make one
    document, one paragraph each; it is always the text that is judged. `terms` take the place of
    the term weights that ship.
    """
    settings, outlines = Settings(), collection.outlines(together)
    cut = [passage for outline in outlines for passage in passages(outline, settings.window)]
    paragraphs = (p.paragraph_id for outline in outlines for p in outline.paragraphs)
    number = {paragraph: place for place, paragraph in enumerate(paragraphs)}
    text_of_row = np.array([number[passage.paragraph_id] for passage in cut])
    if not index.is_dir():
        swap(index, write_generation(index, outlines, cut, encoder, settings))
    generation = Generation.open(index, encoder)
    retriever = Retriever(generation, encoder, settings, PLAIN, term_weights=terms)
    texts = {key: place for place, key in enumerate(collection.documents)}
    for key, question in collection.questions.items():
        found = retriever.candidates(question, POOL)
        text = text_of_row[found.rows]
        good = [texts[name] for name, grade in collection.judgments[key].items() if grade > 0]
        order = np.argsort(text, kind="stable")
        yield Candidates(found.features[order], text[order], np.isin(text[order], good))
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
