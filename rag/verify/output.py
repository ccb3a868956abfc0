"""A draft's file read, and what was judged of it told: a table, JSON, comments beside the draft."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from rag.characters import cleaned
from rag.contract import citation_json
from rag.errors import BadInput, UnreadableFile
from rag.export import footnote
from rag.reading.archive import opened
from rag.reading.decode import decode
from rag.render.comments import Comment, commented, paragraphs
from rag.settings import Settings
from rag.verify.comparing import Kind
from rag.verify.judging import Judged, Verdict

LABELS: dict[Verdict, str] = {
    "verbatim": "原文一致",
    "changed": "有改动",
    "supported": "有依据",
    "not found": "未见出处",
    "heading": "标题",
}
KINDS: dict[Kind, str] = {
    "figure": "数字或单位",
    "year": "年份",
    "place": "地名或单位名",
    "person": "人名",
    "quotation": "提法",
    "limit": "限定或否定",
    "order": "顺序",
    "wording": "措辞",
}


def is_word(data: bytes) -> bool:
    """Whether a file is a Word file, by its content."""
    return data.startswith(b"PK")


def read_draft(data: bytes, settings: Settings) -> list[str]:
    """Return the paragraphs of a Word file or a text.

    Raises:
        BadInput: it cannot be read, or unpacks to more than there is memory for.
    """
    try:
        if not is_word(data):
            return cleaned(decode(data)[0]).splitlines()
        opened(data, settings).close()
        return paragraphs(data)
    except UnreadableFile as error:
        raise BadInput("the draft cannot be read: {error}", error=error) from error


def counts(judged: Sequence[Judged]) -> dict[Verdict, int]:
    """Return how many sentences have each verdict."""
    found = Counter(sentence.verdict for sentence in judged)
    return {verdict: found[verdict] for verdict in LABELS}


def as_text(judged: Sequence[Judged]) -> str:
    """Return a table: a line for each sentence, with its differences and its source below."""
    lines = []
    for sentence in judged:
        lines.append(f"{LABELS[sentence.verdict]}\t第{sentence.paragraph + 1}段\t{sentence.text}")
        lines += [f"\t{told}" for told in _told(sentence)]
    told = "，".join(f"{LABELS[v]} {n} 句" for v, n in counts(judged).items() if n)
    return "\n".join([*lines, told or "没有可核对的句子。"])


def as_json(judged: Sequence[Judged], generation: str) -> dict[str, object]:
    """Return what `rag verify --format json` and `/api/verify` give; offsets are code points."""
    return {
        "generation": generation,
        "counts": counts(judged),
        "sentences": [
            {
                **asdict(replace(sentence, sources=())),
                "label": LABELS[sentence.verdict],
                "sources": [citation_json(citation) for citation in sentence.sources],
            }
            for sentence in judged
        ],
    }


def with_comments(draft: bytes | Sequence[str], judged: Sequence[Judged]) -> bytes:
    """Return the draft, a Word file or paragraphs, as a Word file with a comment a sentence."""
    comments = [
        Comment(
            each.paragraph, each.start, each.end, "\n".join([LABELS[each.verdict], *_told(each)])
        )
        for each in judged
        if each.verdict != "heading"
    ]
    return commented(draft, comments)


def _told(sentence: Judged) -> Iterator[str]:
    """Yield what there is to say of a sentence, a line each."""
    for change in sentence.changes:
        yield f"{KINDS[change.kind]}：稿中{_quoted(change.draft)}，原文{_quoted(change.source)}"
    if sentence.verdict == "not found":
        missing = [item.text for item in sentence.items if not item.found]
        if missing:
            yield f"资料库中没有：{'、'.join(missing)}"
    for citation in sentence.sources:
        near = "最接近的原文" if sentence.verdict == "not found" else "出处"
        yield f"{near}：{footnote(citation)}"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "（无）"
