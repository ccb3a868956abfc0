"""Rows of the table are moved until a question is nearer to its passage than to all others.

InfoNCE with in-batch negatives (van den Oord, Li & Vinyals 2018, arXiv:1807.03748), both ways, at
several dimensions at once (Matryoshka: Kusupati et al. 2022, arXiv:2205.13147), by Adam on the
rows that a batch touches. The model is one table and one sum, so the gradient is written out: in
numpy and scipy it is several times as fast on a CPU as torch's embedding bag.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rag.training.vectors import Ids

Table = NDArray[np.float32]
Rows = NDArray[np.integer]
Example = tuple[Ids, Ids]
"""The tokens of a question and of its passage, neither empty."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How far and how fast the rows move."""

    rate: float = 0.2  # of the first step, in units of the table's root mean square
    warmup: int = 50  # steps
    scale: float = 10.0  # inverse temperature of the softmax over cosines
    dims: tuple[int, ...] = ()  # Matryoshka dimensions; () for the whole row alone


def finetune(
    rows: Table,
    batches: Iterator[Sequence[Example]],
    steps: int,
    schedule: Schedule,
    step_done: Callable[[float], None] = lambda loss: None,
) -> Table:
    """Return the moved copy of `rows`, shape (tokens, d); `steps` sets the decay of the rate.

    Row 0, the unknown token's, stays as it is.
    """
    adam = _Adam(rows.copy(), schedule.rate * float(np.sqrt(np.mean(rows**2))))
    for step, batch in enumerate(batches):
        bags, touched = _bags(batch, len(rows))
        questions = np.array([question.tobytes() for question, _ in batch], dtype=object)
        twins = questions[:, np.newaxis] == questions[np.newaxis, :]
        loss, gradient = _loss(bags @ adam.rows[touched], twins, schedule)
        decay = min(1.0, (step + 1) / schedule.warmup) * max(0.02, 1 - step / steps)
        adam.move(touched, bags.T @ gradient, decay)
        step_done(loss)
    return adam.rows


def info_nce(
    questions: Table, passages: Table, twins: NDArray[np.bool_], scale: float
) -> tuple[float, Table, Table]:
    """Return the loss and its gradients for sums of rows, both of shape (n, d).

    Passage i belongs to question i; `twins[i, j]` says that questions i and j are the same text,
    so that passage j is no negative of question i.
    """
    q, q_length = _unit(questions)
    p, p_length = _unit(passages)
    own = np.arange(len(q))
    logits = scale * (q @ p.T)
    off = twins.copy()
    off[own, own] = False
    logits[off] = -np.inf
    by_question, by_passage = _softmax(logits), _softmax(logits.T).T
    loss = -(np.log(by_question[own, own]).mean() + np.log(by_passage[own, own]).mean()) / 2
    slope = (by_question + by_passage) / 2
    slope[own, own] -= 1
    slope *= scale / len(q)
    to_q = np.asarray(slope @ p, dtype=np.float32)
    to_p = np.asarray(slope.T @ q, dtype=np.float32)
    return float(loss), _through_unit(to_q, q, q_length), _through_unit(to_p, p, p_length)


def _loss(sums: Table, twins: NDArray[np.bool_], schedule: Schedule) -> tuple[float, Table]:
    """Average the loss over the dimensions; `sums` has the questions, then the passages."""
    half, width = len(sums) // 2, sums.shape[1]
    dims = schedule.dims or (width,)
    gradient, total = np.zeros_like(sums), 0.0
    for d in dims:
        loss, to_q, to_p = info_nce(sums[:half, :d], sums[half:, :d], twins, schedule.scale)
        gradient[:half, :d] += to_q / len(dims)
        gradient[half:, :d] += to_p / len(dims)
        total += loss / len(dims)
    return total, gradient


def _bags(batch: Sequence[Example], size: int) -> tuple[sparse.csr_array, Rows]:
    """Return the token counts of questions, then passages, and which tokens the columns are."""
    texts = [question for question, _ in batch] + [passage for _, passage in batch]
    touched, columns = np.unique(np.concatenate(texts), return_inverse=True)
    starts = np.cumsum([0] + [len(text) for text in texts])
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, columns, starts), (len(texts), len(touched))), touched


def _unit(sums: Table) -> tuple[Table, Table]:
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return sums / lengths, lengths


def _through_unit(gradient: Table, unit: Table, lengths: Table) -> Table:
    """Carry a gradient back through the scaling to length 1."""
    inner: Table = (gradient - (gradient * unit).sum(axis=1, keepdims=True) * unit) / lengths
    return inner


def _softmax(logits: Table) -> Table:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Table = powers / powers.sum(axis=1, keepdims=True)
    return shares


class _Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980); the moments of a row rest until it is touched."""

    def __init__(self, rows: Table, rate: float) -> None:
        self.rows = rows
        self._rate = rate
        self._mean = np.zeros_like(rows)
        self._square = np.zeros_like(rows)
        self._times = np.zeros((len(rows), 1), dtype=np.float32)

    def move(self, at: Rows, gradient: Table, decay: float) -> None:
        self._times[at] += 1
        self._mean[at] = mean = 0.9 * self._mean[at] + 0.1 * gradient
        self._square[at] = square = 0.99 * self._square[at] + 0.01 * gradient**2
        mean = mean / (1 - 0.9 ** self._times[at])
        spread = np.sqrt(square / (1 - 0.99 ** self._times[at])) + 1e-8
        self.rows[at] -= self._rate * decay * mean / spread
