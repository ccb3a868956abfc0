"""Trains the reader: a cross-encoder that scores every sentence of a passage and finds the span.

    python -m train.windows DATA WINDOWS.jsonl
    python -m train.reader F12 DATA WINDOWS.jsonl --out READER --minutes 75
    python -m train.export READER rag/answering/reader_model --reader

Input    <s> query: QUESTION </s></s> HEAD </s> SENTENCE SENTENCE … </s>
Heads    sentence: mean of its token states → two layers → score; "no answer": state of <s> → two
         layers → score; span: each token of a sentence → start, end.
Loss     -log of the softmax mass on the sentences that answer (or on "no answer"), a binary loss of
         each sentence against "no answer", since lists have several, and ¼ (start + end).
Data     questions on encyclopedia passages (CMRC 2018, DRCD), with near passages as "no answer";
         then silver questions of the genre with the windows of the product's own search, more
         and more of them. A question whose year, quoted name or place is exchanged for another is
         "no answer" on its own window: nearly all near misses are of this kind. So is one in which
         a noun that the window has is exchanged for one of another question. A third is asked as in
         a conversation: behind another question on the same document, without its place; what
         answers the question before is "no answer".
Weights  the twelve layers of the default encoder; word embeddings are frozen, and the lowest layers
         with `--freeze`. bf16 for the products, float32 masters for AdamW. Questions on
         held-out documents are never seen.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from train.coder import Coded, Coder
from train.cross_encoder import Reader, loss_of, save, tensors
from train.reader_examples import Public, Silver

BATCH = 16  # windows
SILVER = 0.7  # share of silver questions, once they have begun


class Training:
    """The model beside its float32 masters, which AdamW moves."""

    def __init__(
        self, weights: str, layers: int, frozen: int, rate: float, kind: torch.dtype
    ) -> None:
        model = Reader(weights, layers)
        heads = Path(weights) / "heads.pt"
        if goes_on := heads.exists():
            model.load_state_dict(torch.load(heads, weights_only=True), strict=False)
        kept = tuple(f"body.encoder.layer.{number}." for number in range(frozen))
        kept += ("body.embeddings." if frozen else "body.embeddings.word_embeddings.",)
        self.masters = {
            name: weight.detach().clone().float().requires_grad_(True)
            for name, weight in model.named_parameters()
            if not name.startswith(kept)
        }
        self.model = model.to(kind)
        self._named = dict(self.model.named_parameters())
        for name, weight in self._named.items():
            weight.requires_grad_(name in self.masters)
        body = [m for k, m in self.masters.items() if k.startswith("body")]
        own = [m for k, m in self.masters.items() if not k.startswith("body")]
        self._rates = [rate, rate * (1 if goes_on else 3)]  # new heads learn faster
        groups = [{"params": body, "lr": rate}, {"params": own, "lr": self._rates[1]}]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.01)

    def step(self, inputs: tuple[torch.Tensor, ...], batch: Sequence[Coded], slow: float) -> float:
        """Learn from one batch at `slow` times the full rate; return its loss."""
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * slow
        ids, mask, weights, valid = inputs
        loss = loss_of(*self.model(ids, mask, weights), valid, batch)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        for name, master in self.masters.items():
            grad = self._named[name].grad
            master.grad = None if grad is None else grad.float()
        torch.nn.utils.clip_grad_norm_(list(self.masters.values()), 1.0)
        self._optimizer.step()
        with torch.no_grad():
            for name, master in self.masters.items():
                self._named[name].copy_(master)
        return float(loss.detach())


def main() -> None:
    """Train by the clock."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("weights", help="a transformers folder, or one that this script wrote")
    ap.add_argument("data", type=Path)
    ap.add_argument("windows", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--minutes", type=float, default=55)
    ap.add_argument("--layers", type=int, default=12)
    ap.add_argument("--freeze", type=int, default=0, help="layers that stay as they are")
    ap.add_argument("--rate", type=float, default=1.5e-4)
    ap.add_argument("--public", type=float, default=0.5, help="share of time on public data alone")
    ap.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    options = ap.parse_args()
    random.seed(1)
    torch.manual_seed(1)
    coder = Coder(options.weights)
    public = Public(coder, options.data)
    silver = Silver(coder, options.windows) if options.windows.exists() else None
    kind = getattr(torch, options.precision)
    trained = Training(options.weights, options.layers, options.freeze, options.rate, kind)
    begun, losses, saved = time.time(), list[float](), time.time()
    while (used := (time.time() - begun) / 60 / options.minutes) < 1:
        share = SILVER if silver and used >= options.public else 0.0
        pool: list[Coded] = []
        while len(pool) < BATCH * 8:
            one = silver.one() if silver and random.random() < share else public.one()
            pool += [one] if one and max(one.owner) >= 0 else []
        pool.sort(key=lambda one: len(one.ids))  # batches of like length waste no padding
        batches = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        random.shuffle(batches)
        for batch in batches:
            used = (time.time() - begun) / 60 / options.minutes
            slow = min(1, (len(losses) + 1) / 100) * max(0.03, 1 - used)
            losses.append(trained.step(tensors(batch, coder.pad, kind), batch, slow))
        if len(losses) % 64 == 0:
            spent = (time.time() - begun) / 60
            mean = np.mean(losses[-64:])
            print(f"{len(losses)} steps, {spent:.1f} min, loss {mean:.3f}", flush=True)
        if time.time() - saved > 300:
            saved = time.time()
            save(trained.model, trained.masters, coder, options.out)
    save(trained.model, trained.masters, coder, options.out)


if __name__ == "__main__":
    main()
