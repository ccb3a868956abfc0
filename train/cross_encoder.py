"""The reader as a torch model: a transformer with three heads, its loss, and its files."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel

from train.coder import Coded, Coder


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


def save(model: Reader, masters: dict[str, torch.Tensor], coder: Coder, out: Path) -> None:
    """Write the body as a transformers folder and the heads beside it, in float32."""
    state = {name: weight.float() for name, weight in model.state_dict().items()}
    state |= {name: weight.detach() for name, weight in masters.items()}
    body = {k.removeprefix("body."): v for k, v in state.items() if k.startswith("body.")}
    model.body.save_pretrained(out, state_dict=body)
    torch.save({k: v for k, v in state.items() if not k.startswith("body.")}, out / "heads.pt")
    coder.tokens.save_pretrained(out)
