"""Trains the reader: a cross-encoder that scores every sentence of a passage and finds the span.

    python -m train.windows DATA WINDOWS.jsonl
    python -m train.reader E5 DATA WINDOWS.jsonl --out READER --minutes 55
    python -m train.export READER rag/answering/reader --reader

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
Weights  six of the twelve layers of multilingual-e5-small. Word embeddings are frozen. bf16 for the
         products, float32 masters for AdamW. Questions on held-out documents are never seen.
"""

import argparse
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jieba import posseg
from torch import nn
from transformers import AutoModel, AutoTokenizer

from rag.sentences import sentence_spans
from train.examples import bare, fold, lines, nearest

ROOM, BATCH, QUESTION, HEAD, SENTENCE = 200, 16, 60, 40, 120  # tokens; BATCH is windows
SILVER = 0.7  # share of silver questions, once they have begun
NO_ANSWER = 0.35  # share of public questions that are asked of another passage
FOLLOWS = 0.35  # share of questions that stand behind another one
TWISTED = 0.3  # share of silver questions in which a name, year or noun is exchanged
SEVERAL = frozenset(("list", "compare", "write"))  # other documents may answer these, too:
JUDGED = frozenset(("unanswerable", "judged"))  # all windows without an answer are known
TIMES = 12  # a question with many windows that answer is taken so often as others
NEAREST = 8  # so many of their nearest windows are not taken for "no answer"
YEAR = re.compile(r"20[012]\d(?=年)")
QUOTED = re.compile(r"“([^”]{2,12})”")
PLACE = re.compile(r"[\u4e00-\u9fff]{2,3}(?:自治[县州区]|[省市县区镇乡村])")
POINTS = ("", "", "", "那", "他们", "这个")  # what a question that follows begins with


class Reader(nn.Module):
    """The cross-encoder with its three heads."""

    def __init__(self, folder: str | Path, layers: int | None = None) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(
            folder, add_pooling_layer=False, attn_implementation="eager"
        )
        have = len(self.body.encoder.layer)
        if layers and layers != have:
            kept = [i * have // layers for i in range(layers)]
            self.body.encoder.layer = nn.ModuleList(self.body.encoder.layer[i] for i in kept)
            self.body.config.num_hidden_layers = layers
        size = self.body.config.hidden_size
        self.sentence = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, 1))
        self.none = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, 1))
        self.span = nn.Linear(size, 2)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, pool: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(b, n) ids and mask, (b, k, n) weights of each sentence's tokens.

        Returns (b, 1 + k) scores, "no answer" first, and (b, n, 2) starts and ends.
        """
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        scores = self.sentence(torch.bmm(pool, states)).squeeze(-1)
        return torch.cat([self.none(states[:, 0]), scores], 1), self.span(states)


@dataclass(frozen=True, slots=True)
class Coded:
    """One window in tokens."""

    ids: list[int]
    owner: list[int]  # the sentence of each token, or -1
    gold: list[int]  # 1 + number of each sentence that answers; [0] for "no answer"
    span: tuple[int, int] | None  # first and last token of the answer


class Coder:
    """Turns questions and sentences into tokens."""

    def __init__(self, folder: str) -> None:
        self.tokens = AutoTokenizer.from_pretrained(folder)
        special = self.tokens.convert_tokens_to_ids(["<s>", "</s>", "<pad>"])
        self.bos, self.eos, self.pad = special
        self._cut: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}

    def ids(self, text: str, most: int) -> list[int]:
        """The tokens of a text."""
        return list(self.tokens(text, add_special_tokens=False)["input_ids"][:most])

    def sentence(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a sentence and where each stands in it."""
        if text not in self._cut:
            coded = self.tokens(text, add_special_tokens=False, return_offsets_mapping=True)
            self._cut[text] = coded["input_ids"][:SENTENCE], coded["offset_mapping"][:SENTENCE]
        return self._cut[text]

    def coded(
        self,
        question: str,
        head: str,
        sentences: Sequence[str],
        gold: Sequence[int],
        answers: Sequence[str] = (),
    ) -> Coded | None:
        """One window of whole sentences about one that answers, or about any."""
        asked = self.ids("query: " + question, 200)
        asked = asked[:3] + asked[3:][-QUESTION:]
        ids = [self.bos, *asked, self.eos, self.eos, *self.ids(head, HEAD), self.eos]
        if not sentences:
            return None
        about = random.choice(gold) if gold else random.randrange(len(sentences))
        low, high = self._around(sentences, about, ROOM - len(ids) - 1)
        owner, span = [-1] * len(ids), None
        for number in range(low, high):
            pieces, offsets = self.sentence(sentences[number])
            if span is None and number in gold:
                span = _span(sentences[number], offsets, answers, len(ids))
            ids, owner = ids + pieces, owner + [number - low] * len(pieces)
        inside = [g - low + 1 for g in gold if low <= g < high]
        return Coded([*ids, self.eos], [*owner, -1], inside or [0], span)

    def _around(self, sentences: Sequence[str], about: int, room: int) -> tuple[int, int]:
        """Widen a window about a sentence, to either side at random, while it fits."""
        low, high = about, about + 1
        room -= len(self.sentence(sentences[about])[0])
        while True:
            sides = [low - 1, high] if random.random() < 0.5 else [high, low - 1]
            for at in sides:
                if 0 <= at < len(sentences) and len(self.sentence(sentences[at])[0]) <= room:
                    room -= len(self.sentence(sentences[at])[0])
                    low, high = min(low, at), max(high, at + 1)
                    break
            else:
                return low, high


