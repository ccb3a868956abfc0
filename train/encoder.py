"""Trains the encoder: fine-tunes multilingual-e5-small, or a student with fewer of its layers.

    python -m train.encoder E5 DATA --out OUT --minutes 40 --freeze 4 --teach 0 --rate 4e-5
    python -m train.encoder E5 DATA --out OUT --minutes 60 --layers 6

InfoNCE with hard negatives (Karpukhin et al., EMNLP 2020). A batch is of one public source, so that
its other passages are hard; or of silver questions, half of them of a few documents, so that
passages of the same document are told apart. A student starts as evenly spread layers of the
teacher (or from `--start`); beside InfoNCE one loss draws its vectors to the teacher's and one the
similarities inside a batch (Hinton et al. 2015), less and less as training goes on. Word embeddings
are frozen. bf16 for the products, float32 masters for AdamW. OUT is written every ten minutes.
"""

import argparse
import copy
import gzip
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from train.examples import Example, public, silver, silver_passages

TEMPERATURE = 0.03
RATE = 3e-4
# (tokens of a passage at most, questions, other passages): a batch is about 6,000 tokens
SHAPES = ((96, 36, 24), (96, 36, 24), (128, 28, 18), (160, 24, 14), (240, 16, 9))


class Batches:
    """Draws batches from all sources, by fixed shares."""

    def __init__(self, data: Path) -> None:
        self._sources = public(data)
        sizes = {name: len(rows) ** 0.5 for name, rows in self._sources.items()}
        self._names, self._weights = list(sizes), list(sizes.values())
        self._silver = silver(data, silver_passages(data), kept_back=False)
        self._by_document: dict[str, list[Example]] = {}
        for row in self._silver:
            self._by_document.setdefault(row.document, []).append(row)
        self._text = [t for i, t in enumerate(_text(data)) if i % 6 == 0 and len(t) > 30]

    def draw(
        self, questions: int, others: int, silver_share: float
    ) -> tuple[list[Example], list[str], bool]:
        """Return examples with one answer each, other passages, and whether they are silver."""
        if random.random() < silver_share:
            rows = random.sample(self._silver, questions)
            if random.random() < 0.5:
                names = random.sample(list(self._by_document), 6)
                some = [row for name in names for row in self._by_document[name]]
                rows = random.sample(some, min(questions, len(some)))
            rows = [
                replace(r, answers=tuple(random.sample(r.answers, len(r.answers)))) for r in rows
            ]
            return rows, [random.choice(r.near[:8]) for r in rows[:others] if r.near], True
        name = random.choices(self._names, self._weights)[0]
        rows = random.sample(self._sources[name], min(questions, len(self._sources[name])))
        return rows, random.sample(self._text, others), False


def _text(data: Path) -> list[str]:
    with gzip.open(data / "train/text.txt.gz", "rt", encoding="utf-8") as file:
        return [line.strip() for line in file]


def vectors(
    model: nn.Module, tokens: AutoTokenizer, texts: Sequence[str], most: int
) -> torch.Tensor:
    """Unit vectors of `texts`, shape (n, d): the mean over at most `most` tokens."""
    coded = tokens(
        [t[: 3 * most] for t in texts],
        padding=True,
        truncation=True,
        max_length=most,
        return_tensors="pt",
    )
    states = model(
        input_ids=coded["input_ids"], attention_mask=coded["attention_mask"]
    ).last_hidden_state
    weights = coded["attention_mask"].unsqueeze(-1).to(states.dtype)
    return nn.functional.normalize(((states * weights).sum(1) / weights.sum(1)).float(), dim=-1)


