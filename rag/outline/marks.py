"""The written forms that the outline goes by: numbering, labels, sentence ends, headings.

Numbering ranks follow the order of GB/T 9704-2012 for official documents, 一、 above （一） above
1. above （1）, with the chapters and articles of regulations above and among them.
"""

import re

from rag.sentences import CLOSERS, ENDINGS

_DIGITS = "零一二三四五六七八九十百"
_NOT_CITED = "[^规的第至和或、款项中所之，。]"  # no 第三条规定的…, which only names an article
_NUMBERINGS = (  # rank, pattern; a lower rank stands above a higher one
    (10, re.compile(rf"第[{_DIGITS}\d]{{1,5}}[编篇部](?:分)?(?=[\s、：]|[^\s分的])")),
    (12, re.compile(rf"第[{_DIGITS}\d]{{1,5}}章")),
    (14, re.compile(rf"第[{_DIGITS}\d]{{1,5}}节")),
    (20, re.compile(rf"[{_DIGITS}]{{1,3}}、")),
    (25, re.compile(rf"第[{_DIGITS}\d]{{1,6}}条(?:之[{_DIGITS}])?(?={_NOT_CITED}|$)")),
    (30, re.compile(rf"[（(][{_DIGITS}]{{1,3}}[）)]")),
    (40, re.compile(r"\d{1,2}(?:[．、]|\.(?!\d)|\.(?=(?:19|20)\d\d年|\d{1,2}月\d))")),
    (45, re.compile(r"问[：:](?=[^。]{2,150}[？?]$)")),
    (50, re.compile(r"[（(]\d{1,2}[）)]|\d{1,2}[）)]")),
    (55, re.compile(r"[①-⑳]")),
    (58, re.compile(r"——(?=[^\s—\d二])")),
    (80, re.compile(rf"[{_DIGITS[1:]}]{{1,2}}是(?=[^，。])|(?:首先|其次|再次|最后)，")),
    (80, re.compile(rf"[第其][{_DIGITS[1:-1]}]，")),
)
CHINESE, ARTICLE, ASKED, DASH, ITEM = 20, 25, 45, 58, 80
KINDS = (
    "意见|通知|方案|办法|规定|决定|决议|通报|报告|请示|批复|函|纪要|公告|通告|公报|细则|规划|计划|要点|总结|"
    "建议"
)
"""What an official document calls itself at the end of its title."""
POST = r"(?:[总副常]{0,3}(?:主任|组长|指挥长?|会长|队长|秘书长|召集人)|成员)[：:]"
"""What begins a line of a list of who is what in a group."""
BRACKETS = "（）()【】[]〔〕 "
_ORGAN = re.compile(
    r"[^，。；：、]{1,40}(?:委员会|[委部厅局院会署社台站所队办团校室]|政府|公司|中心|小组|指挥部|"
    r"[支总]部|总支|工会|[大中小]学|幼儿园|[一二三四五六七八九十]中|学[院校]|医院|支行|集团|大队|街道)"
)
_FACTS = {  # what a label (发文机关：…) states: a field of Essay, "day" for a lesser date
    "issuer": "发文机关 发布机构 发布机关 制发机关",
    "date": "成文日期 发文日期",
    "day": "发布时间 发表时间 更新时间 发布日期 公开日期 生成日期 时间 日期 会议时间",
    "document_number": "发文字号 文号 文件编号",
    "title": "标题 原标题 文件名称 信息名称",
    "author": "作者",
    "publication": "来源 信息来源 文章来源 稿件来源 稿源",
    "": "索引号 信息索引 主题分类 主题词 公开方式 有效性 签发人 签发 密级 紧急程度 份号",  # none
    "foot": "责任编辑 责编 编辑 校对 审核 打印 承办 撰稿 供稿 投稿邮箱 链接 网址",
    "contact": "联系人 联系电话 联系方式 咨询电话 受理电话 监督电话 举报电话 电话 传真 邮箱 附注",
    "meeting": "地点 会议地点 主持 主持人 出席 出席人员 参加 参加人员 参会人员 列席 列席人员 缺席 "
    "请假 记录 记录人 单位 部门 填报单位 填报日期 填报时间 填报人 填表人",
}
_KINDS = {label: kind for kind, labels in _FACTS.items() for label in labels.split()}
_LABEL = re.compile(
    r"(?:^|[；;\s丨|]|(?<=。))[（(]?(?P<label>"
    + "|".join(r"\s?".join(label) for label in sorted(_KINDS, key=len, reverse=True))
    + r")\s?[：:]\s*"
)
_ENDING = re.compile("[。！？；]")
_ADDRESS = re.compile(r"(?:尊敬的)?各位\w{2,6}[，！：,!:]|(?:同志|朋友|同学|代表)们[，！：,!:]")
_FIRST = "问第首（(一二三四五六七八九十零0123456789①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳—其再最"


def numbering(text: str) -> tuple[int, int] | None:
    """Return rank and length of the number that `text` begins with.

    >>> numbering("（一）加力扩内需")
    (30, 3)
    """
    if text[:1] in _FIRST:
        for rank, pattern in _NUMBERINGS:
            if match := pattern.match(text):
                return rank, match.end()
    return None


def is_ended(text: str) -> bool:
    """Whether `text` ends as a sentence does, closing quotes and brackets aside."""
    body = text.rstrip(CLOSERS)
    return bool(body) and (body[-1] in f"{ENDINGS}…" or (body == text and body[-1] in "：:"))


def holds_sentence(text: str) -> bool:
    """Whether a sentence ends in `text`, or `text` ends as one does."""
    return is_ended(text) or _ENDING.search(text) is not None


def is_address(text: str) -> bool:
    """Whether a paragraph begins by addressing the audience, which closes what stood before."""
    return _ADDRESS.match(text) is not None


def is_heading_like(text: str) -> bool:
    """Whether `text` could stand alone as a heading: short, and no sentence."""
    phrases = text.lstrip("—").split("——")  # a title with its subtitle
    short = all(1 <= len(phrase) <= 45 for phrase in phrases)
    return short and not holds_sentence(text)


def fields_of(text: str) -> list[tuple[str, str]]:
    """Return what a line of labels states, kind and value each; none where no label begins it.

    >>> fields_of("来源：人民日报 作者：赵建军"), fields_of("关于时间：没有")
    ([('publication', '人民日报'), ('author', '赵建军')], [])
    """
    found = list(_LABEL.finditer(text)) if "：" in text or ":" in text else []
    if not found or found[0].start() > 0 or "。" in text[:-1]:
        return []
    ends = [*(match.start() for match in found[1:]), len(text)]
    return [
        (_KINDS[re.sub(r"\s", "", match["label"])], text[match.end() : end].strip(" 。；;|"))
        for match, end in zip(found, ends, strict=True)
    ]


def is_organ(text: str) -> bool:
    """Whether a line is nothing but the names of offices."""
    return all(_ORGAN.fullmatch(each) for each in text.strip(BRACKETS).split())
