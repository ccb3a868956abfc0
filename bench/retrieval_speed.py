"""Times retrieval on one core: passages indexed a second, milliseconds a question, memory.

    export OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false
    python bench/retrieval_speed.py --text FILE --pairs FILE [-n 100000]

Passages are cut from running text, one paragraph a line; questions are those of the pairs. The
index is made in a temporary folder, or in `--index`, where a second run finds it. Times are of
the processor, which on an idle core are those of the clock; the environment above keeps to one.
"""

import argparse
import itertools
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from rag.encoding import load_default
from rag.errors import RagError
from rag.evaluation import Beir
from rag.evaluation.beir import Text
from rag.index import Generation, swap, write_generation
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.training.corpus import read_pairs, read_text

LENGTH = 400  # characters of a passage, about
QUESTIONS = 500


def main() -> int:
    """Index the passages, ask the questions, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, required=True, help="running text")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs, for their questions")
    parser.add_argument("-n", type=int, default=100_000, help="passages")
    parser.add_argument("--index", type=Path, help="where to keep the index")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        generation = opened(options.index or Path(place), options.text, options.n)
        retriever = Retriever(generation, load_default(), Settings())
        questions = [pair.query for pair in read_pairs(options.pairs)]
        asked = questions[:: max(1, len(questions) // QUESTIONS)]
        retriever.search(asked[0], 10)
        milliseconds = [timed(retriever, question) for question in asked]
        p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
        say(f"{generation.records.size} passages, {len(asked)} questions")
        say(f"question to hits: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
        say(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
        generation.records.close()
    return 0


def opened(index: Path, text: Path, count: int) -> Generation:
    """Open the index, or make it of `count` passages and say how long that took."""
    encoder, settings = load_default(), Settings(workers=1)
    try:
        return Generation.open(index, encoder)
    except RagError:
        documents = {str(i): Text("", block) for i, block in enumerate(blocks(text, count))}
        collection = Beir("speed", documents, {}, {})
        outlines, cut = collection.outlines(), collection.passages(settings.window * 2)
        began, clock = time.process_time(), time.perf_counter()
        swap(index, write_generation(index, outlines, cut, encoder, settings))
        took, waited = time.process_time() - began, time.perf_counter() - clock
        say(
            f"indexed {len(cut)} passages in {took:.0f} s of the processor ({waited:.0f} of the"
            f" clock), {len(cut) / took:.0f} a second"
        )
        return Generation.open(index, encoder)


def blocks(text: Path, count: int) -> list[str]:
    """Join paragraphs until they have the length of a passage."""
    made: list[str] = []
    block = ""
    for paragraph in itertools.cycle(read_text(text)):
        block += paragraph
        while len(block) >= LENGTH and len(made) < count:
            made.append(block[:LENGTH])
            block = block[LENGTH:]
        if len(made) == count:
            return made
    return made


def timed(retriever: Retriever, question: str) -> float:
    """Milliseconds that one question takes."""
    began = time.process_time()
    retriever.search(question, 10)
    return 1000 * (time.process_time() - began)


def say(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
