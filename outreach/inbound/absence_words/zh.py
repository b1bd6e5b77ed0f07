"""Chinese."""

from outreach.inbound.absence_words.table import AbsenceWords, ContactWords, DayWords, NoticeWords

NOTICE = NoticeWords(
    absent=(
        r"不在(?:办公室|辦公室|公司)",
        r"(?:休|请|請|度|年|产|病)假",
        r"出差",
        r"外出",
        r"(?:无|無)法(?:及时|及時)?(?:回复|回覆|查看)",
    ),
    left=(
        r"离职|離職",
        r"不再(?:任职|任職|在|担任|擔任)",
        r"已(?:离开|離開)",
        r"退休",
        r"新(?:邮箱|郵箱|的邮件地址)",
    ),
    acknowledged=(
        r"(?:已|已经|已經)(?:收到|受理)",
        r"(?:感谢|感謝|谢谢|謝謝)(?:您|你)的(?:来信|來信|邮件|郵件|咨询|諮詢|联系|聯繫)",
        r"(?:尽快|盡快|儘快)(?:回复|回覆|与|與|答复)",
    ),
    subjects=(
        r"自动(?:回复|答复)",
        r"自動(?:回覆|回復|答覆)",
        r"不在(?:办公室|辦公室)",
        r"休假",
        r"外出",
    ),
    back=(r"返回|回(?:来|來|到|公司)|恢复|恢復|上班|復工|复工",),
    automatic_hints=(r"自动",),
    notice_hints=(r"自动",),
)

DAYS = DayWords(
    months=(),
    weekdays=(
        "(?:星期|周|週|礼拜|禮拜)一",
        "(?:星期|周|週|礼拜|禮拜)二",
        "(?:星期|周|週|礼拜|禮拜)三",
        "(?:星期|周|週|礼拜|禮拜)四",
        "(?:星期|周|週|礼拜|禮拜)五",
        "(?:星期|周|週|礼拜|禮拜)六",
        "(?:星期|周|週|礼拜|禮拜)[日天]",
    ),
    until=(r"至|到|直到|截至",),
    since=(r"从|從|自|由",),
    until_after=(r"\s*(?:止|为止|為止|前)",),
    included=(r"\s*(?:止|为止|為止|含)",),
    since_after=(r"\s*(?:起|开始|開始|至|到|-|~)",),
    tomorrow=(r"明天",),
    next_week=(r"下(?:周|週|星期)",),
)

CONTACTS = ContactWords(
    moved=(
        r"我的新(?:邮箱|邮件地址|电子邮箱|信箱)",
        r"(?:邮箱|邮件地址)(?:已经?)?(?:更换|变更|改)",
    ),
    address_hints=(
        r"邮",
        r"信箱",
    ),
)

WORDS = AbsenceWords(NOTICE, DAYS, CONTACTS)
