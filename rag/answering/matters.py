"""Answers about the documents: who wrote them, when and by whom they are issued, their leads."""

import re
from collections.abc import Sequence

from rag.answering.draft import Draft
from rag.answering.evidence import MANY, Desk
from rag.answering.facts import byline, quote, states_author, whence
from rag.answering.names import is_person, same_office, short_place
from rag.answering.question import Question
from rag.answering.refusal import Refused
from rag.answering.whole import shallow
from rag.citing import escape
from rag.types import Essay, Paragraph

_OFFICE = re.compile(
    r"((?:[一-鿿]{0,6}?(?:组织部|宣传部|统战部|政法委|纪委|党委|党工委|人大|政协|政府|办公室|工作部|局)|"
    r"组织(?=部长)|宣传(?=部长)|统战(?=部长))?(?:副)?(?:部长|书记|市长|县长|区长|省长|主席|主任|局长|常委|乡长|镇长|校长|行长))"
)
_HOLDER = re.compile(
    r"((?:[一-鿿]{0,12})(?:部长|书记|市长|县长|区长|省长|主席|主任|局长|乡长|镇长|校长|行长|院长))"
    r"([一-鿿]{2,3}?)(?=[^一-鿿]|出席|主持|同志|指出|表示|介绍|说|要求|强调|及|和|等|带|在|到|向|为|参加|率|作|$)"
)
_AUTHOR = re.compile(
    r"作者|(?:谁|哪位|什么人)(?:写|撰|执笔|作的|署名|所作)|(?:写|撰写|署名)的?(?:人)?是谁"
)
_POST = re.compile(r"职务|职位|身份|什么官|(?:哪个|什么)(?:单位|地方|部门)|哪里的")
_TITLE = re.compile(r"题目|(?<![小级])标题|文章名|篇名")
_ISSUE = re.compile(r"[本这该一]期|本刊|这本")
_CONTENTS = re.compile(r"(?:几|多少|哪几?些?)篇|哪些(?:文章|材料)")
_NAMES = re.compile(r"名字|姓名|名单|谁")
_CONTENTS_PAGE = re.compile(r"[\s　]*(?:目[\s　]*录|本期(?:要目|导读))[\s　]*[：:]?")
_ROLES = {
    "distribution": re.compile(
        r"发给|发到|发送|发放|报送|抄送|主送|送(?:给|到)?谁|报(?:给)?谁|(?:多少|几)份"
    ),
    "note": re.compile(r"编者按"),
}


def asks_byline(question: Question) -> bool:
    """Whether the question is on the person, office or title in a byline."""
    text = question.text
    if _AUTHOR.search(text) or _TITLE.search(text):
        return True
    if question.named.people and _POST.search(text):
        return True
    asked = _OFFICE.search(question.named.rest)
    if question.kind != "who" and not (asked and _NAMES.search(text)):
        return False
    if not asked:
        return bool(question.named.people) and not question.terms
    rest = question.named.rest.replace(asked.group(), "")
    return bool(
        re.fullmatch(
            r"[\s的县市区省是谁哪位现任叫什么名字姓单各都有分别列出和与及啊呢?？，,、委叫]*", rest
        )
    )


