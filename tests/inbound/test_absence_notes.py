# ruff: noqa: E501 (tables are easier to read in one piece)

from datetime import date

import pytest

from outreach.inbound.absence_notes import read_absence_note
from outreach.inbound.classify import Kind, explain
from tests.inbound.corpora import message

TODAY = date(2026, 11, 30)  # a Monday


def until(text):
    note = read_absence_note(text, TODAY)
    return note.until if note else None


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, I was out of office last week. Can we talk on 5 December?",
        "Thanks. I was on holiday. We can talk on 5 December.",
        "Danke, ich war letzte Woche im Urlaub. Können wir am 5. Dezember sprechen?",
        "Weil ich im Urlaub war, erst heute: Passt der 5.12.?",
        "Merci, j'étais en congé la semaine dernière. Pouvons-nous parler le 5 décembre ?",
        "Gracias, estuve de vacaciones la semana pasada. ¿Podemos hablar el 5 de diciembre?",
        "Grazie, ero in ferie la settimana scorsa. Possiamo sentirci il 5 dicembre?",
        "Obrigada, estive de férias na semana passada. Podemos falar a 5 de dezembro?",
        "Dank, ik was vorige week op vakantie. Kunnen we op 5 december bellen?",
        "Tack, jag var på semester förra veckan. Kan vi höras den 5 december?",
        "Dziękuję, byłam na urlopie w zeszłym tygodniu. Czy możemy porozmawiać 5 grudnia?",
        "ありがとうございます。先週は休暇を取っておりました。12月5日にお話しできますか。",
        "Sorry for the delay, I was on holiday until Friday.",
        "Entschuldigen Sie, ich war bis Freitag auf Kur.",
        "Scusi il ritardo ma ero in ferie fino a domenica.",
        "J'étais absent quand ce courriel est arrivé. Pouvez-vous m'en garder un jusqu'au 14 décembre ?",
        "Are you on holiday until 4 January?",
    ],
)
def test_what_is_over_and_what_is_asked_tell_no_absence(text):
    assert until(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I was out last week, sorry. I'm on leave until 14 December.",
        "I'm on holiday until the 14th. Can we talk on the 18th?",
        "I am away until 14 December 2026. Can we talk on 18 December?",
        "I am away until Monday, December 14, so could we talk on the 18th, if it suits you?",
        "I'm away all of next week (Cornwall, back on the 14th) but I could do tomorrow at 2?",
        "Sorry, I have been out of the office. I will be back on 14 December.",
        "Ich war krank und bin bis 14.12. im Urlaub. Passt der 18.?",
        "Je suis en congé jusqu'au 14 décembre, on se parle le 18 ?",
        "Estaré de vacaciones hasta el 14, ¿te llamo el 18?",
        "Sono in ferie fino al 14 dicembre, ci sentiamo il 18?",
        "Vou estar de férias até dia 14, falamos a 18 de dezembro, combinado?",
        "Ik ben tot 14 december weg, kan het de 18e?",
        "Jag är på semester till 14 december, kan vi höras den 18:e?",
        "Jestem na urlopie do 14 grudnia. Czy możemy porozmawiać 18 grudnia?",
        "12月14日まで休暇をいただきます。18日はいかがでしょうか。",
    ],
)
def test_what_is_told_of_now_is_read_beside_it(text):
    assert until(text) == date(2026, 12, 14)


def test_a_letter_that_asks_for_a_day_tells_no_absence():
    body = "Thanks, I was out of office last week. Can we talk on 5 December?"
    found = explain(message(body, Date="Mon, 30 Nov 2026 09:00:00 +0000", Subject="Re: News"))
    assert (found.kind, found.absence) == (Kind.REPLY, None)
    assert read_absence_note("I'm on holiday until 4 January.", None) is None
    assert read_absence_note("I'm on holiday until 4 January.", date(1, 1, 1)) is None