def main() -> None:
    """Train by the clock."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("teacher")
    ap.add_argument("data", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--layers", type=int, default=6)
    ap.add_argument("--start", help="a student to go on from, its layers thinned evenly")
    ap.add_argument("--minutes", type=float, default=60)
    ap.add_argument("--rate", type=float, default=RATE)
    ap.add_argument("--freeze", type=int, default=0, help="layers that stay as they are")
    ap.add_argument("--teach", type=float, default=1.0, help="weight of the teacher, 0 for none")
    options = ap.parse_args()
    random.seed(1)
    torch.manual_seed(1)
    tokens = AutoTokenizer.from_pretrained(options.teacher)
    teacher = AutoModel.from_pretrained(
        options.teacher, add_pooling_layer=False, attn_implementation="eager"
    )
    student = copy.deepcopy(teacher)
    if options.start:
        student = AutoModel.from_pretrained(
            options.start, add_pooling_layer=False, attn_implementation="eager"
        )
    have = len(student.encoder.layer)
    kept = [i * have // options.layers for i in range(options.layers)]
    student.encoder.layer = nn.ModuleList(student.encoder.layer[i] for i in kept)
    student.config.num_hidden_layers = options.layers
    frozen = tuple(f"encoder.layer.{i}." for i in range(options.freeze)) + (
        ("embeddings",) if options.freeze else ()
    )
    masters = {
        k: p.detach().clone().float().requires_grad_(True)
        for k, p in student.named_parameters()
        if "word_embeddings" not in k and not k.startswith(frozen)
    }
    teacher, student = teacher.bfloat16().eval(), student.bfloat16().eval()
    named = dict(student.named_parameters())
    for name, weight in named.items():
        weight.requires_grad_(name in masters)
    optimizer = torch.optim.AdamW(
        list(masters.values()), lr=options.rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    batches, begun, step, seen, saved = Batches(options.data), time.time(), 0, [], 0.0
    while (used := (time.time() - begun) / 60 / options.minutes) < 1:
        most, questions, others = random.choice(SHAPES)
        rows, more, is_silver = batches.draw(questions, others, 0.2 + 0.25 * used)
        asking = ["query: " + row.question for row in rows]
        texts = [row.answers[0] for row in rows]
        texts = ["passage: " + text for text in [*texts, *more]]
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / 60) * max(0.02, 1 - used)
        own_q, own_p = vectors(student, tokens, asking, 48), vectors(student, tokens, texts, most)
        scores = own_q @ own_p.T / TEMPERATURE
        same = torch.tensor(
            [
                [
                    j != i
                    and (
                        t[9:] in row.answers or row.question == rows[j].question
                        if j < len(rows)
                        else t[9:] in row.answers
                    )
                    for j, t in enumerate(texts)
                ]
                for i, row in enumerate(rows)
            ]
        )
        right = nn.functional.cross_entropy(scores.masked_fill(same, -1e4), torch.arange(len(rows)))
        loss = (0.2 + 0.8 * used) * right
        away = torch.zeros(())
        if options.teach:
            with torch.no_grad():
                q, p = vectors(teacher, tokens, asking, 48), vectors(teacher, tokens, texts, most)
            away = (1 - (own_q * q).sum(1)).mean() + (1 - (own_p * p).sum(1)).mean()
            apart = nn.functional.kl_div(
                scores.log_softmax(1), (q @ p.T / TEMPERATURE).softmax(1), reduction="batchmean"
            )
            loss = loss + options.teach * (
                (10 - 7 * used) * away + (0.1 if is_silver else 0.5) * (1 - 0.6 * used) * apart
            )
        student.zero_grad(set_to_none=True)
        loss.backward()
        for name, master in masters.items():
            master.grad = None if named[name].grad is None else named[name].grad.float()
        torch.nn.utils.clip_grad_norm_(list(masters.values()), 1.0)
        optimizer.step()
        with torch.no_grad():
            for name, master in masters.items():
                named[name].copy_(master)
        seen.append(
            (
                float(away.detach()) / 2,
                float(right.detach()) if is_silver else np.nan,
                np.nan if is_silver else float(right.detach()),
            )
        )
        step += 1
        if step % 50 == 0:
            away_, silver_, public_ = np.nanmean(seen[-50:], 0)
            print(
                f"{step} steps, {(time.time() - begun) / 60:.1f} min, cosine {1 - away_:.4f},"
                f" InfoNCE silver {silver_:.3f}, public {public_:.3f}",
                flush=True,
            )
        if time.time() - saved > 600:
            saved = time.time()
            save(student, tokens, options.out)
    save(student, tokens, options.out)


def save(student: nn.Module, tokens: AutoTokenizer, out: Path) -> None:
    """Write the student in float32."""
    copy.deepcopy(student).float().save_pretrained(out)
    tokens.save_pretrained(out)


if __name__ == "__main__":
    main()
