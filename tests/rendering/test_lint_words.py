"""What is found by its words: answers that are none, prices, shops."""

import pytest

from outreach.domain.mailing import ContentClass, Sender
from tests.rendering.judged import PREHEADER, at, lint, rules, text


@pytest.mark.parametrize(
    "subject",
    [
        "AW: Ihr Angebot",
        "SV: ditt brev",
        "VS: tarjous",
        "Rif: la tua lettera",
        "Antw: vraag",
        "RE : votre lettre",
        "Отв: письмо",
        "回复：你好",
        "ΑΠ: γράμμα",
        "השב: x",
    ],
)
def test_an_answer_that_is_none_is_told_in_other_languages_too(subject: str):
    head = f'subject: "{subject}"\npreheader: {PREHEADER}'
    assert "L305" in rules(text("Guten Tag"), head=head)


@pytest.mark.parametrize(
    "subject", ["Awesome: five things", "Rechnung: 2026", "Tre saker: en lista", "Reise: Bilder"]
)
def test_words_that_begin_alike_are_no_answer(subject: str):
    assert "L305" not in rules(
        text("Guten Tag"), head=f'subject: "{subject}"\npreheader: {PREHEADER}'
    )


@pytest.mark.parametrize(
    "words",
    [
        "49 Euro",
        "1.299,- €",
        "CHF 1’299.50",
        "20 % Rabatt",
        "20 % de remise",
        "5 000 kronor",
        "2 500 Kč",
        "1 990 ₽",
        "¥1,200",
        "1200 円",
        "99,90 zł",
        "15 procent korting",
        "200 евро",
        "49,-",
        "nur 49,– heute",
        "från 149:-",
        "statt 49.– nur",
        "ZAR 50",
        "50 ZAR",
        "SGD 50",
        "NZD 5",
        "HKD 1,200",
        "1.200 MXN",
        "Rs 500",
        "Rs. 1,500",
        "RMB 50",
        "Euro 49,90",
        "Euro 49,-",
        "Euro 1.299,00",
        "kr 500",
        "kr. 99",
        "руб. 500",
        "5,000원",
        "5000원입니다",
        "3만원",
        "1만 5천 원",
        "500 원",
        "100元",
        "人民币50元",
        "3万円",
        "100円",
        "100円です",
        "1,5 万元",
        "2000 Euro",
        "2000 €",
    ],
)
def test_a_price_is_a_price_in_every_currency_however_written(words: str):
    assert "L307" in rules(text(words), content_class=ContentClass.GIVE)


@pytest.mark.parametrize(
    "words",
    [
        "20 ft",
        "3 pounds of flour",
        "1 try",
        "20 % der Leser",
        "im Jahr 2026",
        "2 Euroscheine",
        "5 rons",
        "um 9.30 Uhr",
        "30 krig",
        "Seite 12",
    ],
)
def test_what_only_looks_like_a_price_is_none(words: str):
    assert "L307" not in rules(text(words), content_class=ContentClass.GIVE)


@pytest.mark.parametrize(
    ("link", "sells"),
    [
        ("https://firma.example/warenkorb", True),
        ("https://firma.example/de/bestellen?x=1", True),
        ("https://boutique.example/panier", True),
        ("https://www.etsy.com/listing/1", True),
        ("https://firma.example/kassan", True),
        ("https://firma.example/bestellungen-im-wandel", False),
        ("https://firma.example/artikel/kaufen-oder-mieten", False),
        ("https://notetsy.com/", False),
    ],
)
def test_a_shop_is_a_shop_in_other_languages_too(link: str, sells: bool):
    body = text(f'<a href="{link}">Mehr</a>')
    assert ("L307" in rules(body, content_class=ContentClass.GIVE)) is sells


@pytest.mark.parametrize(
    "words",
    [
        "회원 3명",
        "직원 20명",
        "3원칙",
        "공원 2곳과 병원 300곳",
        "5원소와 3원색",
        "公元2026年",
        "地元3社",
        "地元 3 社",
        "2026元旦快乐",
        "118元素",
        "3元方程",
        "3円卓",
        "The Euro 7 norm",
        "EURO 2028",
        "Euro 2028 in England",
        "Wir waren in Franken 2026",
        "In Franken 12 Tage",
        "In Franken 1.299 Betriebe",
        "im Jahr 1990,– und",
        "eine Liste: 1.- Brot",
        "Kronen 3",
        "OKR: KR 3",
        "um 10.-12. Mai",
        "12.–14. Mai",
        "in 2026:-)",
        "die Seiten 3,–4",
        "PHP 8 and COP 28",
        "the 3 Rs",
        "OMR 2026",
        "2,-3 Grad",
    ],
)
def test_what_reads_like_money_and_is_none(words: str):
    assert "L307" not in rules(text(words), content_class=ContentClass.GIVE)


