"""What a web page or a form puts around a text and nobody wrote as part of it.

Only whole lines that are such words count; a line that also says something is kept.
"""

import re

_WORDS = frozenset(
    """
    下载 打印 全屏 收藏 加大 还原 减小 大 中 小 】 【 【字号： 【字体： 字号： 字体： 】字号
    首页 > >> » / | × 您的位置: 您的位置： 当前位置： 当前位置: 您当前的位置： 位置：
    分享: 分享： 分享到: 分享到： 分享到 分享到微信 打印本页 关闭窗口 关闭 返回顶部 返回
    相关报道： 相关文档： 相关附件>> 相关链接>> 相关附件： 相关链接： 相关新闻： 相关阅读：
    上一篇： 下一篇： 上一篇：没有了 下一篇：没有了 扫一扫在手机打开当前页 阅读量： 浏览次数：
    》》点击图片进入专题《《 领导批示： 领导批示 批示： 签批： 签发： 打印文章 我要纠错
    """.split()
)
_PAGE_NUMBER = re.compile(
    r"[-—–－·]{1,2} ?\d{1,4} ?[-—–－·]{1,2}|第 ?\d{1,4} ?页(?: ?[，/] ?共 ?\d{1,4} ?页)?"
)
_LONGEST = 16  # characters of the longest entry, so that body lines cost one comparison


def is_furniture(line: str) -> bool:
    """Whether the whole `line`, without outer spaces, is furniture."""
    return len(line) <= _LONGEST and (line in _WORDS or _PAGE_NUMBER.fullmatch(line) is not None)
