"""The way of a question: request → names → meanings → evidence → composer → checked answer."""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering import claims, compose
from rag.answering.compose import census
from rag.answering.compose.composed import Composed
from rag.answering.compose.context import Context, Refused, of_post
from rag.answering.conversation import Meaning, State, meanings
from rag.answering.draft import Draft
from rag.answering.evidence import READ, READ_MANY, Evidence, Gatherer, Weighed
from rag.answering.features import Asked
from rag.answering.form import Form, has_content
from rag.answering.named import Named
from rag.answering.naming import Names
from rag.answering.reader import OnnxReader
from rag.answering.request import Request, read_request
from rag.answering.scope import Scope, scope_of
from rag.answering.topic import has_topic, nouns, term
from rag.answering.tree import Trees
from rag.blocks import Note, Text
from rag.encoding import Encoder
from rag.figures import year_spellings
from rag.index import Generation
from rag.render.markdown import markdown
from rag.retrieval import Retriever
from rag.types import Answer, Citation, Coverage, Filters, Kind

NEAREST = 3  # passages shown beside a refusal
REMEMBERED = 8  # earlier turns that are read again where their state is not kept
_KEPT = 2_000  # states of conversations
_PREFER = 0.5  # share of the best reading's evidence at which the first reading is kept
_LEAVES = 0.2  # ... where the other one leaves the conversation
_RARE = 3  # essays at most that hold a word which can only mean them
_YEARS = 3  # years of a question that are looked up: each is a look through all texts
_HELP = (
    "我根据已收录的材料回答问题，每句话都注明出自哪一段。可以这样问：某地在某方面有哪些措施；"
    "某个提法是谁提出的、具体指什么；各地在某方面分别怎么做；哪些地方提到了某项工作。"
)
_NEXT = "可以换个说法、去掉一个词再问，或者选定地点、文章后再问。"
_META = 0.5  # probability from which a request is about the program itself


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer, and what the conversation stands on after it."""

    answer: Answer
    state: State


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
        self.trees = Trees(self.records)
        self.gatherer = Gatherer(generation, retriever, self.trees, reader)
        self._retriever = retriever
        # the classifier knows the vectors of the default encoder alone
        self._known_vectors = encoder is not None and encoder.name == "default"
        self._states: OrderedDict[tuple[str, ...], State] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, text: str, history: Sequence[str], filters: Filters) -> Answer:
        """Answer `text`, or refuse with the reason and the nearest passages."""
        began = time.perf_counter()
        state = self._state_after(tuple(history))
        turn = self._turn(text, state, filters)
        if filters == Filters():
            self._keep((*history, text), turn.state)
        seconds = {**turn.answer.seconds, "answer": time.perf_counter() - began}
        return replace(turn.answer, seconds=seconds)

    def weigh(self, text: str) -> Weighed:
        """Return the features of all that a question finds, for training the evidence model."""
        request = self._read(text)
        named = self._named(request)
        (meaning,) = meanings(request, named, State(), has_topic)
        scope = self._scope(meaning, named, Filters())
        return self.gatherer.weigh(*self._wanted(request, meaning, named, scope, Filters()))

    def _read(self, text: str) -> Request:
        """Read a request; where the encoder fails, by its words alone."""
        vector = self._retriever.vector(text) if self._known_vectors and text.strip() else None
        return read_request(text, vector=vector)

    # The conversation.

    def _state_after(self, history: tuple[str, ...]) -> State:
        """The state after the earlier questions; what was asked before is not asked again.

        It is that of the conversation without limits set by hand: these hold for one turn.
        """
        for known in range(len(history), -1, -1):
            with self._lock:
                state = self._states.get(history[:known])
            if state is not None:
                break
        else:
            known, state = max(0, len(history) - REMEMBERED), State()
        known = max(known, len(history) - REMEMBERED)
        for at in range(known, len(history)):
            state = self._turn(history[at], state, Filters()).state
            self._keep(history[: at + 1], state)
        return state

    def _keep(self, history: tuple[str, ...], state: State) -> None:
        with self._lock:
            self._states[history] = state
            self._states.move_to_end(history)
            while len(self._states) > _KEPT:
                self._states.popitem(last=False)

    # One turn.

    def _turn(self, text: str, state: State, filters: Filters) -> _Answered:
        request = self._read(text)
        if request.kind == "smalltalk" and (state.topic or state.names):
            request = _going_on(request, text, state)
        named = self._named(request)
        made = Composed(Draft())
        meaning = Meaning(text, text, (), request.kind, request.form)
        try:
            if request.kind == "smalltalk":
                raise Refused(_HELP)
            if not self.records.essays():
                raise Refused(claims.EMPTY)
            if request.kinds.get("meta", 0.0) >= _META and request.core and not state.topic:
                if request.wanted not in {"count", "document_fact"}:
                    raise Refused(_HELP)
                essays = [e for e in self.records.essays_where(filters) if e.kind == "essay"]
                census.held(essays, self.records, made)
                return self._done(text, meaning, made, None, [], state)
            if named.absent:
                raise Refused(_absent(request.core, named))
            self._check_years(request.core)
            meaning, scope, evidence = self._understood(request, named, state, filters)
            request = _of_kind(request, meaning)
            coverage = compose.write(
                Context(
                    self.records, self.trees, self.gatherer,
                    request, meaning, named, scope, evidence, made,
                )
            )  # fmt: skip
            if same := scope.reprints(made.draft.cited):
                made.draft.note(same)
        except Refused as refusal:
            return _Answered(self._refusal(text, meaning, refusal), state)
        return self._done(text, meaning, made, coverage, evidence, state)

    def _named(self, request: Request) -> Named:
        """The names of what is asked; what is left out may stand outside of it (不提太湖县)."""
        named = self.names.find(request.core or request.text)
        excluded = self.names.find(request.text).excluded
        return replace(named, excluded=excluded) if excluded else named

    def _check_years(self, core: str) -> None:
        """Refuse a question on a year that stands in no text and that no essay is of."""
        essays = self.records.essays()
        for year in sorted(Asked(core, {}).years)[:_YEARS]:
            of_it = any(year in f"{essay.called}{essay.date or ''}" for essay in essays)
            if not of_it and not any(map(self.records.holding, year_spellings(year))):
                raise Refused(claims.not_held([year]))

    def _done(
        self, text: str, meaning: Meaning, made: Composed, coverage: Coverage | None,
        evidence: Sequence[Evidence], state: State,
    ) -> _Answered:  # fmt: skip
        blocks, citations = made.draft.finish()
        answer = Answer(
            question=text,
            kind=_kind(meaning.kind),
            text=markdown(blocks),
            blocks=blocks,
            citations=citations,
            abstained=False,
            reason=None,
            coverage=coverage,
            understood=meaning.text if meaning.leans else None,
            likely=evidence[0].probability if evidence else None,
        )
        if meaning.kind == "meta":
            return _Answered(answer, state)
        after = State(
            topic=meaning.topic,
            names=meaning.names,
            essays=tuple(made.essays),
            kind=meaning.kind,
            form=meaning.form,
            limit=meaning.essays,
            items=tuple(made.items),
            recent=tuple({n.value: n for n in (*state.recent, *meaning.names)}.values())[-5:],
        )
        return _Answered(answer, after)

    def _understood(
        self, request: Request, named: Named, state: State, filters: Filters
    ) -> tuple[Meaning, Scope, list[Evidence]]:
        """Choose among the ways to read a question by the evidence that each finds."""
        best: tuple[float, Meaning, Scope, list[Evidence]] | None = None
        refused: Refused | None = None
        phrases = request.quoted
        if (
            not phrases
            and request.kind == "define"
            and (defined := term(named.rest, self.records.holding))
        ):
            phrases = (defined,)
        for meaning in meanings(request, named, state, has_topic):
            try:
                scope = self._scope(meaning, named, filters)
            except Refused as refusal:
                refused = refused or refusal
                continue
            evidence = self.gatherer.evidence(
                *self._wanted(request, meaning, named, scope, filters)
            )
            evidence = of_post(request, named, evidence)
            weight = evidence[0].probability if evidence else 0.0
            if meaning.leans and self._is_elsewhere(phrases, named.rest, scope):
                weight = 0.0
            if best is None or weight * (_PREFER if meaning.leans else _LEAVES) > best[0]:
                best = (weight, meaning, scope, evidence)
        if best is None:
            raise refused or Refused(claims.OUT_OF_SCOPE)
        return best[1:]

    def _is_elsewhere(self, phrases: Sequence[str], asked: str, scope: Scope) -> bool:
        """Whether what is asked about stands in the corpus, but not in this scope.

        A phrase counts wherever it stands, a noun only where a few essays hold it.
        """
        holding, essays_of = self.records.holding, self.records.essays_of
        few = (noun for noun in nouns(asked) if len(essays_of(holding(noun))) <= _RARE)
        return any(holding(text) and not holding(text, scope.ids) for text in (*phrases, *few))

    def _scope(self, meaning: Meaning, named: Named, filters: Filters) -> Scope:
        """The essays that a meaning lets through; what the reader set by hand wins."""
        essays: tuple[str, ...] | None = meaning.essays
        if filters != Filters():
            essays = None
        own = replace(named, names=meaning.names) if meaning.leans else named
        scope = scope_of(own, filters, self.records)
        if essays:
            kept = set(essays)
            scope = Scope(essay for essay in self.records.essays() if essay.essay_id in kept)
        if not scope:
            raise Refused(claims.OUT_OF_SCOPE)
        return scope

    def _wanted(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope, filters: Filters
    ) -> tuple[Asked, Filters, int, list[str]]:
        """What is asked of the gatherer."""
        request = _of_kind(request, meaning)
        many = meaning.kind in {"list", "compare", "census", "summary", "write"}
        limited = bool(meaning.names or meaning.essays or named.excluded) or filters != Filters()
        return (
            Asked(meaning.text, request.kinds, request.quoted),
            Filters(essay_id=tuple(sorted(scope.ids))) if limited else Filters(),
            READ_MANY if many else READ,
            [name.text for name in named.mentioned],
        )

    # Refusing.

    def _refusal(self, text: str, meaning: Meaning, refusal: Refused) -> Answer:
        help_ = refusal.reason is _HELP
        nearest = _nearest(refusal.evidence)
        reason = refusal.reason
        ended = reason if reason[-1] in "。？" else f"{reason}。"
        said = ended if help_ or reason == claims.EMPTY else f"{ended}{_NEXT}"
        blocks = (Note((Text(said),)),)
        return Answer(
            question=text,
            kind="help" if help_ else _kind(meaning.kind),
            text=markdown(blocks),
            blocks=blocks,
            citations=(),
            abstained=True,
            reason=reason,
            nearest=nearest,
            understood=meaning.text if meaning.leans else None,
            likely=refusal.evidence[0].probability if refusal.evidence else None,
        )


def _of_kind(request: Request, meaning: Meaning) -> Request:
    """The request as one of the kind of its meaning: 后备的呢 after 选多少名 asks for a number."""
    if meaning.kind == request.kind:
        return request
    return replace(request, kind=meaning.kind, kinds={meaning.kind: 1.0})


def _going_on(request: Request, text: str, state: State) -> Request:
    """What looks like small talk goes on with the conversation if it says a thing: 再短一点."""
    core = text if has_content(text) else ""
    says = core or request.form != Form()
    return replace(request, core=core, kind=state.kind) if says else request


def _absent(core: str, named: Named) -> str:
    """Why a question on names that no text holds is refused."""
    for absent in named.absent:
        if absent.suggestion:
            return claims.meant(absent.text, core.replace(absent.text, absent.suggestion))
    return claims.not_held([absent.text for absent in named.absent])


def _nearest(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """The passages that the evidence ranks first, whole."""
    passages = list(dict.fromkeys(each.hit.passage.passage_id for each in evidence))[:NEAREST]
    found = []
    for number, passage_id in enumerate(passages, start=1):
        each = next(e for e in evidence if e.hit.passage.passage_id == passage_id)
        passage, sentence = each.hit.passage, each.sentence
        found.append(
            Citation(
                number=number,
                paragraph=sentence.paragraph,
                essay=sentence.essay,
                quote=passage.text,
                start=passage.start,
                end=passage.end,
                trail=sentence.trail,
            )
        )
    return tuple(found)


_KINDS: dict[str, Kind] = {
    "number": "number", "who": "who", "fact": "fact", "define": "define", "list": "list",
    "compare": "compare", "census": "compare", "document": "document", "meta": "document",
    "summary": "summary", "write": "list", "smalltalk": "help",
}  # fmt: skip


def _kind(kind: str) -> Kind:
    return _KINDS[kind]
