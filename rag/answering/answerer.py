"""The way of a question: request → names → meanings → evidence → composer → checked answer."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering import claims, compose, gazetteer
from rag.answering.compose import Composed, Row, label
from rag.answering.conversation import (
    Meaning,
    State,
    asks,
    chinese,
    meanings,
    ordinal,
    without_ordinal,
)
from rag.answering.draft import Draft
from rag.answering.evidence import READ, READ_MANY, Evidence, Gatherer, Weighed
from rag.answering.features import Asked
from rag.answering.form import CONTENT, Form, clauses, has_content, plain
from rag.answering.imprint import asked_document, imprint
from rag.answering.naming import Named, Names, Scope, groups, scope_of
from rag.answering.reader import Reader
from rag.answering.request import Request, read_request
from rag.answering.sides import sides
from rag.answering.tree import Trees
from rag.blocks import Note, Text
from rag.encoding import Encoder
from rag.index import Snapshot
from rag.render.markdown import markdown
from rag.retrieval import Retriever
from rag.types import Answer, Citation, Coverage, Essay, Filters, Kind
from rag.words import STOPWORDS, pieces

NEAREST = 3  # passages shown beside a refusal
REMEMBERED = 8  # earlier turns that are read again where their state is not kept
_ASKING = 4  # characters from which a word that asks says more: 哪几个, 第三 are no topic
_KEPT = 2_000  # states of conversations
_PREFER = 0.5  # share of the best reading's evidence at which the first reading is kept
_ORDINALS = 1000  # numbers of parts that are read
_YEARS = 3  # years of a question that are looked up: each is a look through all texts
_PARTS = 8  # places or essays that are compared at most
_TERM, _TERM_WORDS = 3, 5  # characters at least, words at most of a term that is looked up
_IS = frozenset("是 指 叫 即 指的是 是指 所谓 的".split())  # what joins a term and what is asked
_OF_ONE = {"who", "define", "document"}  # kinds that names kept from before do not set apart
_EVERY = 64  # essays that are each asked, where all of a corpus are compared
_SIDE = 3  # sentences for each of two things that are compared
_READ_ALL, _READ_LEAST = READ_MANY, 6  # passages read for a comparison, and for one of its parts
_CENSUS_ESSAYS = 60  # essays named one by one in a census
_HELP = (
    "我根据已收录的材料回答问题，每句话都注明出自哪一段。可以这样问：某地在某方面有哪些措施；"
    "某个提法是谁提出的、具体指什么；各地在某方面分别怎么做；哪些地方提到了某项工作。"
)
_NEXT = "可以换个说法、去掉一个词再问，或者选定地点、文章后再问。"

# What the genre calls its own parts, and how it says that something is said: no topic.
_GENERIC = frozenset(
    (
        "措施 做法 举措 办法 经验 要求 安排 部署 任务 重点 工作 内容 要点 方面 观点 建议 情况 部分 "
        "主要 具体 文章 材料 文件 报告 讲话 通知 全文 全部 所有 哪几 几个 几条 几点 几项 几方面 "
        "分别 提出 提到 讲 说 写 介绍 总结 概括 概述 展开 说明 列 列出 看 讲讲 说说 做 办 搞 采取 "
        "推出 包括 今年 年 月 日 二 三 四 五 六 七 八 九 十 多 条 点 项 个 篇 件 一共 共 总共 关于 "
        "地方 县区 各地 最多 更多 谁 换成 换 那 再 只 没 没有 别的 其他 呢 啥 咋 咋样 怎么样 "
        "对比 比较 相比 对照 区别 不同 差别 差异 异同 一样"
    ).split()
)

# Closed classes: what compares by number, and what asks for all of several.
_MOST = re.compile(r"[更最][多少]")
_EACH = re.compile(r"各(?:[县市区地省家处篇]|单位|自|有|是)|分别|都[有是]谁")
_NOT_SAID = re.compile(r"没有?(?:提|写|讲|说|谈|涉)|未(?:提|写|涉)")
_POST = re.compile(gazetteer.POST)
_TEXT = {"body", "heading", "note"}  # roles of paragraphs that state measures
_META = 0.5  # probability from which a request is about the program itself
_LISTS = 0.35  # probability of a list from which measures are listed


@dataclass(frozen=True, slots=True)
class _Turn:
    """An answer, and what the conversation stands on after it."""

    answer: Answer
    state: State


class Refused(Exception):
    """There is no answer; `reason` says why."""

    def __init__(self, reason: str, evidence: Sequence[Evidence] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class Answerer:
    """Answers questions on the essays of one generation. Thread-safe."""

    def __init__(
        self,
        generation: Snapshot,
        retriever: Retriever,
        reader: Reader | None,
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
        (meaning,) = meanings(request, named, State(), self._has_topic)
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

    def _turn(self, text: str, state: State, filters: Filters) -> _Turn:
        request = self._read(text)
        if request.kind == "smalltalk" and state.topic:
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
                self._about_corpus(filters, made)
                return self._done(text, meaning, made, None, [], state)
            if named.absent:
                raise Refused(_absent(request.core, named))
            self._check_years(request.core)
            meaning, scope, evidence = self._understood(request, named, state, filters)
            coverage = self._compose(request, meaning, named, scope, evidence, made)
            if same := scope.reprints(made.draft.cited):
                made.draft.note(same)
        except Refused as refusal:
            return _Turn(self._refusal(text, meaning, refusal), state)
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
            if not of_it and (said := claims.absent(self.records, year, None)):
                raise Refused(said)

    def _done(
        self, text: str, meaning: Meaning, made: Composed, coverage: Coverage | None,
        evidence: Sequence[Evidence], state: State,
    ) -> _Turn:  # fmt: skip
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
            return _Turn(answer, state)
        after = State(
            topic=meaning.topic,
            names=meaning.names,
            essays=tuple(made.essays),
            kind=meaning.kind,
            form=meaning.form,
            items=tuple(made.items),
            recent=tuple({n.value: n for n in (*state.recent, *meaning.names)}.values())[-5:],
        )
        return _Turn(answer, after)

    def _understood(
        self, request: Request, named: Named, state: State, filters: Filters
    ) -> tuple[Meaning, Scope, list[Evidence]]:
        """Choose among the ways to read a question by the evidence that each finds."""
        best: tuple[float, Meaning, Scope, list[Evidence]] | None = None
        refused: Refused | None = None
        phrases = request.quoted
        if not phrases and request.kind == "define" and (term := self._term(named.rest)):
            phrases = (term,)
        for meaning in meanings(request, named, state, self._has_topic):
            try:
                scope = self._scope(meaning, named, filters)
            except Refused as refusal:
                refused = refused or refusal
                continue
            evidence = self.gatherer.evidence(
                *self._wanted(request, meaning, named, scope, filters)
            )
            evidence = _of_post(request, named, evidence)
            weight = evidence[0].probability if evidence else 0.0
            if meaning.leans and self._is_elsewhere(phrases, scope):
                weight = 0.0
            if best is None or weight * _PREFER > best[0]:
                best = (weight, meaning, scope, evidence)
        if best is None:
            raise refused or Refused(claims.OUT_OF_SCOPE)
        return best[1:]

    def _is_elsewhere(self, phrases: Sequence[str], scope: Scope) -> bool:
        """Whether the corpus holds the phrases that are quoted, but not in this scope."""
        return any(
            self.records.holding(phrase) and not self.records.holding(phrase, scope.ids)
            for phrase in phrases
        )

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
        many = meaning.kind in {"list", "compare", "census", "summary", "write"}
        limited = bool(meaning.names or meaning.essays or named.excluded) or filters != Filters()
        return (
            Asked(meaning.text, request.kinds, request.quoted),
            Filters(essay_id=tuple(sorted(scope.ids))) if limited else Filters(),
            READ_MANY if many else READ,
            [name.text for name in named.mentioned],
        )

    @staticmethod
    def _has_topic(text: str) -> bool:
        """Whether words say what is asked about, beyond form and what the genre is made of."""
        simple = plain(text)
        tokens = [token for clause in clauses(simple) for token in clause]
        words = [simple[t.start : t.end].rstrip("了过着") for t in tokens if t.letter in CONTENT]
        return any(
            len(word) > 1
            and word not in STOPWORDS
            and word not in _GENERIC
            and not (len(word) < _ASKING and (asks(word) or word[0] == "第"))
            and not word.isdigit()
            for word in words
        )

    # Composing.

    def _compose(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope,
        evidence: list[Evidence], made: Composed,
    ) -> Coverage | None:  # fmt: skip
        """Write the answer: from the records where they hold it whole, else from the evidence."""
        if not meaning.seen and self._from_records(request, meaning, named, scope, made):
            return None
        kind, form = meaning.kind, meaning.form
        if meaning.seen:
            evidence = [e for e in evidence if not any(i.holds(e.sentence) for i in meaning.seen)]
            if not evidence or evidence[0].probability < compose.ANSWER:
                raise Refused(claims.NO_MORE, evidence)
        if kind == "census" or (request.lookup and request.quoted):
            coverage = self._census(request.quoted, scope, evidence, made)
            if _NOT_SAID.search(request.core):
                self._silent(request.quoted, scope, made)
            return coverage
        own = replace(named, names=meaning.names) if meaning.leans else named
        apart = kind == "compare" or _EACH.search(request.core) is not None
        if apart and len(groups(own, scope)) < 2 and (both := sides(meaning.text)):
            self._both(both, request, meaning, named, scope, evidence, made)
            return None
        if self._sets_apart(request, meaning, named, scope):
            return self._compare(request, meaning, named, scope, evidence, made)
        several = request.kinds.get("list", 0.0) + request.kinds.get("summary", 0.0) >= _LISTS
        if several or kind in {"list", "summary", "write"} or form.layout == "table":
            return self._list(request, meaning, named, scope, evidence, made)
        if not evidence or evidence[0].probability < compose.ANSWER:
            return self._mentioned(request, meaning, named, scope, evidence, made)
        compose.sentences(kind, evidence, self.trees, made, form)
        return None

    def _list(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope,
        evidence: list[Evidence], made: Composed,
    ) -> Coverage | None:  # fmt: skip
        """Write measures; what is no running text (titles, bylines) is none."""
        if meaning.kind not in {"who", "document"}:
            evidence = [each for each in evidence if each.sentence.paragraph.role in _TEXT]
        if not evidence or evidence[0].probability < compose.LIST:
            return self._mentioned(request, meaning, named, scope, evidence, made)
        if meaning.kind == "write":
            made.draft.note("以下均为原文摘录。")
        compose.listed(evidence, self.trees, made, meaning.form)
        return None

    def _from_records(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope, made: Composed
    ) -> bool:
        """Write an item on screen, a numbered part, a count or a whole essay, if that is asked."""
        if meaning.item and not self._has_topic(without_ordinal(request.core)):
            compose.unfold(meaning.item, self.trees, made)
            return True
        essays = scope.counted or scope
        if request.wanted == "imprint" and (own := asked_document(meaning.text, essays)):
            document = own[0].document
            every = self.records.essays()
            matter = [e for e in every if e.document == document and e.kind == "matter"]
            if imprint(request.core, own, matter, self.trees, made):
                return True
        limited = bool(meaning.names or meaning.essays) or len(essays) == 1
        asked = ordinal(meaning.topic) if limited and len(essays) == 1 else None
        if asked and self._part(essays[0], *asked, made):
            return True
        if limited and len(essays) == 1 and meaning.kind in {"list", "summary"}:
            tree = self.trees.of(essays[0].essay_id)
            if section := compose.section(tree, meaning.topic):
                compose.heading(essays[0], made)
                compose.whole_section(tree, section, made)
                return True
        if self._has_topic(meaning.topic):
            return False
        if _MOST.search(meaning.text):
            self._counted(named, scope, made)
            return True
        if not limited or meaning.kind in {"compare", "define"}:
            return False
        if meaning.kind in {"who", "document"}:
            return compose.bylines(essays[:_CENSUS_ESSAYS], self.trees, made)
        brief = meaning.kind == "summary" or meaning.form.detail == "short"
        room = meaning.form.length or compose.LIST_ROOM
        return compose.everything(essays, self.trees, made, leads_only=brief, room=room)

    def _mentioned(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope,
        evidence: list[Evidence], made: Composed,
    ) -> Coverage | None:  # fmt: skip
        """Where nothing answers but the bare term asked for is written somewhere, quote that."""
        define = meaning.kind == "define"
        phrase = self._phrase(request, named) or (self._term(named.rest) if define else None)
        essays = scope.counted or scope
        if phrase is None or not claims.mentions(self.records, phrase, essays).essays:
            said = [claims.absent(self.records, quoted, None) for quoted in request.quoted]
            raise Refused(next(filter(None, said), claims.UNDIRECT), evidence)
        if define:
            made.draft.note(claims.UNEXPLAINED)
        return self._census((phrase,), scope, evidence, made)

    def _sets_apart(self, request: Request, meaning: Meaning, named: Named, scope: Scope) -> bool:
        """Whether several places or essays are asked about, each by itself."""
        own = replace(named, names=meaning.names) if meaning.leans else named
        if len(groups(own, scope)) > 1:
            return not (meaning.leans and meaning.kind in _OF_ONE)
        return len(scope.counted) > 1 and (
            meaning.kind == "compare" or _EACH.search(request.core) is not None
        )

    def _part(self, essay: Essay, number: int, unit: str, made: Composed) -> bool:
        """Write the part of an essay that is asked for by its number."""
        if not 0 < number < _ORDINALS:
            return False
        tree = self.trees.of(essay.essay_id)
        leaves = [leaf for root in tree.roots for leaf in tree.leaves(root)]
        written = [n for n in tree.nodes if n.lead.startswith(f"第{chinese(number)}{unit}")]
        nodes = list(tree.roots) if unit in {"部分", "方面"} else leaves
        if not (written or nodes):
            return False
        if not written and number > len(nodes):
            raise Refused(claims.parts(len(nodes)))
        compose.heading(essay, made)
        compose.part(tree, written[0] if written else nodes[number - 1], made)
        return True

    def _counted(self, named: Named, scope: Scope, made: Composed) -> None:
        """Say who has the most measures, from the records."""
        parts = groups(named, scope)
        if len(parts) < 2:
            parts = tuple((label(essay), (essay,)) for essay in scope.counted)
        counted = []
        for name, essays in parts:
            trees = [self.trees.of(essay.essay_id) for essay in essays]
            leaves = sum(len(tree.leaves(root)) for tree in trees for root in tree.roots)
            counted.append((name, leaves))
        if not any(count for _, count in counted):
            raise Refused(claims.UNDIRECT)
        made.draft.note(claims.counts(counted))
        for _, essays in parts[:_PARTS]:
            tree = self.trees.of(essays[0].essay_id)
            if tree.roots:
                compose.heading(essays[0], made)
                compose.leads(tree, tree.roots[:4], made)

    def _phrase(self, request: Request, named: Named) -> str | None:
        """The words of a request that is no question but a bare term: 女干部, “六不”问题."""
        if request.quoted:
            return request.quoted[0]
        term = named.rest.strip(" 的，。？?")
        bare = 2 <= len(term) <= 10 and not asks(term) and not re.search(r"\s", term)
        return term if bare else None

    def _term(self, asked: str) -> str | None:
        """The term whose meaning is asked for: the longest run of words that some text holds."""
        runs: list[list[str]] = [[]]
        for word, _, _ in pieces(asked):
            if asks(word) or word in _IS:
                runs.append([])
            else:
                runs[-1].append(word)
        longest = max(runs, key=lambda run: len("".join(run)))[:_TERM_WORDS]
        cuts = [
            "".join(longest[start:end])
            for start in range(len(longest))
            for end in range(start + 1, len(longest) + 1)
        ]
        terms = sorted((cut for cut in cuts if len(cut) >= _TERM), key=len, reverse=True)
        return next((term for term in terms if self.records.holding(term)), None)

    def _compare(
        self, request: Request, meaning: Meaning, named: Named, scope: Scope,
        evidence: list[Evidence], made: Composed,
    ) -> Coverage | None:  # fmt: skip
        """Set what each place (or essay) says side by side."""
        own = replace(named, names=meaning.names) if meaning.leans else named
        parts = groups(own, scope)[:_PARTS]
        topic = meaning.topic if meaning.leans else named.rest
        asked = [(f"{name} {topic}".strip(), name, essays) for name, essays in parts]
        if not parts and len(scope.counted) <= _PARTS:
            asked = [(meaning.text, label(essay), (essay,)) for essay in scope.counted]
        rows = []
        for text, name, essays in asked:  # each is asked about by itself
            ids = Filters(essay_id=tuple(essay.essay_id for essay in essays))
            wanted = Asked(text, request.kinds, request.quoted)
            found = self.gatherer.evidence(wanted, ids, max(_READ_LEAST, _READ_ALL // len(asked)))
            found = _of_post(request, named, found)
            least = compose.FAINT if parts else compose.CELL
            rows.append(Row(name, _comparable(found, least)))
        if not asked:
            if len(scope.counted) <= _EVERY:  # of more, those that the passages found are of
                each = max(1, _EVERY // len(scope.counted))
                ids = Filters(essay_id=tuple(sorted(scope.counted.ids)))
                wanted = Asked(meaning.text, request.kinds, request.quoted)
                evidence = self.gatherer.evidence(wanted, ids, _EVERY, each=each)
            by_essay: dict[str, list[Evidence]] = {}
            for each in evidence:
                by_essay.setdefault(each.sentence.essay.essay_id, []).append(each)
            found_in = [_comparable(found, compose.CELL) for found in by_essay.values()]
            rows = [Row(label(f[0].sentence.essay), f) for f in found_in if f]
        if not parts:
            rows = [row for row in rows if row.evidence]
        if not any(row.evidence for row in rows):
            raise Refused(claims.UNDIRECT, evidence)
        as_table = meaning.form.layout == "table"
        compose.table(rows, self.trees, made, as_table=as_table, length=meaning.form.length)
        return None

    def _both(
        self, both: Sequence[str], request: Request, meaning: Meaning, named: Named, scope: Scope,
        evidence: list[Evidence], made: Composed,
    ) -> None:  # fmt: skip
        """Set two things side by side that are no names: each is asked about by itself."""
        among = Filters(essay_id=tuple(sorted(scope.ids)))  # what was set by hand holds here, too
        holding = [name.text for name in named.mentioned]
        best: dict[tuple[str, int], Evidence] = {}
        for text in both:
            wanted = Asked(text, request.kinds, request.quoted)
            found = self.gatherer.evidence(wanted, among, _READ_ALL // 2, holding)
            for each in _comparable(found, compose.CELL)[:_SIDE]:
                best.setdefault(each.sentence.key, each)
        for each in (
            evidence[:_SIDE] if evidence and evidence[0].probability >= compose.ANSWER else ()
        ):
            best.setdefault(each.sentence.key, each)
        if not best:
            raise Refused(claims.UNDIRECT, evidence)
        by_essay: dict[str, list[Evidence]] = {}
        for each in best.values():
            by_essay.setdefault(each.sentence.essay.essay_id, []).append(each)
        rows = [Row(label(found[0].sentence.essay), found) for found in by_essay.values()]
        as_table = meaning.form.layout == "table"
        compose.table(rows, self.trees, made, as_table=as_table, length=meaning.form.length)

    def _census(
        self, phrases: Sequence[str], scope: Scope, evidence: list[Evidence], made: Composed
    ) -> Coverage | None:
        """Say which essays hold a phrase, by exact look-up; those of like meaning stand apart."""
        counted = scope.counted
        coverage = None
        holding: set[str] = set()
        for phrase in phrases[:3]:
            found = claims.mentions(self.records, phrase, counted)
            holding |= set(found.essays)
            coverage = coverage or Coverage(found.of, len(found.essays))
            if not found.essays:
                continue
            made.draft.paragraph()
            made.draft.say(f"{found.statement}：")
            for essay_id in found.essays[:_CENSUS_ESSAYS]:
                self._mention(essay_id, phrase, evidence, made)
        near: dict[str, Evidence] = {}
        for each in evidence:
            essay_id = each.sentence.essay.essay_id
            if each.probability >= compose.CELL and essay_id not in holding:
                near.setdefault(essay_id, each)
        if near:
            made.draft.note("意思相近的：" if holding else "按意思找到的：")
            for each in list(near.values())[:8]:
                made.draft.item()
                made.draft.say(f"{label(each.sentence.essay)}：")
                compose.quote(each.sentence, made)
        if not holding and not near:
            said = claims.absent(self.records, phrases[0], scope.ids) if phrases else None
            raise Refused(said or claims.UNDIRECT, evidence)
        return coverage

    def _silent(self, phrases: Sequence[str], scope: Scope, made: Composed) -> None:
        """Name the essays in which a phrase does not stand, by exact look-up."""
        for phrase in phrases[:1]:
            holding = set(claims.mentions(self.records, phrase, scope.counted).essays)
            silent = [label(e) for e in scope.counted if e.essay_id not in holding]
            made.draft.note(claims.silent(phrase, silent[:_CENSUS_ESSAYS], len(silent)))

    def _mention(
        self, essay_id: str, phrase: str, evidence: Sequence[Evidence], made: Composed
    ) -> None:
        """Quote the sentence of an essay that holds a phrase and answers best."""
        for each in evidence:
            if each.sentence.essay.essay_id == essay_id and phrase in each.sentence.text:
                sentence = each.sentence
                break
        else:
            rows = self.records.holding(phrase, (essay_id,))
            passage = self.records.passages(rows[:1])[0]
            tree = self.trees.of(essay_id)
            own = tree.sentences(passage.paragraph_id, (passage.start, passage.end))
            sentence = next((s for s in own if phrase in s.text), own[0])
        made.draft.item()
        made.draft.say(f"{label(sentence.essay)}：")
        compose.quote(sentence, made)

    def _about_corpus(self, filters: Filters, made: Composed) -> None:
        """Say what the corpus holds: how many essays, each by its title paragraph."""
        essays = [e for e in self.records.essays_where(filters) if e.kind == "essay"]
        made.draft.paragraph()
        made.draft.say(claims.held(len(essays), _CENSUS_ESSAYS))
        for essay in essays[:_CENSUS_ESSAYS]:
            paragraphs = self.records.paragraphs(essay.essay_id)
            title = next((p for p in paragraphs if p.role == "title"), None) or paragraphs[0]
            made.draft.item()
            compose.whole_paragraph(essay, title, made)

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


def _going_on(request: Request, text: str, state: State) -> Request:
    """What looks like small talk goes on with the conversation if it says a thing: 再短一点."""
    core = text if has_content(text) else ""
    says = core or request.form != Form()
    return replace(request, core=core, kind=state.kind) if says else request


def _of_post(request: Request, named: Named, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Leave out what does not hold the post that is asked for: 书记 is not 部长."""
    posts = [p for p in _POST.findall(named.rest) if p not in gazetteer.POLITE]
    if request.kind != "who" or not posts:
        return list(evidence)
    return [
        each
        for each in evidence
        if any(post in each.hit.passage.text + "".join(each.sentence.trail) for post in posts)
    ]


def _absent(core: str, named: Named) -> str:
    """Why a question on names that no text holds is refused."""
    for absent in named.absent:
        if absent.suggestion:
            return claims.meant(absent.text, core.replace(absent.text, absent.suggestion))
    return claims.not_held([absent.text for absent in named.absent])


def _comparable(found: Sequence[Evidence], least: float) -> list[Evidence]:
    """What of one essay or place goes into a comparison."""
    best = found[0].probability if found else 0.0
    return [each for each in found if each.probability >= max(least, 0.25 * best)]


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
