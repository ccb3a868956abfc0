"""The names in a question, and which essays they mean.

A name that essays are about limits to them; one that some text merely holds limits to the passages
that hold it; and of one that no text holds just that is said, with the known name that it may be a
typing error of. What no text holds is looked up, not guessed: see `Records.holding`.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter

from rag import gazetteer
from rag.answering.essay_places import essay_places
from rag.answering.named import Absent, Name, Named, NameKind, Referent
from rag.answering.titles import Titles, plain
from rag.answering.vocabulary import Vocabulary
from rag.index import Records
from rag.types import Essay, Span
from rag.words import Tokenizer, fold, frequency, is_word

_POST = re.compile(gazetteer.POST)
_EXCEPT = re.compile(
    r"(?:除(?:了|开|去)?|不(?:提|算|说|看|管|含|包括|考虑)|撇开|抛开|排除)"
    r"([^，。？]+?)(?:[以之]?外的?|[，,。？?]|$|(?=还有|其他|其它|别的|哪))"
)
_ISSUE = re.compile(r"第\s*(\d+)\s*期")
_NUMBER = re.compile(r"[〔\[(【]\s*(\d{4})\s*[〕\])】]\s*(?:第\s*)?(\d+)\s*号")
_GIVEN = re.compile(r"《([^《》]{2,80})》")
_QUOTED = re.compile(r"[“「『\"]([^“”「」『』\"]{1,80})[”」』\"]")
_JOINED = re.compile("[和与跟及、]|相?比|还是")
_TAKEN = ","  # in place of what has been found: a sign, at which words and clauses end
_start = attrgetter("start")
_MANY = 20  # authors whom a surname and a post still tell apart from the rest
_LEAST_BODY = 4  # characters of a body's name
_FEW = 3  # passages in which a name is looked for beside a post


_Place = tuple[int, int, list[Referent]]
"""Where it is written, and what it means."""


class Names:
    """Finds in questions the names that the corpus is known by; made once a generation."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.titles = Titles(records)
        self.places = essay_places(records)
        self._unstated: dict[NameKind, frozenset[str]] = {  # essays that state none
            "place": frozenset(self.places.unplaced),
            "person": frozenset(e.essay_id for e in records.essays() if not e.author),
        }
        self.lexicon: dict[str, list[Referent]] = {}  # as written, folded → what it means
        self._add_places()
        facts: dict[tuple[NameKind, str, str], list[str]] = {}
        for essay in records.essays():
            for fact in _facts(essay, self.lexicon):
                facts.setdefault(fact, []).append(essay.essay_id)
        for (kind, value, written), ids in facts.items():
            self._add(written, Referent(kind, value, tuple(ids)))
        self.longest = max(map(len, self.lexicon), default=2)
        words = {*filter(is_word, self.lexicon), *gazetteer.unlisted_words()}
        self.tokenizer = Tokenizer(sorted(words))
        kinds = {written: first.kind for written, (first, *_) in self.lexicon.items()}
        self.numbers = [key for key, kind in kinds.items() if kind == "document_number"]
        self.has_issues = "issue" in kinds.values()
        named = (key for key, kind in kinds.items() if kind in ("place", "person"))
        self.known = Vocabulary(key for key in named if len(key) > 2)

    def _add_places(self) -> None:
        own, around = self.places.own, self.places.around
        for place in dict.fromkeys((*own, *around)):
            for written in gazetteer.variants(place, place in own):
                standard = gazetteer.full_place(written) or place
                if standard == place or not gazetteer.is_major(standard):  # 吉林 is the province
                    ids = own.get(place) or around[place]
                    self._add(written, Referent("place", place, tuple(ids)))

    def _add(self, written: str, referent: Referent) -> None:
        """Add what a word means: only places share one."""
        found = self.lexicon.setdefault(fold(written), [])
        if not found or found[0].kind == referent.kind == "place":
            found.append(referent)

    def meant(self, referent: Referent) -> tuple[str, ...]:
        """Return the essays of a name, and those that hold it and state no place or author."""
        unstated = self._unstated.get(referent.kind)
        if unstated is None or not referent.essays:
            return referent.essays
        is_place = referent.kind == "place"
        written = gazetteer.variants(referent.value)[-1] if is_place else referent.value
        titled = () if is_place else self.titles.holding(written)
        holding = self.records.essays_of(self.records.holding(written, unstated))
        return tuple(dict.fromkeys((*referent.essays, *titled, *holding)))

    def find(self, question: str) -> Named:
        """Return the names in `question`."""
        return _NameSearch(self, question).named()


