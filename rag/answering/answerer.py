"""The way of a question: request → names → meanings → evidence → composer → checked answer."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from rag.answering import claims, compose
from rag.answering.compose import SIDES, census
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.thresholds import ANSWER
from rag.answering.conversation import (
    Meaning,
    State,
    affirms,
    goes_on,
    meanings,
    returns,
    wants_more,
)
from rag.answering.draft import Draft, label
from rag.answering.evidence import (
    READ,
    READ_MANY,
    Gatherer,
    Query,
    Weighed,
    both,
    likelier,
)
from rag.answering.features import Asked
from rag.answering.form import Form
from rag.answering.named import Name, Named
from rag.answering.naming import Names
from rag.answering.reader import OnnxReader
from rag.answering.remembered import Conversations
from rag.answering.replies import HELP, answer_of, refusal_of
from rag.answering.request import Request, read_request, says_more
from rag.answering.scope import Scope, scope_of
from rag.answering.topic import has_topic
from rag.encoding import Encoder
from rag.figures import year_spellings
from rag.index import Generation
from rag.retrieval import Retriever
from rag.types import Answer, Filters
from rag.words import pieces

REMEMBERED = 8  # earlier turns that are read again where their state is not kept
_STAYS = 2.0  # times the odds of what answers in the essays of the conversation
_GOES = 0.5  # ... outside of them, where the question names nothing that stands there alone
_LEAVES = 0.45  # share of its evidence that a reading which leaves the conversation must win by
_YEARS = 3  # years of a question that are looked up: each is a look through all texts
_SURE = 0.7  # probability from which words in a conversation are small talk: 收到谢谢
_META = 0.5  # probability from which a request is about the program itself


class Answerer:
    """Answers questions on the essays of one generation. Thread-safe."""

    def __init__(
        self,
        generation: Generation,
        retriever: Retriever,
        reader: OnnxReader | None,
        encoder: Encoder | None,
    ) -> None:
        self.records = generation.records
        self.names = Names(self.records)
        self.gatherer = Gatherer(generation, retriever, reader)
        self._retriever = retriever
        # the classifier knows the vectors of the default encoder alone
        self._known_vectors = encoder is not None and encoder.name == "default"
        self._conversations = Conversations()

    def answer(
        self, text: str, history: Sequence[str], filters: Filters, whole: str | None = None
    ) -> Answer:
        """Answer `text`, or refuse with the reason and the nearest passages.

        `whole` is `text` as it stands alone. Where it is answered, the conversation goes on from
        there; where not, it is as if nobody had put it so.
        """
        began = time.perf_counter()
        before = self._state_after(tuple(history)) if whole is None else State()
        answer, state = self._turn(text if whole is None else whole, before, filters)
        if filters == Filters() and not (whole and answer.abstained):
            self._conversations.keep((*history, text), state)
        seconds = {**answer.seconds, "answer": time.perf_counter() - began}
        return replace(answer, seconds=seconds)

    def weigh(self, text: str) -> Weighed:
        """Return the features of all that a question finds, for training the evidence model."""
        request = self._read(text)
        named = self._named(request)
        (meaning,) = meanings(request, named, State())
        _, query = self._context(request, meaning, named, Filters())
        return self.gatherer.weigh(query)

    def take_over(self, before: "Answerer") -> None:
        """Go on with the conversations of an earlier generation, as far as its essays are here."""
        here, there = self.records, before.records

        def is_same(essay_id: str) -> bool:
            try:
                known = here.essay(essay_id) == there.essay(essay_id)
            except KeyError:
                return False
            return known and here.paragraphs(essay_id) == there.paragraphs(essay_id)

        def renewed(name: Name) -> Name | None:
            found = (each for each in self.names.find(name.text).names if each.value == name.value)
            return next((replace(name, essays=each.essays) for each in found), None)

        self._conversations.take_over(before._conversations, is_same, renewed)

    def _read(self, text: str) -> Request:
        """Read a request; where the encoder fails, by its words alone."""
        vector = self._retriever.vector(text) if self._known_vectors and text.strip() else None
        request = read_request(text, vector=vector)
        if request.core in {"", text}:
            return request
        core = self._retriever.vector(request.core) if vector is not None else None
        alone = read_request(request.core, vector=core)  # a greeting moves the kinds a little
        return replace(request, kinds=alone.kinds) if alone.kind == request.kind else request

    def _named(self, request: Request) -> Named:
        """The names of what is asked; what is left out may stand outside of it (不提太湖县)."""
        said = request.core if request.core and not returns(request.text) else request.text
        named = self.names.find(said)
        excluded = self.names.find(request.text).excluded
        return replace(named, excluded=excluded) if excluded else named

    # The conversation.

    def _state_after(self, history: tuple[str, ...]) -> State:
        """The state after the earlier questions; what was asked before is not asked again.

        Where none is kept (an essay has changed, or the program began anew), the last question that
        leans on no other is answered again, and what came after it. The state is that of the
        conversation without limits set by hand: these hold for one turn.
        """
        known, state = self._conversations.known(history)
        begin = max(known, len(history) - REMEMBERED)
        for at in range(len(history) - 1, begin, -1):
            if self._stands_alone(history[at]):
                _, after = self._turn(history[at], State(), Filters())
                if after.topic or after.names:  # it was answered
                    earlier = (self._named(self._read(turn)) for turn in history[begin:at])
                    names = [*state.recent, *(name for each in earlier for name in each.names)]
                    begin, state = at + 1, replace(after, recent=_latest(*names, *after.recent))
                    self._conversations.keep(history[:begin], state)
                    break
        for at in range(begin, len(history)):
            _, state = self._turn(history[at], state, Filters())
            self._conversations.keep(history[: at + 1], state)
        return state

    def _stands_alone(self, text: str) -> bool:
        """Whether a question means the same whatever was asked before it."""
        request = self._read(text)
        if request.kind == "smalltalk":
            return False
        after_any = State(topic=text)
        return not any(m.leans for m in meanings(request, self._named(request), after_any))

    # One turn.

    def _turn(self, text: str, state: State, filters: Filters) -> tuple[Answer, State]:
        """Return the answer to one question, and the state after it."""
        meant, state = state.asked_back, replace(state, asked_back="")
        if not (meant and affirms(text)):
            return self._answered(text, state, filters)
        answer, after = self._answered(meant, state, filters)
        return replace(answer, question=text, understood=meant), after

    def _answered(self, text: str, state: State, filters: Filters) -> tuple[Answer, State]:
        request = self._read(text)
        if request.kind == "smalltalk" and (state.topic or state.names or state.refused):
            request = _going_on(request, text, state)
        meaning = Meaning(text, text, (), request.kind, request.form)
        try:
            if request.kind == "smalltalk":
                raise Refused(HELP)
            if not self.records.essays():
                raise Refused(claims.EMPTY)
            if request.kinds.get("meta", 0.0) >= _META and request.core and not state.topic:
                return self._held(request, meaning, filters), state
            named = self._named(request)
            if named.absent:
                raise _absent(request.core, named)
            self._check_years(request.core)
            context = self._understood(request, named, state, filters)
            meaning = context.meaning
            coverage = compose.write(context)
        except Refused as refusal:
            if refusal.instead:
                known = state if state.topic or state.names else self._begun(refusal.instead)
                state = replace(known, asked_back=refusal.instead)
            elif refusal.evidence:  # all that it names stands somewhere: more may be said of it
                state = replace(state, refused=meaning)
            return refusal_of(text, meaning, refusal), state
        draft = context.draft
        if same := context.scope.reprints(draft.cited):
            draft.note(same)
        after = State(
            topic=meaning.topic,
            names=meaning.names,
            essays=tuple(draft.essays),
            kind=meaning.kind,
            form=meaning.form,
            limit=meaning.essays,
            items=tuple(draft.items),
            recent=_latest(*state.recent, *meaning.names),
            read=_latest(*state.read, *self._alone(draft.essays)),
        )
        answer = answer_of(text, meaning, *draft.finish(), context.evidence)
        return replace(answer, coverage=coverage), after

    def _alone(self, essays: Iterable[str]) -> Iterator[Name]:
        """Give the one document that all of an answer is of, as a name."""
        every = [self.records.essay(each) for each in essays]
        if len({essay.document for essay in every}) == 1:
            ids = tuple(essay.essay_id for essay in every)
            yield Name("", "title", label(every[0]), 0, 0, ids)

    def _begun(self, question: str) -> State:
        """The state of a conversation that begins with a question that nobody has answered yet."""
        request = self._read(question)
        named = self._named(request)
        return State(named.rest, named.names, (), request.kind, request.form)

    def _check_years(self, core: str) -> None:
        """Refuse a question on a year that stands in no text and that no essay is of."""
        essays = self.records.essays()
        for year in sorted(Asked(core, {}).years)[:_YEARS]:
            of_it = any(year in f"{essay.called}{essay.date or ''}" for essay in essays)
            if not of_it and not any(map(self.records.holding, year_spellings(year))):
                raise Refused(claims.not_held([year]))

    def _held(self, request: Request, meaning: Meaning, filters: Filters) -> Answer:
        """Answer a question on the program: only what the corpus holds can be cited."""
        if request.wanted not in {"count", "document_fact"}:
            raise Refused(HELP)
        draft = Draft()
        essays = Scope(self.records.essays_where(filters)).counted
        census.held(essays, self.gatherer.trees, draft, within=filters != Filters())
        return answer_of(request.text, meaning, *draft.finish())

    def _understood(
        self, request: Request, named: Named, state: State, filters: Filters
    ) -> Context:
        """Choose among the ways to read a question by the evidence that each finds."""
        best, most = None, 0.0
        phrases = request.quoted
        leaves = _LEAVES if state.topic or state.names else 1.0  # nothing to leave
        for meaning in meanings(request, named, state):
            if best is not None and most >= leaves:
                break  # no evidence would win: it is not read
            try:
                context, query = self._context(request, meaning, named, filters)
            except Refused:  # its scope is empty
                continue
            evidence = context.weighed(query)
            if meaning.joined:
                asked = replace(query.asked, text=meaning.joined)
                evidence = both(evidence, context.weighed(replace(query, asked=asked)))
            context = context.with_evidence(evidence)
            weight = context.best
            if meaning.leans:
                context = context.with_evidence(likelier(evidence, _STAYS))
                weight *= not self._is_elsewhere(phrases, context.scope.ids)
            elif leaves < 1.0 and not self._names_what_is_elsewhere(named, phrases, state):
                context = context.with_evidence(likelier(evidence, _GOES, but=state.essays))
            if best is None or weight * leaves > most:
                best, most = context, weight
        if best is None:
            raise Refused(claims.OUT_OF_SCOPE)
        wider = self._wider(request, best, named, filters) if best.best < ANSWER else best
        return wider if wider.best >= ANSWER else best

    def _wider(self, request: Request, context: Context, named: Named, filters: Filters) -> Context:
        """The same question of what lies in its places, too: they may have essays of their own."""
        meaning, around = context.meaning, self.names.places.around
        names = tuple(
            replace(name, essays=tuple(dict.fromkeys((*name.essays, *around.get(name.value, ())))))
            if name.kind == "place"
            else name
            for name in meaning.names
        )
        if names == meaning.names or meaning.essays:
            return context
        own = replace(named, names=names)
        wider, query = self._context(request, replace(meaning, names=names), own, filters)
        return wider.with_evidence(wider.weighed(query))

    def _is_elsewhere(self, phrases: Sequence[str], essays: Collection[str]) -> bool:
        """Whether a phrase that is asked about stands in the corpus, but not in these essays."""
        holding = self.records.holding
        return any(holding(text) and not holding(text, essays) for text in phrases)

    def _names_what_is_elsewhere(self, named: Named, phrases: Sequence[str], state: State) -> bool:
        """Whether a question says by a name or a word that it leaves the conversation."""
        if named.names or named.mentioned:
            return True
        words = [word for word, _, _ in pieces(named.rest) if has_topic(word)]
        return self._is_elsewhere(phrases or words, state.essays)

    def _context(
        self, request: Request, meaning: Meaning, named: Named, filters: Filters
    ) -> tuple[Context, Query]:
        """Return what a composer needs of one way to read a question, and what is asked for it.

        What the reader set by hand wins over the essays of the conversation.
        """
        looked_up = meaning.kind == "census" and request.kind != "census"
        if meaning.leans and (looked_up or not request.core):  # 北京的那篇呢, 列个表
            request = replace(self._read(meaning.text), form=meaning.form)
        if meaning.kind != request.kind:  # 后备的呢 after 选多少名 asks for a number
            request = replace(request, kind=meaning.kind, kinds={meaning.kind: 1.0})
        own = replace(named, names=meaning.names) if meaning.leans else named
        by_hand = filters != Filters()
        if meaning.essays and not by_hand:
            scope = Scope(e for e in self.records.essays() if e.essay_id in meaning.essays)
        else:
            scope = scope_of(own, filters, self.records)
        if not scope:
            raise Refused(claims.OUT_OF_SCOPE)
        limited = meaning.names or meaning.essays or named.excluded or by_hand
        listing = compose.lists_measures(request, meaning) and meaning.kind not in SIDES
        query = Query(
            Asked(meaning.text, request.kinds, request.quoted),
            Filters(essay_id=tuple(sorted(scope.ids))) if limited else Filters(),
            READ_MANY if listing or meaning.kind in _MANY else READ,
            [name.text for name in named.mentioned],
            lists=listing,
        )
        return Context(self.records, self.gatherer, request, meaning, own, scope), query


def _latest(*names: Name) -> tuple[Name, ...]:
    """The last five that differ."""
    return tuple({name.value: name for name in names}.values())[-5:]


def _going_on(request: Request, text: str, state: State) -> Request:
    """What looks like small talk goes on with the conversation if it says a thing: 再短一点."""
    told = says_more(text) and request.kinds["smalltalk"] < _SURE
    core = text if told or goes_on(text) else ""
    says = core or request.form != Form() or wants_more(text)
    kind = state.refused.kind if state.refused else state.kind
    return replace(request, core=core, kind=kind) if says else request


def _absent(core: str, named: Named) -> Refused:
    """Why a question on names that no text holds is refused, and which question may be meant."""
    for absent in named.absent:
        if absent.suggestion:
            instead = core.replace(absent.text, absent.suggestion)
            return Refused(claims.meant(absent.text, instead), instead=instead)
    return Refused(claims.not_held([absent.text for absent in named.absent]))


_MANY = {"list", "compare", "census", "summary", "write"}  # kinds for which much is read
