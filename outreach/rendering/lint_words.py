"""What mail programs, prices and shops say, in a dozen languages: patterns that `lint` looks for.

Each pattern rather misses a word than takes an innocent one: ``20 ft`` is a length, ``3 pounds`` a
weight, and a try is no Turkish lira.
"""

import re
from unicodedata import category, normalize

_ANSWER = re.compile(
    r"\s*(?:re|aw|wg|fwd?|sv|vs|vl|vb|vá|antw|doorst|tr|réf|rv|res|enc|odp|pd|rif|ynt|ilt|atb"
    r"|απ|πρθ|отв|回复|回覆|答复|轉寄|转发|返信|転送|답장|전달|השב|הועבר|رد)"
    r"(?:\s?[\[(]\d+[\])]|[\^*]\d+)?\s*[:\uff1a]",
    re.IGNORECASE,
)
#: Letters that show nothing, beside those of the category Cf.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\ufe00-\ufe0f]")


def is_like_an_answer(subject: str) -> bool:
    """Whether words begin as mail programs begin the subject of an answer, or of mail passed on.

    Marks that nobody sees, and letters in another dress, do not hide it.
    """
    seen = "".join(char for char in normalize("NFKC", subject) if category(char) != "Cf")
    return bool(_ANSWER.match(_BLANK.sub("", seen)))


_SIGN = "[$€£¥₽₺₹₴₩₪฿]"
#: Of ISO 4217, without those that are known for something else, such as PHP, COP and OMR.
_CODE = (
    "(?-i:EUR|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|RUB|UAH|BYN|KZT|TRY|INR|LKR|PKR|"
    "BDT|JPY|CNY|RMB|KRW|TWD|HKD|SGD|MYR|THB|IDR|VND|AUD|NZD|CAD|MXN|BRL|CLP|UYU|ZAR|NGN|KES|GHS|"
    "EGP|AED|QAR|KWD)"
)
_COIN = "kr|zł|Kč|руб|грн|euros?|dollars?|Franken|francs?|Kronen|kronor|kroner|złotych|евро|рублей"
#: What stands before a sum. Of words spelt out only the euro, and with its cents: a standard is
#: called Euro 7, a tournament EURO 2028, and who was in Franken in 2026 has paid nothing.
_MONEY = rf"(?:{_SIGN}|\b(?:{_CODE}|(?-i:Rs|kr)|руб|грн)\b\.?)"
_AFTER = rf"(?:{_SIGN}|(?:{_CODE}|{_COIN})\b)"
_AMOUNT = r"\d(?:[\d.,'\u2019\u00a0\u202f]*\d)?(?:[.,][-\u2013\u2014])?"
_EXACT = r"\d[\d.,'\u2019\u00a0\u202f]*[.,](?:\d\d(?!\d)|[-\u2013\u2014])"
#: 49,- and 149:- name no money, but nothing else is written like it; a year may have a dash.
_ROUND = (
    r"(?:\d[\d.'\u2019]*(?:[,:]-|\d\.-)"
    r"|(?!(?:19|20)\d\d\D)\d[\d.'\u2019]*\d[.,][\u2013\u2014])"
    r"(?!\s?\d|[\w)(|/])"
)
#: Letters that need no space before a sum. 円, 元 and 원 begin and end words, so that they count
#: behind a sum only: 3원칙 are three rules, 公元2026年 is a year, 元旦 the first day of one.
_EASTERN = (
    r"(?<![\d.,a-z])\d[\d.,]*\s?(?:[百千万萬億亿]*\s?"
    r"(?:円(?![周形卓錐柱滑満])|[元圓](?!方程|[旦月宵年素日气氣首帅帥件祖老论論化组組]))"
    r"|(?:(?<=\d\d\d)|(?<=\d\d\d\s)|[백천만억]+\s?)원(?![칙소색정고]))"
)
_REBATE = (
    "off|discount|rabatt|nachlass|günstiger|de descuento|de réduction|de remise|di sconto|korting|"
    "rabat|alennus|zniżki|de desconto|скидк"
)

PRICE = re.compile(
    rf"{_MONEY}\s?{_AMOUNT}|\beuros?\s{_EXACT}|(?<![\w.,]){_AMOUNT}\s?{_AFTER}"
    rf"|(?<![\w.,:-]){_ROUND}|{_EASTERN}"
    rf"|\b\d{{1,2}}\s?(?:%|percent|prozent|procent|pour cent|por ciento|per cento)\s+(?:{_REBATE})",
    re.IGNORECASE,
)
"""A sum of money, or so many per cent off one."""

_PAGES = (
    "shop|store|cart|basket|checkout|buy|pricing|order|add-to-cart|warenkorb|kasse|kaufen|"
    "bestellen|panier|boutique|acheter|commander|carrito|tienda|comprar|carrello|negozio|acquista|"
    "winkel|winkelwagen|winkelmand|afrekenen|varukorg|butik|kassan|kurv|handlekurv|ostoskori|"
    "kauppa|kassa|koszyk|sklep|carrinho|loja|kosik|kosar|korzina"
)
SHOP = re.compile(
    r"^https?://(?:(?:shop|store|buy|checkout)\."
    r"|(?:[\w-]+\.)*(?:etsy\.com|gumroad\.com|myshopify\.com|paypal\.me)(?=[/?#]|$)"
    rf"|[^/?#]*/(?:[^?#]*/)?(?:{_PAGES})(?:[/?#.]|$))",
    re.IGNORECASE,
)
"""Where something is sold, by the words that shops call their pages."""

#: Letters that need no spaces between words may follow an address at once.
_IN_LINK = r"[^\s<>\"'\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]"
_END_OF_LINK = r"[^\s<>\"'.,;:!?)\]}»\u2019\u201d\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]"
LINK = re.compile(rf"(?<![A-Za-z0-9.+/=-])https?://{_IN_LINK}*{_END_OF_LINK}", re.IGNORECASE)
"""What a mail program takes for a link in plain text, without the sentence's own marks."""

_LABEL = r"[A-Za-z0-9\u00c0-\u052f-]+"
DOMAIN = (
    rf"(?:{_LABEL}\.)+"
    "(?:com|org|net|edu|gov|mil|int|info|biz|app|dev|io|co|ai|tv|me|eu|at|au|be|bg|br|ca|ch|cn|cz|de|"
    "dk|es|fi|fr|gr|hr|hu|ie|il|it|jp|kr|li|lt|lu|lv|mx|nl|no|nz|pl|pt|ro|ru|se|si|sk|tr|ua|uk|us|za)"
)
"""What is a host without more around it: not Node.js, README.md and what else ends as files do."""

ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?i:https?://|www\.|mailto:|tel:){_IN_LINK}+"
    rf"|[A-Za-z0-9._+-]+@(?:{_LABEL}\.)+{_LABEL}"
    rf"|(?<![.-])(?:(?:{_LABEL}\.)+[a-z]{{2,}}/{_IN_LINK}*|{DOMAIN}(?![A-Za-z0-9-])))",
)
"""Where something is or where somebody gets mail, which is no words of a sentence."""

FORBIDDEN = re.compile(
    rf"(?<![A-Za-z0-9.+/=-])(?:(?:javascript|vbscript):(?=\S)|data:\w+/\w+[;,]|file://)"
    rf"{_IN_LINK}+",
    re.IGNORECASE,
)
"""What would be a link that does something else; ``JavaScript: a book`` is words."""