def _facts(essay: Essay, places: Container[str]) -> Iterator[tuple[NameKind, str, str]]:
    """What an essay is known by, beside its title and its places: kind, value, as written."""
    for author in _authors(essay):
        yield "person", author, author
    for part in re.split(r"[、，,\s]", f"{essay.office or ''} {essay.issuer or ''}"):
        if len(body := gazetteer.body_of(part, places)) >= _LEAST_BODY:
            yield "office", body, body
    if essay.publication:
        yield "publication", essay.publication, essay.publication
    if essay.issue:
        yield "issue", essay.issue, f"第{essay.issue}期"
    if number := essay.document_number:
        yield "document_number", number, plain(_NUMBER.sub(_number, fold(number)))


def _authors(essay: Essay) -> list[str]:
    return [author for author in (essay.author or "").split("、") if len(author) > 1]


class _NameSearch:
    """The search of one question. What is found is blanked, so that it is not found again."""

    def __init__(self, names: Names, question: str) -> None:
        self._names, self._records, self._titles = names, names.records, names.titles
        self._question = question
        self._at = [at for at, character in enumerate(question) for _ in fold(character)]
        self._text = self._free = "".join(map(fold, question))
        self._gone: list[Span] = []  # what is no part of `rest`
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
        for match in gazetteer.unlisted(self._free):  # what can be nothing but a place
            self._look_up("place", [match.group(1)], *match.span(1))
        excluded = self._excluded()
        return Named(
            tuple(name for name in sorted(self._found, key=_start) if name not in excluded),
            tuple(sorted(self._mentioned, key=_start)),
            tuple(absent for _, absent in sorted(self._absent, key=itemgetter(0))),
            tuple(sorted(excluded, key=_start)),
            self._rest(),
        )

    def _excluded(self) -> list[Name]:
        """The names that are left out; the words that say so go with them."""
        excluded: list[Name] = []
        for match in _EXCEPT.finditer(self._text):
            first, last = self._at[match.start(1)], self._at[match.end(1) - 1]
            if apart := [name for name in self._found if first <= name.start <= last]:
                excluded += apart
                self._gone.append(match.span())
        return excluded

    def _rest(self) -> str:
        left = list(self._question)
        for start, end in self._gone:
            for at in self._at[start:end]:
                left[at] = " "
        return " ".join("".join(left).split()).lstrip("，、；：,;: ")

    def _blank(self, start: int, end: int) -> None:
        self._free = self._free[:start] + _TAKEN * (end - start) + self._free[end:]

    def _take(self, referent: Referent, start: int, end: int) -> Name:
        """Make a name of a stretch of the folded text, which is then gone."""
        self._blank(start, end)
        self._gone.append((start, end))
        first, last = self._at[start], self._at[end - 1] + 1
        text = self._question[first:last]
        return Name(text, referent.kind, referent.value, first, last, referent.essays)

    def _find(self, referent: Referent, start: int, end: int) -> None:
        meant = replace(referent, essays=self._names.meant(referent))
        self._found.append(self._take(meant, start, end))

    def _look_up(
        self, kind: NameKind, forms: Iterable[str], start: int, end: int, near: str | None = None
    ) -> None:
        """Take a name that no essay is about: held by some text, or absent."""
        tried = list(forms)
        held = next(filter(self._records.holding, tried), None)
        name = self._take(Referent(kind, held or tried[0]), start, end)
        essays: Sequence[str] = ()
        if not held or kind == "person":
            essays = [essay for form in tried for essay in self._titles.holding(form)]
        if held and not essays and self._is_beside(name):
            essays = self._records.essays_of(self._records.holding(held))
        if essays:
            self._found.append(replace(name, essays=tuple(dict.fromkeys(essays))))
        elif held:
            self._mentioned.append(name)
        else:
            self._absent.append((name.start, Absent(name.text.strip("《》"), near)))

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
        for match in _GIVEN.finditer(self._text):
            given = match.group(1)
            known = [r for r in self._names.lexicon.get(given, ()) if r.kind == "publication"]
            if found := next(iter(known), None) or self._titles.given(given):
                self._find(found, *match.span())
            else:
                self._look_up("title", [given], *match.span(), self._titles.near(given))
        for match in _QUOTED.finditer(self._free):
            if whole := self._titles.whole(match.group(1)):
                self._find(whole, *match.span())
            self._blank(*match.span())  # what it names is part of a term
        for start, end, standing in self._titles.standing(self._free):
            self._find(standing, start, end)

    def _find_numbers(self) -> None:
        for match in _NUMBER.finditer(self._free):
            number, (start, end) = _number(match), match.span()
            written = plain(self._free[:start]) + number
            known = max(filter(written.endswith, self._names.numbers), key=len, default="")
            if known:
                self._find(self._names.lexicon[known][0], start - len(known) + len(number), end)
            else:
                self._look_up("document_number", [number], start, end)
        for match in _ISSUE.finditer(self._free) if self._names.has_issues else ():
            issue = self._names.lexicon.get(f"第{match.group(1)}期")
            if issue:
                self._find(issue[0], *match.span())
            else:
                self._look_up("issue", [match.group()], *match.span())

    def _find_known(self) -> None:
        """Take what the corpus is known by, and the places of the standard."""
        places: list[_Place] = []
        longest = max(self._names.longest, gazetteer.LONGEST)
        spans = gazetteer.spans(self._free, self._pieces()[0], self._meanings, longest)
        for start, end in spans:
            found = self._meanings(self._free[start:end])
            if found[0].kind == "place":
                self._add_place(places, start, end, found)
            elif self._is_meant(found[0], start, end):
                self._find(found[0], start, end)
        for start, end, found in sorted(places, key=lambda place: not place[2][0].essays):
            if not found[0].essays:  # nor has another: only of what is known is there more than one
                self._find_foreign(start, end, found[0].value)
            for referent in found if found[0].essays else ():
                self._find(referent, start, end)

    def _meanings(self, word: str) -> list[Referent]:
        """What a word means here, or else in the standard."""
        place = gazetteer.full_place(word)
        return self._names.lexicon.get(word) or ([Referent("place", place)] if place else [])

    def _add_place(self, places: list[_Place], start: int, end: int, found: list[Referent]) -> None:
        """Add a place; one in another that is written before it is one name with that."""
        zone = gazetteer.ZONE.match(self._free, end)
        whole = self._free[start : zone.end()] if zone else ""
        if zone and (self._records.holding(whole) or found[0].value not in self._names.places.own):
            end, found = zone.end(), [Referent("place", whole)]  # 安庆高新区 is not 安庆
        if places and places[-1][1] == start:
            first, _, outer = places[-1]
            if any(gazetteer.lies_in(r.value, o.value) for r in found for o in outer):
                start = first
                places.pop()
        places.append((start, end, found))

    def _is_meant(self, referent: Referent, start: int, end: int) -> bool:
        """Whether a known name that may be a common word is meant as a name here."""
        if referent.kind == "office":
            return self._titles.is_sole(referent, self._free[start:end])
        usual = referent.kind == "person" and gazetteer.is_ordinary(referent.value)
        return not usual or self._has_post(start, end)

    def _has_post(self, start: int, end: int) -> bool:
        before = any(match.end() == start for match in _POST.finditer(self._free))
        return before or _POST.match(self._free, end) is not None

    def _find_foreign(self, start: int, end: int, place: str) -> None:
        """Take a place that no essay is about."""
        written, holding = self._free[start:end], self._records.holding
        if gazetteer.needs_rank(written, place) and holding(written) and not holding(place):
            return
        near = self._names.known.near(written)
        alike = near if near and near[:-1] == written[:-1] else None  # 太湖市; 安吉县 is no error
        forms = dict.fromkeys((written, place, *(() if alike else gazetteer.variants(place))))
        if any(map(holding, forms)) or not gazetteer.is_vague(written, place):
            self._look_up("place", forms, start, end, alike)

    def _find_titled(self) -> None:
        """Read 储部长 as the author of that surname and post."""
        _, starts, _ = self._pieces()
        for match in _POST.finditer(self._free):
            post, end = match.group(), match.start()
            begins = [s for s in (end - 2, end - 1) if s in starts]
            start = next((s for s in begins if gazetteer.is_surname(self._free[s:end])), None)
            if start is None:
                continue
            surname, before = self._free[start:end], self._free[start - 1 : start]
            if authors := self._authors(surname, post):
                for author, essays in authors.items() if len(authors) <= _MANY else ():
                    self._find(Referent("person", author, tuple(essays)), start, match.end())
            elif surname == "任" or _is_han(before):  # 任校长期间
                continue
            elif not self._records.holding(post + surname):
                self._look_up("person", [surname + post], start, match.end())

    def _authors(self, surname: str, post: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for essay in self._records.essays():
            if post in (essay.office or "") or post in gazetteer.POLITE:
                for author in _authors(essay):
                    if author.startswith(surname):
                        found.setdefault(author, []).append(essay.essay_id)
        return found

    def _find_people(self) -> None:
        """Take people who wrote nothing here, by the post beside their name, here or in a text."""
        pieces, _, ends = self._pieces()
        for word, start, piece_end in pieces:
            surname = next((w for w in (word[:2], word[:1]) if gazetteer.is_surname(w)), "")
            given = start + len(surname)
            for end in (given + 2, given + 1) if surname else ():
                text, whole = self._free[start:end], piece_end in (given, end)
                if end in ends and whole and gazetteer.is_person(text, surname):
                    begins = not _is_han(self._free[start - 1 : start])
                    in_text = end == given + 2 and self._has_post_in_text(text)
                    if in_text or (begins and self._has_post(start, end)):
                        self._look_up("person", [text], start, end)
                    break

    def _has_post_in_text(self, name: str) -> bool:
        titled = re.compile(f"{gazetteer.POST}{name}|{name}{gazetteer.POST}")
        passages = self._records.passages(self._records.holding(name)[:_FEW])
        return any(titled.search(plain(passage.text)) for passage in passages)

    def _find_misspelt(self) -> None:
        """Take what differs from a known name in one character, and stands in no text."""
        _, starts, ends = self._pieces()
        for start in sorted(starts):
            for end in range(start + 3, min(len(self._free), start + self._names.longest + 1) + 1):
                text = self._free[start:end]
                if end not in ends or not is_word(text) or frequency(text):
                    continue
                near = self._names.known.near(text)
                if near and self._fits(text, near) and not self._records.holding(text):
                    self._look_up("place", [text], start, end, self._names.lexicon[near][0].value)
                    break

    def _fits(self, text: str, near: str) -> bool:
        """Whether a text can be a name of the kind that a known one is of."""
        if self._names.lexicon[near][0].kind == "place":
            return gazetteer.is_place_name(text) and text[-1] in gazetteer.RANKS
        return gazetteer.is_surname(text[0]) and len(text) == len(near)


def _is_han(character: str) -> bool:
    return "一" <= character <= "鿿"


def _number(match: re.Match[str]) -> str:
    return f"〔{match.group(1)}〕{int(match.group(2))}号"
