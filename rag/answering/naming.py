"""The names in a question, and which essays they mean.

A name that essays are about limits to them; one that some text merely holds limits to the passages
that hold it; and of one that no text holds just that is said, with the known name that it may be a
typing error of. What no text holds is looked up, not guessed: see `Records.holding`.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from typing import Literal, overload

import numpy as np

from rag.answering import gazetteer
from rag.index import Records
from rag.types import Essay, Filters
from rag.words import STOPWORDS, Tokenizer, fold, frequency, is_word

Kind = Literal["place", "person", "title", "office", "publication", "issue", "document_number"]
_KINDS: tuple[Kind, ...] = (
    "title", "document_number", "place", "person", "office", "publication", "issue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """One name in a question; `question[start:end] == text`."""

    text: str
    kind: Kind
    value: str  # the full name: 太湖县 for 太湖; a title; "32" for an issue
    start: int
    end: int
    essays: tuple[str, ...] = ()  # ids of those that are about it; () if none is


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that no text of the corpus holds."""

    text: str
    suggestion: str | None = None  # the known name that it may be a typing error of


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names, each in order of the question."""

    names: tuple[Name, ...] = ()  # some essay is about each
    mentioned: tuple[Name, ...] = ()  # no essay is about them; `value` is held by some passage
    absent: tuple[Absent, ...] = ()
    excluded: tuple[Name, ...] = ()  # left out: 除了太湖县以外
    rest: str = ""  # the question without all these

    @property
    def places(self) -> tuple[str, ...]:
        """The places that essays are about."""
        return self._values("place")

    @property
    def people(self) -> tuple[str, ...]:
        """The authors."""
        return self._values("person")

    @property
    def publications(self) -> tuple[str, ...]:
        """The bulletins and papers."""
        return self._values("publication")

    def _values(self, kind: Kind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.value for name in self.names if name.kind == kind))


_POST = re.compile(gazetteer.POST)
_IS_WHO = re.compile(r"是(?:谁|什么人|哪里人|哪位|何人)")
_EXCEPT = re.compile(
    r"(?:除(?:了|开|去)?|不(?:提|算|说|看|管|含|包括|考虑)|撇开|抛开|排除)"
    r"([^，。？]+?)(?:[以之]?外的?|[，,。？?]|$|(?=还有|其他|其它|别的|哪))"
)
_ISSUE = re.compile(r"第\s*(\d+)\s*期")
_NUMBER = re.compile(r"[〔\[(【]\s*(\d{4})\s*[〕\])】]\s*(?:第\s*)?(\d+)\s*号")
_GIVEN = re.compile(r"《([^《》]{2,80})》")
_QUOTED = re.compile(r"[“「『\"]([^“”「」『』\"]{1,80})[”」』\"]")
_UNHEARD = re.compile(
    r"(?:^|(?<=[，。；？！,;?!\s]))((?![全本该这那其别另各每我城])[一-鿿]{2,3}[省市县])"
    r"(?=有|的|怎|如何|在|对|提|委)"
)
_JOINED = re.compile("[和与跟及、]|相?比|还是")
_TAKEN = ","  # in place of what has been found: a sign, at which words and clauses end
_MANY = 20  # authors whom a surname and a post still tell apart from the rest
_FEW = 3  # places that an essay's beginning is about at most; documents that one title names
_OPENING = 6  # passages among which an essay's first sentences are


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a written name means."""

    kind: Kind
    value: str
    essays: tuple[str, ...]


