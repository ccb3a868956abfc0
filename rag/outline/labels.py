"""The labels that lines of a head and a foot begin with: 发文机关：…, 来源：…, 主持人：…."""

import re

_FACTS = {  # what a label states of its document: a field of Essay, "day" for a lesser date
    "issuer": "发文机关 发布机构 发布机关 制发机关",
    "date": "成文日期 发文日期",
    "day": "发布时间 发表时间 更新时间 发布日期 公开日期 生成日期 时间 日期 会议时间",
    "document_number": "发文字号 文号 文件编号",
    "title": "标题 原标题 文件名称 信息名称",
    "author": "作者",
    "publication": "来源 信息来源 文章来源 稿件来源 稿源",
    "": "索引号 信息索引 主题分类 主题词 公开方式 有效性 签发人 签发 密级 紧急程度 份号",  # none
    "foot": "责任编辑 责编 编辑 校对 审核 打印 承办 撰稿 供稿 投稿邮箱 链接 网址",
    "contact": "联系人 联系电话 联系方式 咨询电话 受理电话 电话 传真 邮箱 附注",
    "meeting": "地点 会议地点 主持 主持人 出席 出席人员 参加 参加人员 参会人员 列席 列席人员 缺席 "
    "请假 记录 记录人 单位 部门 填报单位 填报日期 填报时间 填报人 填表人",
}
_KINDS = {label: kind for kind, labels in _FACTS.items() for label in labels.split()}
_LABEL = re.compile(
    r"(?:^|[；;\s丨|]|(?<=。))[（(]?(?P<label>"
    + "|".join(r"\s?".join(label) for label in sorted(_KINDS, key=len, reverse=True))
    + r")\s?[：:]\s*"
)


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
