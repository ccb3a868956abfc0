"""The gradient that is written out is the one that torch finds, and training brings pairs near."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rag.training.finetune import Example, Schedule, finetune, info_nce


def table(*shape: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def test_loss_and_gradients_equal_torch() -> None:
    questions, passages = table(7, 5, seed=1), table(7, 5, seed=2)
    twins = np.eye(7, dtype=bool)
    twins[2, 4] = twins[4, 2] = True
    loss, to_q, to_p = info_nce(questions, passages, twins, scale=3.0)

    q, p = torch.tensor(questions, requires_grad=True), torch.tensor(passages, requires_grad=True)
    logits = 3.0 * functional.normalize(q) @ functional.normalize(p).T
    logits[2, 4] = logits[4, 2] = -torch.inf
    own = torch.arange(7)
    both = functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)
    (both / 2).backward()
    np.testing.assert_allclose(loss, both.item() / 2, rtol=1e-5)
    np.testing.assert_allclose(to_q, q.grad, atol=1e-6)
    np.testing.assert_allclose(to_p, p.grad, atol=1e-6)


def test_a_twin_question_does_not_push_its_passage_away() -> None:
    questions = np.repeat(table(1, 4, seed=1), 2, axis=0)
    _, to_q, to_p = info_nce(questions, table(2, 4, seed=2), np.ones((2, 2), dtype=bool), 20.0)
    np.testing.assert_allclose(to_q, 0, atol=1e-6)
    np.testing.assert_allclose(to_p, 0, atol=1e-6)


def test_questions_come_nearest_to_their_own_passages_in_all_dimensions() -> None:
    """Question n has word n + 1, its passage word n + 9: no word in common."""
    batch: list[Example] = [
        (np.array([n + 1], dtype=np.int32), np.array([n + 9, 17], dtype=np.int32)) for n in range(8)
    ]
    rows = table(18, 8, seed=0)
    losses: list[float] = []
    schedule = Schedule(warmup=1, dims=(4, 8))
    moved = finetune(rows, iter([batch] * 200), 200, schedule, losses.append)
    assert losses[-1] < losses[0] / 4
    np.testing.assert_array_equal(moved[0], rows[0])  # the unknown token's row stays
    for d in (4, 8):
        cosines = unit(moved[1:9, :d]) @ unit(moved[9:17, :d] + moved[17, :d]).T
        np.testing.assert_array_equal(cosines.argmax(axis=1), np.arange(8))


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    made: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made