class Names:
    """Finds in questions the names that the corpus is known by; made once a generation."""

    def __init__(self, records: Records) -> None:
        self.records = records
        essays = records.essays()
        self.titles = _Titles(essays)
        self.own, self._around, unplaced = _places_of(records)
        self._unstated: dict[str, frozenset[str]] = {  # essays that state no place, no author
            "place": unplaced,
            "person": frozenset(e.essay_id for e in essays if not e.author),
        }
        self.lexicon: dict[str, list[_Entry]] = {}  # as written, folded → what it means
        self.numbers: dict[str, list[_Entry]] = {}  # 〔2022〕5号 → numbers that end so
        self.issues: dict[str, list[str]] = {}  # "32" → essays
        self.surnames: dict[str, list[Essay]] = {}
        self._collect(essays)
        self.longest = max(map(len, self.lexicon), default=2)
        words = {*filter(is_word, self.lexicon), *gazetteer.unlisted_words()}
        self.tokenizer = Tokenizer(sorted(words))
        self.known = _Words(
            word
            for word, entries in self.lexicon.items()
            if len(word) > 2 and entries[0].kind in ("place", "person")
        )

    def _collect(self, essays: Iterable[Essay]) -> None:
        for place in dict.fromkeys((*self.own, *self._around)):
            own = place in self.own
            for written in gazetteer.variants(place, own):
                standard = gazetteer.full_place(written) or place
                if standard == place or not gazetteer.is_major(standard):  # 吉林 is the province
                    ids = self.own.get(place) or self._around[place]
                    self._add(written, "place", place, ids)
        facts: dict[tuple[Kind, str], list[str]] = {}
        for essay in essays:
            for author in _authors(essay):
                facts.setdefault(("person", author), []).append(essay.essay_id)
                self.surnames.setdefault(author[:1], []).append(essay)
                self.surnames.setdefault(author[:2], []).append(essay)
            for body in _bodies(essay, self.lexicon):
                facts.setdefault(("office", body), []).append(essay.essay_id)
            if essay.publication:
                facts.setdefault(("publication", essay.publication), []).append(essay.essay_id)
            if essay.issue:
                self.issues.setdefault(essay.issue, []).append(essay.essay_id)
            if number := essay.document_number:
                facts.setdefault(("document_number", number), []).append(essay.essay_id)
        self._add_facts(facts)

    def _add_facts(self, facts: Mapping[tuple[Kind, str], Sequence[str]]) -> None:
        for (kind, value), ids in facts.items():
            if kind != "document_number":
                self._add(value, kind, value, ids)
            elif tail := _NUMBER.search(fold(value)):
                entry = _Entry(kind, value, tuple(ids))
                self.numbers.setdefault(_number(tail), []).append(entry)

    def _add(self, written: str, kind: Kind, value: str, ids: Iterable[str]) -> None:
        entries, entry = self.lexicon.setdefault(fold(written), []), _Entry(kind, value, tuple(ids))
        if not entries or (entries[0].kind == kind == "place" and entry not in entries):
            entries.append(entry)

    def meant(self, entry: _Entry) -> tuple[str, ...]:
        """Return the essays of a name, and those that hold it and state no place or author."""
        unstated = self._unstated.get(entry.kind)
        if unstated is None or not entry.essays:
            return entry.essays
        written = gazetteer.variants(entry.value)[-1] if entry.kind == "place" else entry.value
        titled = self.titles.holding(written) if entry.kind == "person" else ()
        passages = self.records.passages(self.records.holding(written, unstated))
        return tuple(dict.fromkeys((*entry.essays, *titled, *(p.essay_id for p in passages))))

    def find(self, question: str) -> Named:
        """Return the names in `question`."""
        return _Search(self, question).named()