def answer_byline(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the bylines and titles of the essays that the question names.

    Where no byline is of the office asked for, a sentence may name who holds it.

    Raises:
        Refused: no byline and no sentence of the essays asked about names its holder.
    """
    asked = _OFFICE.search(question.named.rest)
    office = re.sub(r"^的?(?:[县市区省](?!长))?(?:委(?!员))?", "", asked.group()) if asked else ""
    signed = [essay for essay in essays if essay.kind == "essay" and (essay.author or essay.title)]
    if office and question.named.issuing:  # of the place that issues, and no essay is of it
        signed = []
    found = [essay for essay in signed if not office or same_office(office, essay.office or "")]
    if office and not found and _quote_holder(desk, question, essays, office, draft):
        return
    found = [essay for essay in found if states_author(desk, essay)]
    if not found:
        where = "、".join((*question.named.places, *question.named.issuing)) or "现有"
        raise Refused(f"{escape(where)}的材料里没有写明{office or '作者'}是谁")
    for essay in found[:MANY]:
        byline(desk, essay, draft)
        draft.say("\n\n")
    draft.say(_more(found))


def _quote_holder(
    desk: Desk, question: Question, essays: Sequence[Essay], office: str, draft: Draft
) -> bool:
    """Quote the first sentence that names the holder of `office` beside the place asked about.

    青浦区委组织部部长李方明，虹口区委组织部部长蒋仁辉: each clause is of its own place.
    """
    places = [short_place(p) for p in (*question.named.places, *question.named.issuing)]
    essays = desk.near(question, essays) if len(essays) > MANY else essays
    for book in desk.books(essays):
        for sentence in book.sentences:
            for clause in re.finditer(r"[^，；。]+", sentence.text):
                held = _HOLDER.search(clause.group())
                if (
                    held
                    and same_office(office, held.group(1))
                    and is_person(held.group(2))
                    and any(place in clause.group()[: held.start(2)] for place in places)
                ):
                    at = sentence.start + clause.start()
                    bold = (at + held.start(2), at + held.end(2))
                    draft.say(f"{whence(book.essay)}：")
                    quote(draft, sentence, sentence.start, sentence.end, bold=bold)
                    return True
    return False


def answer_document(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write what the masthead says, or if asked the distribution list, editor's note, contents.

    Raises:
        Refused: no document in question has it.
    """
    if _ISSUE.search(question.text):
        essays = [essay for essay in essays if essay.publication]
    if _CONTENTS.search(question.text):
        answer_contents(desk, essays, draft)
        return
    text = question.text
    essays = desk.near(question, essays) if len(essays) > MANY else essays
    role = next((role for role, asked in _ROLES.items() if asked.search(text)), "masthead")
    documents = dict.fromkeys(essay.document for essay in essays)
    written = False
    for essay in desk.shelf.essays:
        if essay.document not in documents:
            continue
        for paragraph in desk.shelf.book(essay.essay_id).paragraphs:
            if role == "masthead" and _CONTENTS_PAGE.fullmatch(
                paragraph.text
            ):  # the titles below it are no masthead
                break
            if paragraph.role == role and _states(paragraph, essay):
                draft.quote(essay, paragraph, 0, len(paragraph.text))
                draft.say("  \n")
                written = True
    if not written:
        raise Refused("这些材料没有写明刊名、期号、日期、编者按或发送范围")


def answer_contents(desk: Desk, essays: Sequence[Essay], draft: Draft) -> None:
    """Write how many essays there are, each by its title and byline.

    Raises:
        Refused: no essay states a title or an author.
    """
    counted = [essay for essay in essays if essay.kind == "essay"]
    signed = [essay for essay in counted if essay.title or essay.author]
    if not signed:
        raise Refused("这些材料没有写明题目和作者")
    draft.say(f"共 {len(counted)} 篇")
    draft.say(
        "：\n\n" if len(signed) == len(counted) else f"，其中 {len(signed)} 篇写明题目或作者：\n\n"
    )
    for essay in signed[:MANY]:
        draft.say("- ")
        byline(desk, essay, draft)
        draft.say("\n")
    draft.say(_more(signed))


def _more(essays: Sequence[Essay]) -> str:
    """Say of very many essays that only the first ones were written."""
    rest = len(essays) - MANY
    return f"\n\n以上是前 {MANY} 篇，另有 {rest} 篇未列出，可在文库查看。" if rest > 0 else ""


def _states(paragraph: Paragraph, essay: Essay) -> bool:
    """Whether a masthead line states a fact; empty form fields do not."""
    return paragraph.role != "masthead" or not paragraph.text.endswith(("：", ":"))


def answer_summary(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the leads of the essays, cited, as their summary; of very many the upper levels.

    Raises:
        Refused: the essays have no leads.
    """
    books = [book for book in desk.books(essays) if book.nodes]
    if not books:
        raise Refused("这些材料没有可以摘出的要点")
    for book in books:
        title = f"《{escape(book.essay.title)}》" if book.essay.title else ""
        draft.say(f"{whence(book.essay)}{title}：\n\n")
        shown = shallow(book.nodes)
        top = min(node.measure.level for node in shown)
        for node in shown:
            start = node.measure.start
            draft.say("  " * (node.measure.level - top) + "- ")
            draft.quote(book.essay, node.paragraph, start, start + len(node.lead), trail=node.trail)
            draft.say("\n")
        if len(shown) < len(book.nodes):
            draft.say(f"- 共 {len(book.nodes)} 条，以上是其中的 {len(shown)} 个方面\n")
        draft.say("\n")
