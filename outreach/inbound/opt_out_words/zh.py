"""Chinese."""

from outreach.inbound.opt_out_words.table import OptOutWords

WORDS = OptOutWords(
    requests=(),
    words=(
        r"退订|退訂",
        r"取消(?:订阅|訂閱|訂閲)",
        r"(?:不要|请勿|請勿|别|別|不想)(?:再)?(?:给我|給我|向我)?(?:发|發|寄|联系|聯絡|收到)",
        r"(?:移除|删除|刪除)(?:我|名单|名單)",
    ),
)