class _Search:
    """The search of one question. What is found is blanked, so that it is not found again."""

    def __init__(self, names: Names, question: str) -> None:
        self._names, self._question = names, question
        self._at = [at for at, character in enumerate(question) for _ in fold(character)]
        self._text = self._free = "".join(map(fold, question))
        self._gone: list[tuple[int, int]] = []  # what is no part of `rest`
        self._found: list[Name] = []
        self._mentioned: list[Name] = []
        self._absent: list[tuple[int, Absent]] = []

    def named(self) -> Named:
        """Return all names; the order matters, for the surest come first."""
        self._find_titles()
        self._find_numbers()
        self._find_known()
        self._find_titled()
        self._find_people()
        self._find_misspelt()
        self._find_unheard()
        apart = [m.span(1) for m in _EXCEPT.finditer(self._text)]

        def is_apart(name: Name) -> bool:
            return any(self._at[a] <= name.start <= self._at[b - 1] for a, b in apart)

        excluded = [name for name in self._found if is_apart(name)]
        self._gone += [
            m.span()
            for m in _EXCEPT.finditer(self._text)
            if any(self._at[m.start()] <= name.start < self._at[m.end() - 1] for name in excluded)
        ]
        return Named(
            tuple(sorted((n for n in self._found if n not in excluded), key=_start)),
            tuple(sorted(self._mentioned, key=_start)),
            tuple(absent for _, absent in sorted(self._absent, key=lambda found: found[0])),
            tuple(sorted(excluded, key=_start)),
            self._rest(),
        )

    def _rest(self) -> str:
        left = list(self._question)
        for start, end in self._gone:
            for at in self._at[start:end]:
                left[at] = " "
        return " ".join("".join(left).split()).lstrip("，、；：,;: ")

    def _blank(self, start: int, end: int) -> None:
        self._free = self._free[:start] + _TAKEN * (end - start) + self._free[end:]

    def _take(
        self, kind: Kind, value: str, start: int, end: int, essays: Iterable[str] = ()
    ) -> Name:
        """Make a name of a stretch of the folded text, which is then gone."""
        self._blank(start, end)
        self._gone.append((start, end))
        first, last = self._at[start], self._at[end - 1] + 1
        return Name(self._question[first:last], kind, value, first, last, tuple(essays))

    def _find(self, entry: _Entry, start: int, end: int) -> None:
        essays = self._names.meant(entry)
        self._found.append(self._take(entry.kind, entry.value, start, end, essays))

    def _look_up(
        self, kind: Kind, forms: Iterable[str], start: int, end: int, suggestion: str | None = None
    ) -> None:
        """Take a name that no essay is about: held by some text, or absent."""
        names = self._names
        tried = list(forms)
        held = next((form for form in tried if names.records.holding(form)), None)
        essays = [
            e for form in tried for e in names.titles.holding(form) if not held or kind == "person"
        ]
        name = self._take(kind, held or tried[0], start, end)
        if held and not essays and self._is_beside(name):
            essays = [p.essay_id for p in names.records.passages(names.records.holding(held))]
        if essays:
            self._found.append(replace(name, essays=tuple(dict.fromkeys(essays))))
        elif held:
            self._mentioned.append(name)
        else:
            self._absent.append((name.start, Absent(name.text.strip("《》"), suggestion)))

    def _is_beside(self, name: Name) -> bool:
        """Whether a name is joined to one that essays are about: 太湖县和任城区."""
        for other in self._found:
            first, last = sorted((name, other), key=_start)
            if other.kind == name.kind and _JOINED.search(self._question[first.end : last.start]):
                return True
        return False

    def _pieces(self) -> tuple[list[tuple[str, int, int]], set[int], set[int]]:
        pieces = self._names.tokenizer.pieces(self._free)
        return pieces, {start for _, start, _ in pieces}, {end for _, _, end in pieces}

    def _find_titles(self) -> None:
        titles, lexicon = self._names.titles, self._names.lexicon
        for match in _GIVEN.finditer(self._text):
            given = match.group(1)
            known = next((e for e in lexicon.get(given, ()) if e.kind == "publication"), None)
            entry = known or titles.given(given)
            if entry:
                self._find(entry, *match.span())
            else:
                self._look_up("title", [given], *match.span(), titles.near(given))
        for match in _QUOTED.finditer(self._free):
            if entry := titles.whole(match.group(1)):
                self._find(entry, *match.span())
            self._blank(*match.span())  # what it names is part of a term
        for start, end, entry in titles.standing(self._free, self._names.records):
            self._find(entry, start, end)

    def _find_numbers(self) -> None:
        for match in _NUMBER.finditer(self._free):
            before = _plain(self._free[: match.start()])
            entries = self._names.numbers.get(_number(match), [])
            whole = [e for e in entries if before.endswith(_plain(_head(e.value)))]
            if entry := max(whole, key=lambda e: len(e.value), default=None):
                start = match.start() - len(_head(entry.value))
                self._find(entry, max(start, 0), match.end())
            else:
                start = self._start_of_run(match.start())
                self._look_up("document_number", [_number(match)], start, match.end())
        for match in _ISSUE.finditer(self._free) if self._names.issues else ():
            if essays := self._names.issues.get(match.group(1)):
                self._found.append(self._take("issue", match.group(1), *match.span(), essays))
            else:
                self._look_up("issue", [match.group()], *match.span())

    def _start_of_run(self, end: int) -> int:
        """Where the words before a document's year begin that can be its issuer: 皖发."""
        for word, start, word_end in reversed(self._pieces()[0]):
            if word_end == end and _is_han(word) and word not in STOPWORDS:
                end = start
        return end

    def _find_known(self) -> None:
        """Take what the corpus is known by, and the places of the standard."""
        lexicon = self._names.lexicon
        pieces, _, _ = self._pieces()
        longest = max(self._names.longest, gazetteer.LONGEST)
        places: list[tuple[int, int, list[_Entry]]] = []

        def is_known(word: str) -> bool:
            return word in lexicon or gazetteer.full_place(word) is not None

        for start, end in gazetteer.spans(self._free, pieces, is_known, longest):
            word = self._free[start:end]
            entries = lexicon.get(word) or [_Entry("place", gazetteer.full_place(word) or "", ())]
            if entries[0].kind == "place":
                self._add_place(places, start, end, entries)
            elif self._is_meant(entries[0], start, end):
                entry = entries[0]
                self._find(entry, start, end)
        for start, end, entries in places:
            if any(entry.essays for entry in entries):
                for entry in entries:
                    self._find(entry, start, end)
        for start, end, entries in places:
            if not any(entry.essays for entry in entries):
                self._find_foreign(start, end, entries[0].value)

    def _add_place(
        self, places: list[tuple[int, int, list[_Entry]]], start: int, end: int, found: list[_Entry]
    ) -> None:
        """Add a place; one in another that is written before it is one name with that."""
        zone = gazetteer.ZONE.match(self._free, end)
        whole = self._free[start : zone.end()] if zone else ""
        if zone and (self._names.records.holding(whole) or found[0].value not in self._names.own):
            end, found = zone.end(), [_Entry("place", whole, ())]  # 安庆高新区 is not 安庆
        if places and places[-1][1] == start:
            first, _, outer = places[-1]
            if any(gazetteer.lies_in(e.value, o.value) for e in found for o in outer):
                start = first
                places.pop()
        places.append((start, end, found))

    def _is_meant(self, entry: _Entry, start: int, end: int) -> bool:
        """Whether a known name that may be a common word is meant as a name here."""
        if entry.kind == "office":
            return self._names.titles.is_sole(entry, self._free[start:end], self._names.records)
        return (
            entry.kind != "person"
            or not gazetteer.is_ordinary(entry.value)
            or (self._has_post(start, end))
        )

    def _has_post(self, start: int, end: int) -> bool:
        before = next((m for m in _POST.finditer(self._free) if m.end() == start), None)
        return before is not None or _POST.match(self._free, end) is not None

    def _find_foreign(self, start: int, end: int, place: str) -> None:
        """Take a place that no essay is about."""
        written = self._free[start:end]
        near = self._names.known.near(written) if len(written) > 2 else None
        alike = near if near and near[:-1] == written[:-1] else None  # 太湖市; 安吉县 is no error
        forms = dict.fromkeys((written, place, *(() if alike else gazetteer.variants(place))))
        if any(map(self._names.records.holding, forms)) or not gazetteer.is_vague(written, place):
            self._look_up("place", forms, start, end, alike)

    def _find_titled(self) -> None:
        """Read 储部长 as the author of that surname and post."""
        _, starts, _ = self._pieces()
        for match in _POST.finditer(self._free):
            for start in (match.start() - 2, match.start() - 1):
                surname = self._free[max(start, 0) : match.start()]
                if start not in starts or not gazetteer.is_surname(surname):
                    continue
                authors = self._authors(surname, match.group())
                if 0 < len(authors) <= _MANY:
                    for author, essays in authors.items():
                        entry = _Entry("person", author, tuple(essays))
                        self._find(entry, start, match.end())
                elif not authors and not _is_han(self._free[start - 1 : start]):
                    verb = surname == "任"  # 任校长期间
                    if not verb and not self._names.records.holding(match.group() + surname):
                        self._look_up("person", [surname + match.group()], start, match.end())
                break

    def _authors(self, surname: str, post: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for essay in self._names.surnames.get(surname, ()):
            office = _plain(essay.office or "").replace("部部长", "部长")
            if post in office or post in gazetteer.POLITE:
                for author in _authors(essay):
                    if author.startswith(surname):
                        found.setdefault(author, []).append(essay.essay_id)
        return found

    def _find_people(self) -> None:
        """Take people who wrote nothing here, by what stands beside their name, or in a text."""
        pieces, _, ends = self._pieces()
        for word, start, piece_end in pieces:
            surname = next((w for w in (word[:2], word[:1]) if gazetteer.is_surname(w)), "")
            if not surname:
                continue
            for length in (len(surname) + 2, len(surname) + 1):
                end = start + length
                text = self._free[start:end]
                whole = piece_end in (start + len(surname), end)
                if end in ends and whole and gazetteer.is_person(text, surname):
                    if self._is_person(text, start, end, length == len(surname) + 2):
                        self._look_up("person", [text], start, end)
                    break

    def _is_person(self, text: str, start: int, end: int, is_full: bool) -> bool:
        beside = self._has_post(start, end) and not _is_han(self._free[start - 1 : start])
        if beside or _IS_WHO.match(self._free, end):
            return True
        if not is_full:
            return False
        rows = self._names.records.holding(text)
        texts = (_plain(p.text) for p in self._names.records.passages(rows[:_FEW]))
        titled = re.compile(f"{gazetteer.POST}{text}|{text}{gazetteer.POST}")
        return any(titled.search(each) for each in texts)

    def _find_misspelt(self) -> None:
        """Take what differs from a known name in one character, and stands in no text."""
        _, starts, ends = self._pieces()
        longest = self._names.longest + 1
        for start in sorted(starts):
            for end in range(start + 3, min(len(self._free), start + longest) + 1):
                text = self._free[start:end]
                if end not in ends or not is_word(text) or frequency(text):
                    continue
                if not (near := self._names.known.near(text)):
                    continue
                entry = self._names.lexicon[near][0]
                fits = (
                    gazetteer.is_place_name(text) and text[-1] in gazetteer.RANKS
                    if entry.kind == "place"
                    else gazetteer.is_surname(text[0]) and len(text) == len(near)
                )
                if fits and not self._names.records.holding(text):
                    self._look_up("place", [text], start, end, entry.value)
                    break

    def _find_unheard(self) -> None:
        for match in _UNHEARD.finditer(self._free):
            if gazetteer.is_place_name(match.group(1)):
                self._look_up("place", [match.group(1)], *match.span(1))


def _start(name: Name) -> int:
    return name.start


def _is_han(character: str) -> bool:
    return "一" <= character <= "鿿"


def _plain(text: str) -> str:
    """A text as titles are compared: without white space, quotation marks and title marks."""
    return re.sub(r"[\s“”‘’\"'《》〈〉]", "", fold(text))


def _number(match: re.Match[str]) -> str:
    return f"〔{match.group(1)}〕{int(match.group(2))}号"


def _head(number: str) -> str:
    """What stands before the year of a document number: 皖发."""
    match = _NUMBER.search(fold(number))
    return fold(number)[: match.start()] if match else ""


def _authors(essay: Essay) -> list[str]:
    return [author for author in (essay.author or "").split("、") if len(author) > 1]


def _bodies(essay: Essay, places: Container[str]) -> Iterator[str]:
    """The bodies that an essay is from."""
    for part in re.split(r"[、，,\s]", f"{essay.office or ''} {essay.issuer or ''}"):
        if len(body := gazetteer.body_of(part, places)) >= _LEAST_BODY:
            yield body


_Index = dict[str, list[str]]  # place → ids of essays


def _places_of(records: Records) -> tuple[_Index, _Index, frozenset[str]]:
    """Return which essays are about each place, which lie in it or come from it, which state none.

    What the bulletin states of itself, its essays come from. An essay that states no place is
    about those that its first sentences name, if they are few.
    """
    own: _Index = {}
    around: _Index = {}
    unplaced = set[str]()
    several = Counter(essay.document for essay in records.essays() if essay.kind == "essay")
    for essay, opening in zip(records.essays(), _openings(records), strict=True):
        stated = [*_place_of(essay), *_read(essay.title), *_read(essay.office)]
        outside = [*_read(PurePosixPath(essay.document).stem), *_read(essay.issuer)]
        if several[essay.document] < 2 and essay.kind == "essay":
            stated, outside = [*stated, *outside], []
        begins = gazetteer.read_places(opening, running=True)
        if not stated:
            unplaced.add(essay.essay_id)
            stated = begins if len(_narrowest(begins)) <= _FEW else []
        wider = [*outside, *(p for s in stated for p in gazetteer.places_around(s))]
        narrow = _narrowest(stated)
        narrow += [p for p in begins if not {*gazetteer.places_around(p)}.isdisjoint(stated)]
        if essay.kind == "matter":
            narrow, wider = [], [*stated, *wider]
        for place in dict.fromkeys(narrow):
            own.setdefault(place, []).append(essay.essay_id)
        for place in dict.fromkeys((*stated, *wider)):
            if place not in narrow:
                around.setdefault(place, []).append(essay.essay_id)
    return own, around, frozenset(unplaced)


def _narrowest(places: Sequence[str]) -> list[str]:
    """The places that no other of them lies in: 太湖县 of 安徽省, 安庆市, 太湖县."""
    return [p for p in places if not any(gazetteer.lies_in(o, p) for o in places if o != p)]


@lru_cache(maxsize=1024)  # offices and issuers recur
def _read(text: str | None) -> tuple[str, ...]:
    return tuple(gazetteer.read_places(text)) if text else ()


def _place_of(essay: Essay) -> tuple[str, ...]:
    """The stated place; one that was guessed from text only as far as it can be one."""
    read = _read(essay.place)
    guessed = any(
        fact.name == "place" and fact.value == essay.place and fact.source in _GUESSED
        for fact in essay.known
    )
    return read or ((essay.place,) if essay.place and not guessed else ())


_GUESSED = ("title", "text", "file name")


def _openings(records: Records) -> Iterator[str]:
    """The first sentences of each essay: its passages up to the first that ends as one."""
    of_row = records.essay_of_row
    numbers = np.arange(len(records.essays()))
    firsts = np.searchsorted(of_row, numbers).tolist()
    ends = np.searchsorted(of_row, numbers, side="right").tolist()
    for first, end in zip(firsts, ends, strict=True):
        passages = records.passages(range(first, min(end, first + _OPENING)))
        yield next((p.text for p in passages if "。" in p.text), "")


class _Words:
    """Very many words, in which parts and near misses are found by search in one text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._joined = "\n" + "".join(f"{word}\n" for word in words)

    def holding(self, part: str) -> Iterator[str]:
        """Give the words that hold `part`; a line break in it stands for a word's end."""
        at = self._joined.find(part) if part.strip() else -1
        while at >= 0:
            start = self._joined.rfind("\n", 0, at + 1) + 1
            end = self._joined.find("\n", start)
            yield self._joined[start:end]
            at = self._joined.find(part, end)

    def near(self, text: str) -> str | None:
        """Return a word that differs from `text` in one character: one half of both is the same."""
        half = len(text) // 2
        for part in (f"\n{text[:half]}", f"{text[half:]}\n"):
            for word in self.holding(part):
                if _is_one_edit(text, word):
                    return word
        return None


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one character is another, too many or too few."""
    if len(one) > len(other):
        one, other = other, one
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest = one[same + (len(one) == len(other)) :]
    return one != other and len(other) - len(one) < 2 and rest == other[same + 1 :]


_DECORATION = re.compile(r"^【[^】]*】|^中华人民共和国|^关于")
_STATUTE = re.compile(r"(?:条例|办法|规定|意见|方案|通知|报告|细则|规划|纲要|决定|章程)$")
_ANYBODYS = re.compile(r"(?:\d{4}年)?(?:度)?(?:政府)?工作(?:报告|总结|方案|要点|计划|规定)$")
_BODY = re.compile(
    r"([^：:，、]{2,14}(?:中心|局|部|厅|委|委员会|办|办公室|院|大学|学校|公司|集团|银行|协会|联合会|[镇乡村]|街道|社区))[：:]"
)
_RUN = 8  # characters of a title that can be nothing else in a question
_LEAST_STATUTE = 5  # ... of one that ends as documents do
_LEAST_BODY = 4  # ... of a body's name before a colon


class _Titles:
    """Finds essays by their titles and by the names of their files."""

    def __init__(self, essays: Iterable[Essay]) -> None:
        self._essays: dict[str, list[str]] = {}  # plain title → essays
        self._shown: dict[str, str] = {}  # plain title → title
        self._printed: set[str] = set()  # plain titles that are no names of files
        self._written: dict[str, _Entry] = {}  # what names essays without title marks
        bodies: dict[str, list[str]] = {}
        for essay in essays:
            self._add(essay)
            if begun := _BODY.match(_DECORATION.sub("", _plain(essay.title or ""))):
                bodies.setdefault(begun.group(1), []).append(essay.essay_id)
        for plain, ids in self._essays.items():
            if len({essay_id.rpartition("#")[0] for essay_id in ids}) > _FEW:
                continue
            for variant in {plain, _DECORATION.sub("", plain)}:
                least = _LEAST_STATUTE if _STATUTE.search(variant) else _RUN
                if len(variant) >= least and not _ANYBODYS.match(variant):
                    self._written[variant] = self._entry([plain], self._shown[plain])
        for body, ids in bodies.items():
            if len(body) >= _LEAST_BODY:
                self._written.setdefault(body, _Entry("office", body, tuple(ids)))
        self._longest = max(map(len, self._written), default=0)
        self._words = _Words(self._essays)

    def _add(self, essay: Essay) -> None:
        stem = PurePosixPath(essay.document).stem
        self._printed.add(_plain(essay.title or ""))
        for title in (essay.title, stem, *re.split(r"[_()（）]+", stem)):
            plain = _plain(title or "")
            if title and len(plain) > 1 and essay.essay_id not in self._essays.get(plain, ()):
                self._essays.setdefault(plain, []).append(essay.essay_id)
                self._shown.setdefault(plain, title)

    def whole(self, text: str) -> _Entry | None:
        """Return the essays of this title."""
        plain = _plain(text)
        if ids := self._essays.get(plain):
            return _Entry("title", self._shown[plain], tuple(ids))
        return self._written.get(plain)

    def given(self, text: str) -> _Entry | None:
        """Return the essays of this title, or else of titles that hold it."""
        if found := self.whole(text):
            return found
        titles = list(dict.fromkeys(self._words.holding(_plain(text))))
        shown = self._shown[titles[0]] if len(titles) == 1 else text
        return self._entry(titles, shown) if titles else None

    def _entry(self, titles: Iterable[str], shown: str) -> _Entry:
        ids = dict.fromkeys(essay_id for title in titles for essay_id in self._essays[title])
        return _Entry("title", shown, tuple(ids))

    def near(self, text: str) -> str | None:
        """Return the title that `text` may be a typing error of."""
        found = self._words.near(_plain(text)) if len(_plain(text)) > 2 else None
        return self._shown[found] if found else None

    def standing(self, text: str, records: Records) -> Iterator[tuple[int, int, _Entry]]:
        """Find titles in running text, the longest first from the left.

        Most of a title is enough where it is long and no other essay's text holds it.
        """
        kept = [at for at, sign in enumerate(text) if _plain(sign)]
        plain = "".join(_plain(text[at]) for at in kept)
        at = 0
        while at < len(plain):
            lengths = range(min(self._longest, len(plain) - at), 2, -1)
            length = next((n for n in lengths if plain[at : at + n] in self._written), 0)
            entry = self._written.get(plain[at : at + length])
            if entry is None:
                length = self._run(plain, at)
                entry = self._part(plain[at : at + length], records) if length else None
            if entry is not None:
                yield kept[at], kept[at + length - 1] + 1, entry
            at += length if entry else 1

    def _run(self, plain: str, at: int) -> int:
        """How many characters from `at` on some title holds, if enough."""
        if plain[at].isdigit() and plain[max(at - 1, 0)].isdigit() and at:
            return 0
        length = _RUN
        while at + length <= len(plain) and next(self._words.holding(plain[at : at + length]), ""):
            length += 1
        return length - 1 if length > _RUN else 0

    def _part(self, part: str, records: Records) -> _Entry | None:
        """The essays of the titles that begin so and are little longer."""
        titles = [
            title
            for title in dict.fromkeys(self._words.holding(part))
            if title in self._printed and 3 * len(part) >= 2 * len(title)
            if title.startswith(part) or _DECORATION.sub("", title).startswith(part)
        ]
        if not titles or _ANYBODYS.match(part):
            return None
        entry = self._entry(titles, self._shown[titles[0]])
        return entry if self.is_sole(entry, part, records) else None

    def holding(self, name: str) -> Iterator[str]:
        """Give the essays whose title or file name holds a name."""
        for title in self._words.holding(_plain(name)):
            yield from self._essays[title]

    def is_sole(self, entry: _Entry, text: str, records: Records) -> bool:
        """Whether a text is held by those essays alone, and so can only mean them."""
        if len(entry.essays) > _FEW:
            return False
        passages = records.passages(records.holding(text))
        return {passage.essay_id for passage in passages} <= {*entry.essays}


class Scope(Sequence[Essay]):
    """Essays in the order of the corpus, one of each group of reprints; immutable."""

    def __init__(self, essays: Iterable[Essay]) -> None:
        speaking: dict[str, Essay] = {}
        others: dict[str, list[Essay]] = {}
        for essay in essays:
            first = speaking.setdefault(essay.reprint_of or essay.essay_id, essay)
            if first is not essay:
                others.setdefault(first.essay_id, []).append(essay)
        self._essays = tuple(speaking.values())
        self.others: Mapping[str, Sequence[Essay]] = others  # by the id of the one that speaks

    @overload
    def __getitem__(self, at: int) -> Essay: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Essay]: ...
    def __getitem__(self, at: int | slice) -> Essay | Sequence[Essay]:
        """The essay at a place."""
        return self._essays[at]

    def __len__(self) -> int:
        """How many essays there are."""
        return len(self._essays)

    def __iter__(self) -> Iterator[Essay]:
        """The essays in order."""
        return iter(self._essays)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(essay.essay_id for essay in self._essays)

    @cached_property
    def counted(self) -> "Scope":
        """Those that are essays, without what stands around them in a document."""
        return Scope(essay for essay in self._essays if essay.kind == "essay")

    def reprints(self, cited: Container[str]) -> str:
        """Return what an answer says of the reprints of essays it cites, "" if there are none."""
        same = [
            essay for first, others in self.others.items() if first in cited for essay in others
        ]
        named = "、".join(essay.document for essay in same)
        return f"内容基本相同的还有：{named}。" if named else ""


def scope_of(named: Named, filters: Filters, records: Records) -> Scope:
    """Return the essays that the filters let through and the names mean.

    Names of one kind are joined, those of different kinds meet. Where no essay is about any name
    of a kind, the essays that hold one that is mentioned are meant. Nothing that the filters keep
    out comes in: a name that they keep out leaves no essay.
    """
    among = records.essays() if filters == Filters() else records.essays_where(filters)
    wanted = [_joined([name for name in named.names if name.kind == kind]) for kind in _KINDS]
    left_out = {essay_id for name in named.excluded for essay_id in name.essays}
    kinds = {name.kind for name in named.names}
    for kind in {name.kind for name in named.mentioned} - kinds:
        values = [name.value for name in named.mentioned if name.kind == kind]
        passages = records.passages(row for value in values for row in records.holding(value))
        wanted.append({passage.essay_id for passage in passages})
    limits = [ids for ids in wanted if ids is not None]
    return Scope(
        essay
        for essay in among
        if all(essay.essay_id in ids for ids in limits) and essay.essay_id not in left_out
    )


def _joined(names: Sequence[Name]) -> set[str] | None:
    """The essays of names of one kind; what only says where another name lies adds none."""
    every = [frozenset(name.essays) for name in names]
    return {e for own in every if not any(o < own for o in every) for e in own} if every else None


def groups(named: Named, scope: Scope) -> tuple[tuple[str, tuple[Essay, ...]], ...]:
    """Return what a comparison sets side by side: each of several names with its essays in scope.

    The names are those of the first kind of which the question has several, in its order; one that
    is mentioned alone has no essays. There are no groups where no kind has two names.
    """
    for kind in _KINDS:
        own = [n for n in (*named.names, *named.mentioned) if n.kind == kind]
        if len({name.value for name in own}) > 1:
            ids = {name.value: frozenset(name.essays) for name in sorted(own, key=_start)}
            return tuple(
                (value, tuple(e for e in scope if e.essay_id in held))
                for value, held in ids.items()
            )
    return ()