def _span(
    sentence: str, offsets: Sequence[tuple[int, int]], answers: Sequence[str], first: int
) -> tuple[int, int] | None:
    for answer in sorted(answers, key=len, reverse=True):
        start = sentence.find(answer)
        if start >= 0:
            end = start + len(answer)
            inside = [i for i, (a, b) in enumerate(offsets) if a < b and b > start and a < end]
            if inside:
                return first + inside[0], first + inside[-1]
    return None


class Public:
    """Questions on encyclopedia passages."""

    def __init__(self, coder: Coder, data: Path) -> None:
        self._coder = coder
        self._rows = list(lines(data / "train/reader.jsonl.gz"))
        self._passages = sorted({row["passage"] for row in self._rows})
        self._near = nearest(self._passages, [row["question"] for row in self._rows], 6)
        self._cut: dict[str, list[str]] = {}
        self._same: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows:
            self._same.setdefault(row["passage"], []).append(row)

    def one(self) -> Coded | None:
        """A question with its passage, or with one that does not answer."""
        number = random.randrange(len(self._rows))
        row = self._rows[number]
        question, answers = row["question"], row["answers"]
        if random.random() < FOLLOWS:
            before = random.choice(self._same[row["passage"]])
            if not set(before["answers"]) & set(answers):
                question = f"{before['question']} {question}"
        if random.random() < NO_ANSWER:
            near = [self._passages[i] for i in self._near[number]]
            near = [text for text in near if text != row["passage"]]
            close = near and random.random() < 0.8
            text = random.choice(near if close else self._passages)
            if not any(answer in text for answer in answers):
                return self._coder.coded(question, "", self._sentences(text), [])
        sentences = self._sentences(row["passage"])
        gold = [
            i
            for i, s in enumerate(sentences)
            if any(bare(e) in bare(s) or bare(s) in bare(e) for e in row.get("evidence", ()))
        ]
        gold = gold or [i for i, s in enumerate(sentences) if any(a in s for a in answers)]
        rest = [s for s in sentences if not any(a in s for a in answers)]
        if not gold or (len(rest) > 3 and random.random() < 0.12):
            return self._coder.coded(question, "", rest, [])
        return self._coder.coded(question, "", sentences, gold, answers)

    def _sentences(self, text: str) -> list[str]:
        if text not in self._cut:
            self._cut[text] = [text[a:b] for a, b in sentence_spans(text)]
        return self._cut[text]


