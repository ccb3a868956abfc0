"""Themes: what the leads of measures are about, each with a name that a reader knows. Floor 2.

A theme is a name and the words that bring a lead under it. The words are taken from the leads
themselves, one after the other: always the one that stands in the leads of most essays that no
theme has yet. So every theme can be read, explained by its words, and put right by an editor in a
file of lines, `name：word word`. A lead that holds no word of any theme goes with the section it
stands under, else with its own text, else with none.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import split

from rag.errors import BadInput
from rag.once import once
from rag.words import STOPWORDS, frequency

FILE_NAME = "themes.txt"
_MOST = 12  # themes that a reader takes in at once
_PLAIN = 20_000  # a verb that is more frequent in prose is about nothing: 发展, 建设, 工作
# What leads do to their matter, and how: no theme is called 推进 or 水平.
EMPTY = frozenset(
    """
    推进 加快 持续 促进 扩大 深入 实施 打造 增强 锻造 提升 强化 优化 完善 健全 加强 坚持 推动 突出
    聚焦 着力 深化 全面 夯实 保持 构建 树立 落实 做好 抓好 提高 开展 校准 创建 培育 激发 统筹
    水平 质量 高质量 体系 机制 基础 作用 时期 重点 能力 标准 坐标 方面 情况 任务 目标 问题 成效 效能
    优势 格局 动力 活力 特色 导向 本领 方式 责任 支撑 关键 一流 高水平 全力 科学 切实 真心 工程
    精准 永葆 回顾 展望 队伍 之卷 政府 人民 第一
    """.split()
)


@dataclass(frozen=True, slots=True)
class Theme:
    """A name, and the words of which one must stand in a lead."""

    name: str
    words: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether `text` holds one of the words."""
        return any(word in text for word in self.words)


def find_themes(leads: Sequence[tuple[str, str]], most: int = _MOST) -> tuple[Theme, ...]:
    """Return at most `most` themes of `leads`, given as (essay id, lead); the largest first."""
    left = [(essay, _topics(lead)) for essay, lead in leads]
    made: list[Theme] = []
    while len(made) < most:
        essays = Counter(word for _, word in {(e, w) for e, held in left for w in held})
        count = Counter(word for _, held in left for word in held)
        word = max(essays, key=lambda w: (essays[w], count[w], len(w), w), default="")
        if count[word] < 2:
            break
        made.append(Theme(word, (word,)))
        left = [(essay, held) for essay, held in left if word not in held]
    return tuple(made)


def theme_of(themes: Sequence[Theme], *texts: str) -> str | None:
    """Return the name of the first theme that fits the first of `texts` which any theme fits."""
    for text in texts:
        for theme in themes:
            if theme.fits(text):
                return theme.name
    return None


def parse(text: str) -> tuple[Theme, ...]:
    """Return the themes of an editor's lines, `name：word word`; a name alone is its own word.

    Raises:
        BadInput: a line without a name, or a name that comes twice.
    """
    made: dict[str, Theme] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = (part.strip() for part in line.replace(":", "：", 1).partition("："))
        if not name or name in made:
            raise BadInput(f"themes, line {number}: want a new name, then ： and its words")
        words = tuple(word for word in split(r"[\s,，、]+", rest) if word)
        made[name] = Theme(name, words or (name,))
    return tuple(made.values())


def write(themes: Sequence[Theme]) -> str:
    """Return the lines that `parse` reads."""
    return "".join(f"{theme.name}：{' '.join(theme.words)}\n" for theme in themes)


def load(folder: Path) -> tuple[Theme, ...] | None:
    """Return the edited themes; None where nobody edited any.

    Raises:
        BadInput: the file cannot be read, or a line of it cannot be used.
    """
    try:
        return parse((folder / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {folder / FILE_NAME}: {error}") from error


def save(folder: Path, text: str) -> None:
    """Keep an editor's lines; an empty text brings the themes of the corpus back.

    Raises:
        BadInput: a line cannot be used, or the file cannot be written.
    """
    path, themes = folder / FILE_NAME, parse(text)
    try:
        if themes:
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")  # a full disk leaves the old ones
            part.write_text(write(themes), encoding="utf-8")
            part.replace(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error


def _topics(lead: str) -> frozenset[str]:
    """Return the words of a lead that name a matter."""
    return frozenset(word for word, flag in _tagged()(lead) if _names_matter(word, flag))


def _names_matter(word: str, flag: str) -> bool:
    if len(word) < 2 or word in STOPWORDS or word in EMPTY:
        return False
    return flag.startswith("n") or (flag.startswith("v") and frequency(word) < _PLAIN)


@once
def _tagged() -> Callable[[str], Iterable[tuple[str, str]]]:
    import jieba
    from jieba import posseg

    jieba.setLogLevel(logging.WARNING)
    tag: Callable[[str], Iterable[tuple[str, str]]] = posseg.lcut
    return tag