WORDS = {"words": {"everyone": {"customer": "client"}}}


@pytest.mark.parametrize(
    "body",
    [
        'Read <a href="https://x.example/customer/stories">about it</a>.',
        'Read <a href="https://x.example/customer/stories">https://x.example/customer/stories</a>.',
        "Read https://x.example/customer, or http://customer.example.",
        "Read www.x.example/customer.",
        "Read x.example/customer/stories.",
        "Read customer.com.",
        "Read customer.co.uk today.",
        "詳細はhttps://x.example/customerをご覧ください",
        "詳細はcustomer.comへ",
        'Write to <a href="mailto:customer@x.example?subject=customer">us</a>.',
        "Write to customer@x.example, or to our.customer@x.example.",
        'Or <a href="https://x.example/größe/customer">see</a>.',
    ],
)
def test_an_address_is_nothing_that_is_said(body: str):
    assert "L308" not in rules(text(body), **WORDS)
    plain = "Read https://x.example/customer/stories and customer@x.example."
    assert "L308" not in rules(plain, suffix="txt", **WORDS)


@pytest.mark.parametrize(
    "body",
    [
        'Read <a href="https://x.example/a">of a customer</a>.',
        '<a href="https://x.example/customer">Each customer</a> knows.',
        "Every customer/client knows.",
        "No customer. Really.",
        "Every customer.Really.",
        'Read<a href="https://x.example/読む">こちら</a>を customer',
        '<img src="https://e.example/a.png" alt="A customer" width="9" height="9">',
        "See https://x.example/a customer",
        "customer 詳細はexample.comへ",
    ],
)
def test_what_is_said_beside_an_address_counts(body: str):
    assert "L308" in rules(text(body), **WORDS)


def test_a_sum_in_an_address_is_no_price():
    body = '<a href="https://x.example/?sum=$5&amp;or=5EUR">Read</a>'
    assert rules(text(body), content_class=ContentClass.GIVE) == []
    assert (
        rules("Read https://x.example/?sum=$5", suffix="txt", content_class=ContentClass.GIVE) == []
    )


def test_a_word_is_found_where_it_is_said():
    body = text('Read <a href="https://x.example/customer-stories">of a customer</a>.')
    assert at(body, "L308", **WORDS) == [(1, body.index("customer<") + 1)]
    body = text('Read <a href="https://x.example/a/customer">of a customer</a>.')
    assert at(body, "L308", **WORDS) == [(1, body.index("customer<") + 1)]


@pytest.mark.parametrize(
    "subject",
    [
        "\u202eRe: hello",
        "\u200bRe: hello",
        "\u2060\ufeffFwd: hello",
        "R\u200be: hello",
        "Re\u00ad: hello",
        "\u034fAW: hallo",
        "\ufe0fRe: hello",
        "\u3164Re: hello",
        "\u00a0 Re: hello",
        "\uff32\uff45\uff1a hello",
        "\U0001d411\U0001d41e: hello",
        "Re (2): hello",
        "Re^2: hello",
        "Re [3]: hello",
        "Re*2: hello",
    ],
)
def test_invisible_marks_hide_no_answer(subject: str):
    head = f'subject: "{subject}"\npreheader: {PREHEADER}'
    assert "L305" in rules(text("Hello"), head=head)


@pytest.mark.parametrize("subject", ["\u200bRegarding: x", "Re\u200bading: x", "Re 2 go: x"])
def test_invisible_marks_make_no_answer(subject: str):
    head = f'subject: "{subject}"\npreheader: {PREHEADER}'
    assert "L305" not in rules(text("Hello"), head=head)


def test_a_sender_does_not_begin_like_an_answer_either():
    found = lint(text("x"), sender=Sender("\u202eRe: Anna", "anna@studio.example"))
    assert {one.rule.id for one in found} == {"L306"}