class Silver:
    """Questions of the genre with the windows of the product's search."""

    def __init__(self, coder: Coder, path: Path, half: int | None) -> None:
        self._coder = coder
        rows = [row for row in lines(path) if not row["held"] and _in(row, half)]
        self._rows = [row for row in rows for _ in range(TIMES if row["type"] == "judged" else 1)]
        texts = [row["question"] for row in self._rows]
        self._others = {
            form: sorted({found for text in texts for found in form.findall(text)})
            for form in (YEAR, QUOTED, PLACE)
        }
        self._nouns = sorted({noun for text in texts for noun in nouns(text)})
        self._same: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            self._same.setdefault(_home(row), []).append(row)

    def one(self) -> Coded | None:
        """A question with a window that answers, or with a near one that does not."""
        row = random.choice(self._rows)
        question = random.choice(row["asked"])
        if random.random() < 0.25:
            question = row["question"]
        right = [w for w in row["windows"] if w["gold"]]
        before = random.choice(self._same[_home(row)]) if random.random() < FOLLOWS else row
        if before["question"] != row["question"]:
            question = _following(before, row["question"], right)
            passed = [w for w in before["windows"] if w["gold"]]
            if passed and random.random() < 0.25:
                window = random.choice(passed)
                known = next((w for w in right if w["sentences"] == window["sentences"]), None)
                if known is None and (row["answers"] or row["type"] in JUDGED):
                    return self._coder.coded(question, window["head"], window["sentences"], [])
        if right and random.random() < 0.6:
            window = random.choice(right)
            if random.random() < TWISTED and (other := self._twisted(question, window)):
                return self._coder.coded(other, window["head"], window["sentences"], [])
            return self._coder.coded(
                question, window["head"], window["sentences"], window["gold"], row["answers"]
            )
        single = bool(row["answers"]) or row["type"] in JUDGED
        wrong = [w for w in row["windows"] if not w["gold"] and (single or not w["own"])]
        if row["type"] in SEVERAL:
            wrong = wrong[NEAREST:]
        if not wrong:
            return None
        window = wrong[min(int(random.expovariate(0.15)), len(wrong) - 1)]
        return self._coder.coded(question, window["head"], window["sentences"], [])

    def _twisted(self, question: str, window: dict[str, Any]) -> str | None:
        """The question with a year, name, place or noun exchanged for one the window has not."""
        text = window["head"] + "".join(window["sentences"])
        if random.random() < 0.5:
            told = [noun for noun in nouns(question) if noun in text]
            other = random.choice(self._nouns)
            if not told or other in text:
                return None
            return question.replace(random.choice(told), other)
        found = [(form, m) for form in (YEAR, QUOTED, PLACE) for m in form.finditer(question)]
        if not found:
            return None
        form, match = random.choice(found)
        group = 1 if form is QUOTED else 0
        other = random.choice(self._others[form])
        if form is YEAR:
            other = str(int(match.group()) + random.choice([-2, -1, 1, 2]))
        if other in text or other == match.group(group):
            return None
        return question[: match.start(group)] + other + question[match.end(group) :]


def _home(row: dict[str, Any]) -> str:
    """What the questions have in common that may stand in one conversation."""
    return row["documents"][0] if row["documents"] else "".join(row["windows"][0]["sentences"])


def _following(before: dict[str, Any], question: str, windows: Sequence[dict[str, Any]]) -> str:
    """A question behind another one, as the product joins them: the place stands first, once."""
    place = windows[0]["head"].split(" ")[0] if windows and windows[0]["head"] else ""
    short, earlier = question, before["question"]
    for name in filter(None, (place, place.rstrip("省市县区镇乡村"))):
        if len(name) > 1:
            short, earlier = short.replace(name, ""), earlier.replace(name, "")
    return f"{place} {earlier} {random.choice(POINTS)}{short}".strip()


@cache
def nouns(text: str) -> tuple[str, ...]:
    """The nouns of two characters and more in a question."""
    return tuple(w for w, tag in posseg.cut(text) if len(w) > 1 and tag[0] == "n")


def _in(row: dict[str, Any], half: int | None) -> bool:
    """Whether all documents of a question are in one half of them."""
    return half is None or all(fold(document) == half for document in row["documents"])


