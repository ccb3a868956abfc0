"""`rag train`: pairs and running text → a static encoder. Floor 11.

Order inside: corpus < vocabulary < vectors < finetune < examples < folder, card < this. Needs
nothing that the base install does not bring, and no GPU; the same input gives the same table.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from tokenizers import Tokenizer

from rag.training.card import Facts, card
from rag.training.corpus import Pair, read_pairs, read_text
from rag.training.examples import Examples, make_examples
from rag.training.finetune import Schedule, finetune
from rag.training.folder import check_place, write_folder
from rag.training.vectors import idf, random_rows, svd_rows, token_ids
from rag.training.vocabulary import count_words, word_tokenizer

__all__ = ["Recipe", "train"]

_BLANK = 2  # columns left empty: the directions of a text without any known word


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes the embedded encoder; the defaults are those of the one that ships."""

    vocabulary: int = 30_000  # tokens
    dim: int = 192  # columns of the table
    window: int = 5  # words on either side that are counted as neighbours
    epochs: int = 5
    batch: int = 1024  # pairs, so as many passages to choose from
    hidden: float = 0.3  # share of passages shown without their question's words
    schedule: Schedule = field(default_factory=lambda: Schedule(dims=(64, 192)))
    seed: int = 0


def train(
    pairs: Path, text: Path, out: Path, *, random: bool = False, recipe: Recipe | None = None
) -> None:
    """Train an encoder from files of pairs and of running text, and write its folder to `out`.

    With `random`, the rows are random directions times IDF, the baseline that has learned nothing.
    A bar on stderr shows each step.

    Raises:
        BadInput: a file cannot be read, is empty or not in its format; `out` holds other files.
    """
    check_place(out)
    recipe = recipe or Recipe()
    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        given, running = read_pairs(pairs), read_text(text)
        tokenizer = _vocabulary(given, running, recipe, progress)
        rows, weights = _first_rows(tokenizer, given, running, random, recipe, progress)
        table = rows * weights[:, np.newaxis]
        if not random:
            examples = make_examples(tokenizer, given, recipe.batch, recipe.hidden)
            table = _learn(table, examples, recipe, progress)
    facts = Facts(
        sources=Counter(pair.source for pair in given),
        paragraphs=len(running),
        characters=sum(map(len, running)),
        tokens=len(table),
        dim=recipe.dim,
        random=random,
        recipe=repr(recipe),
        seconds=time.monotonic() - started,
    )
    write_folder(out, tokenizer, table, card(facts))


def _vocabulary(
    pairs: list[Pair], text: list[str], recipe: Recipe, progress: Progress
) -> Tokenizer:
    texts = [*text, *(f"{pair.query}\n{pair.passage}" for pair in pairs)]
    task = progress.add_task("counting words", total=len(texts))
    counts = count_words(texts, lambda more: progress.advance(task, more))
    return word_tokenizer(counts, recipe.vocabulary)


def _first_rows(
    tokenizer: Tokenizer,
    pairs: list[Pair],
    text: list[str],
    random: bool,
    recipe: Recipe,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return unit rows, the last columns empty, and the IDF of each token (0 for the unknown)."""
    task = progress.add_task("word vectors", total=2)
    size, dim = tokenizer.get_vocab_size(), recipe.dim - _BLANK
    passages = token_ids(tokenizer, [*text, *(pair.passage for pair in pairs)])
    weights = idf(passages, size)
    weights[0] = 0
    progress.advance(task)
    if random:
        rows = random_rows(size, dim, recipe.seed)
    else:
        rows = svd_rows(passages, size, dim, recipe.window, recipe.seed)
    progress.advance(task)
    return np.pad(rows, ((0, 0), (0, _BLANK))), weights


def _learn(
    table: NDArray[np.float32], examples: Examples, recipe: Recipe, progress: Progress
) -> NDArray[np.float32]:
    rng = np.random.default_rng(recipe.seed)
    steps = examples.steps() * recipe.epochs
    task = progress.add_task("fine-tuning", total=steps)
    batches = (batch for _ in range(recipe.epochs) for batch in examples.epoch(rng))
    return finetune(table, batches, steps, recipe.schedule, lambda _: progress.advance(task))