def tensors(batch: Sequence[Coded], pad: int, kind: torch.dtype) -> tuple[torch.Tensor, ...]:
    """Ids, mask, weights of the sentences' tokens, and which sentences there are."""
    length = max(len(one.ids) for one in batch)
    most = max(max(one.owner) for one in batch) + 1
    ids = torch.full((len(batch), length), pad)
    mask = torch.zeros(len(batch), length, dtype=torch.long)
    pool = torch.zeros(len(batch), most, length)
    for r, one in enumerate(batch):
        ids[r, : len(one.ids)], mask[r, : len(one.ids)] = torch.tensor(one.ids), 1
        owner = torch.tensor(one.owner)
        for k in range(max(one.owner) + 1):
            pool[r, k, : len(one.ids)] = (owner == k).float() / (owner == k).sum()
    return ids, mask, pool.to(kind), pool.sum(2) > 0


def loss_of(
    scores: torch.Tensor, ends: torch.Tensor, valid: torch.Tensor, batch: Sequence[Coded]
) -> torch.Tensor:
    """The mean loss of a batch."""
    scores, ends = scores.float(), ends.float()
    known = torch.cat([torch.ones(len(batch), 1, dtype=torch.bool), valid], 1)
    shares = scores.masked_fill(~known, -1e4).log_softmax(1)
    total = torch.zeros(())
    for r, one in enumerate(batch):
        total = total - torch.logsumexp(shares[r, one.gold], 0)
        margin = scores[r, 1:][valid[r]] - scores[r, 0]
        wanted = torch.zeros(len(margin))
        wanted[[g - 1 for g in one.gold if g]] = 1.0
        total = total + 0.5 * nn.functional.binary_cross_entropy_with_logits(margin, wanted)
        if one.span:
            inside = torch.tensor([owner >= 0 for owner in one.owner])
            places = ends[r, : len(inside)].masked_fill(~inside[:, None], -1e4).log_softmax(0)
            total = total - 0.25 * (places[one.span[0], 0] + places[one.span[1], 1])
    return total / len(batch)


def main() -> None:
    """Train by the clock."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("weights", help="a transformers folder, or one that this script wrote")
    ap.add_argument("data", type=Path)
    ap.add_argument("windows", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--minutes", type=float, default=55)
    ap.add_argument("--layers", type=int, default=6)
    ap.add_argument("--rate", type=float, default=1.5e-4)
    ap.add_argument("--public", type=float, default=0.5, help="share of time on public data alone")
    ap.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    ap.add_argument("--half", type=int, choices=(0, 1), help="silver documents of one half alone")
    options = ap.parse_args()
    random.seed(1)
    torch.manual_seed(1)
    coder = Coder(options.weights)
    public = Public(coder, options.data)
    silver = Silver(coder, options.windows, options.half) if options.windows.exists() else None
    kind = getattr(torch, options.precision)
    trained = Training(options.weights, options.layers, options.rate, kind)
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


class Training:
    """The model beside its float32 masters, which AdamW moves; bf16 pays where there is AMX."""

    def __init__(self, weights: str, layers: int, rate: float, kind: torch.dtype) -> None:
        model = Reader(weights, layers)
        heads = Path(weights) / "heads.pt"
        if goes_on := heads.exists():
            model.load_state_dict(torch.load(heads, weights_only=True), strict=False)
        self.masters = {
            name: weight.detach().clone().float().requires_grad_(True)
            for name, weight in model.named_parameters()
            if "word_embeddings" not in name
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


def save(model: Reader, masters: dict[str, torch.Tensor], coder: Coder, out: Path) -> None:
    """Write the body as a transformers folder and the heads beside it, in float32."""
    state = {name: weight.float() for name, weight in model.state_dict().items()}
    state |= {name: weight.detach() for name, weight in masters.items()}
    body = {k.removeprefix("body."): v for k, v in state.items() if k.startswith("body.")}
    model.body.save_pretrained(out, state_dict=body)
    torch.save({k: v for k, v in state.items() if not k.startswith("body.")}, out / "heads.pt")
    coder.tokens.save_pretrained(out)


if __name__ == "__main__":
    main()
