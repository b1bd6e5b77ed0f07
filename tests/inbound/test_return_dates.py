from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.phrases import compared, fold
from outreach.inbound.return_dates import dated_end, return_date

TODAY = date(2026, 12, 18)  # a Friday


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("back 2 January", date(2027, 1, 2)),
        ("back on January 2nd, 2028", date(2028, 1, 2)),
        ("away from 20 December to 2 January", date(2027, 1, 2)),
        ("away from 20 December", None),
        ("away until further notice", None),
        ("until 2026-12-31", date(2026, 12, 31)),
        ("bis 5.1.", date(2027, 1, 5)),
        ("bis zum 05.01.27", date(2027, 1, 5)),
        ("until 12/28", date(2026, 12, 28)),
        ("jusqu'au 3/1", date(2027, 1, 3)),
        ("returning Monday", date(2026, 12, 21)),
        ("back on Friday", date(2026, 12, 25)),
        ("back tomorrow", date(2026, 12, 19)),
        ("away until the end of January", date(2027, 1, 31)),
        ("until 30 February", None),
        ("until 99/99", None),
        ("I may be away and out for 2 days; call me", None),
        ("1月5日まで", date(2027, 1, 5)),
        ("zuruck ab kw 2", date(2027, 1, 11)),
        ("on holiday in week 52", date(2026, 12, 27)),
        ("week 52 will be busy", None),
        ("in kw 52 bin ich nicht im buro und lese keine mails", date(2026, 12, 27)),
        ("on holiday 22-30 dec", date(2026, 12, 30)),
        ("i shall be closed for all of january", date(2027, 1, 31)),
        ("the whole of january is cold", None),
        ("on leave in january, back on the 18th of january", date(2027, 1, 18)),
        ("ich bin im januar im urlaub", date(2027, 1, 31)),
        ("przez caly styczen jestem na urlopie", date(2027, 1, 31)),
        ("back on the fifteenth of january", date(2027, 1, 15)),
        ("wieder da am ersten februar", date(2027, 2, 1)),
        ("maandag de 28e ben ik terug", date(2026, 12, 28)),
        ("ater mandag den 28:e", date(2026, 12, 28)),
        ("am 5.1. bin ich wieder da, am 3.1. ist feiertag", date(2027, 1, 5)),
        ("i am away monday to thursday", date(2026, 12, 24)),
        ("our hours are monday to friday. i am away until 28 december", date(2026, 12, 28)),
        ("office hours: monday to friday, nine to five", None),
        ("away until 28 december. i read no mails on 2 january", date(2026, 12, 28)),
        ("ooo 1/4 - 1/8, replying again on 1/11. thanks", date(2027, 1, 11)),
        ("bis 8.1. im urlaub, durchwahl -14.", date(2027, 1, 8)),
        ("back on 4 january. we answer within 3 working days", date(2027, 1, 4)),
        ("open monday 9 to 14 h. back on 4 january", date(2027, 1, 4)),
        ("du 04/01 au 15/01. a mon retour, le 18/01, je lirai", date(2027, 1, 18)),
        ("abwesend von mo 4.1. bis fr 15.1.", date(2027, 1, 15)),
        ("bis do 7.1. auf reisen", date(2027, 1, 7)),
        ("od 24 grudnia do 2 stycznia", date(2027, 1, 2)),
        ("away until tue 5 january", date(2027, 1, 5)),
        ("away until 8 january and back on monday", date(2027, 1, 11)),
        ("de 4 a 15 de janeiro, regressando na segunda-feira seguinte", date(2027, 1, 18)),
        ("away until tuesday, back on monday", date(2026, 12, 28)),
        ("vom 21.12. bis 7.2. weg, ab dem 8. wieder da", date(2027, 2, 8)),
        ("away until monday, answering on monday", date(2026, 12, 21)),
        ("ledig 21 december-8 januari, borjar igen mandagen darpa", date(2027, 1, 11)),
        ("bis 5.1. weg; am 7.1. geht es weiter", date(2027, 1, 7)),
        ("read on weekdays between 9 and 5.", None),
        ("i will not be back before 2 january", date(2027, 1, 2)),
        ("away until the end of the month", date(2026, 12, 31)),
        ("closed 24 dec - 3 jan", date(2027, 1, 3)),
        ("vuelvo el lunes 4", date(2027, 1, 4)),
        ("pas de reponse avant le 7 janvier", date(2027, 1, 7)),
        ("erst ab 7.1. wieder da", date(2027, 1, 7)),
        ("our hours are 9 to 1", None),
        ("back at 10:30", None),
        # What is dated beside a return or an absence, and is about something else.
        ("back on 4 january. our fair opens on 9 january", date(2027, 1, 4)),
        ("bis 5.1. im urlaub. der elternabend am 8.1. findet statt", date(2027, 1, 5)),
        ("away until 8 january. invoices for december are due by 5 january", date(2027, 1, 8)),
        (
            "i am away until 8 january; completions of 5 january are handled by ben",
            date(2027, 1, 8),
        ),
        ("fermee jusqu'au 4 janvier. les inscriptions commencent le 2 mars", date(2027, 1, 4)),
        # The day right behind an absence; absences that run into each other.
        (
            "closed from 21 december to 3 january, on monday the 4th there is bread",
            date(2027, 1, 4),
        ),
        ("closed on 24 december and on 25 december", date(2026, 12, 25)),
        (
            "cerrado el 24 de diciembre, y estare fuera hasta el lunes 28 de diciembre",
            date(2026, 12, 28),
        ),
        # Hours beside a day are none.
        ("ab montag, 7:30 uhr, sind wir wieder da", date(2026, 12, 21)),
        ("ik ben dinsdag vanaf half negen weer bereikbaar", date(2026, 12, 22)),
        ("w poniedzialek od 10 znowu jestesmy", date(2026, 12, 21)),
        # Behind a day, the same one again.
        ("back next wednesday (the 30th)", date(2026, 12, 30)),
        ("ater mandag v. 2, dvs den 11 januari", date(2027, 1, 11)),
        ("je ne lirai rien avant la fin janvier", date(2027, 1, 31)),
        ("borta till och med januari", date(2027, 1, 31)),
        ("1月いっぱい不在です", date(2027, 1, 31)),
        ("来年3月末まで休職しております", date(2027, 3, 31)),
        ("z powrotem 16 ii", date(2027, 2, 16)),
    ],
)
def test_return(text, until):
    assert return_date(fold(text), TODAY) == until


def test_yesterdays_notice_keeps_its_year():
    assert return_date("out until 15 december", date(2026, 12, 18)) == date(2026, 12, 15)


def test_without_today_nothing_is_told():
    assert return_date("back 2 january", None) is None


@given(
    st.text(alphabet="0123456789./- aontilmrjuybck月日", max_size=80),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
)
def test_no_text_raises(text, today):
    return_date(text, today)


def test_a_deadline_soon_behind_the_end_is_not_the_return():
    text = "away from 25/11 to 5/12. the orders have to be here by the 9th of december"
    assert return_date(text, date(2026, 11, 24), trusting=True) == date(2026, 12, 5)


def test_a_day_of_examinations_behind_the_end_is_not_the_return():
    text = "entre 12 e 23 de junho estarei fora. os exames mantem a data (26 de junho, sala 2.13)"
    assert return_date(text, date(2026, 6, 10), trusting=True) == date(2026, 6, 23)


def test_who_examines_something_speaks_of_no_examination():
    text = "siamo chiusi fino al 9 maggio. esamineremo le richieste da mercoledi 10 maggio"
    assert return_date(text, date(2023, 5, 1), trusting=True) == date(2023, 5, 10)


@pytest.mark.parametrize(
    "text",
    [
        "afwezig tot 9 mei. normaal werk ik op maandag, dinsdag en donderdag",
        "away until 9 may. i am normally in on monday, tuesday and thursday",
        "bis 9. mai abwesend. sonst bin ich montag/dienstag/mittwoch da",
    ],
)
def test_several_weekdays_in_a_row_are_those_of_every_week(text):
    assert return_date(text, date(2023, 5, 1), trusting=True) == date(2023, 5, 9)


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (22, "afwezig. op 22 juli ben ik terug op kantoor (maandag 21 juli is een feestdag)"),
        (25, "不在です。7月18日以降は携帯電話にて対応可能です。25日に戻ります(24日は休日)。"),
        (19, "da lunedi 14 luglio saro raggiungibile per telefono, in ufficio da sabato 19 luglio"),
        (24, "estoy de vacaciones hasta el 21 de julio. me reincorporo el 24."),
        (16, "nao havera expediente nos dias 14 e 15 de julho. voltaremos a atender no dia 16"),
    ],
)  # fmt: skip
def test_the_last_of_several_days_on_which_somebody_returns(until, text):
    assert return_date(text, date(2025, 7, 10), trusting=True) == date(2025, 7, until)


def test_the_beginning_of_a_month_in_japanese():
    assert return_date("育児休業中です。2月初めに復帰の予定です。", date(2023, 10, 16)) == date(
        2024, 2, 1
    )


def test_several_weekdays_of_an_absence_end_it():
    text = "i am out sick on tuesday, wednesday and thursday"
    assert return_date(text, date(2023, 5, 1), trusting=True) == date(2023, 5, 4)


@pytest.mark.parametrize("today", [date.min, date.max])
@pytest.mark.parametrize(
    "text",
    ["back tomorrow", "away for two weeks from today", "back in 3 months", "until 3 january"],
)
def test_on_the_first_and_the_last_of_all_days_nothing_is_counted(text, today):
    assert return_date(text, today, trusting=True) is None


@pytest.mark.parametrize(
    "text",
    [
        # included
        "away until and including Friday 8 January",
        "on leave through Friday, January 8",
        "away until 8 January inclusive",
        "out until after 8 January",
        "my last day of leave is 8 January",
        "Ich bin bis einschließlich 8.1.2027 nicht im Büro",
        "Ich bin bis einschl. Freitag, den 8. Januar nicht im Büro",
        "Ich bin bis zum 8.1. einschließlich im Urlaub",
        "Ich bin bis und mit 8.1. abwesend",
        "Je suis absente jusqu'au vendredi 8 janvier 2027 inclus",
        "Estaré fuera hasta el 8 de enero, inclusive",
        "Sono in ferie fino al 8 gennaio compreso",
        "Estou de férias até 8 de janeiro, inclusive",
        "Ik ben afwezig tot en met vrijdag 8 januari",
        "Ik ben afwezig t/m 8 januari",
        "Jag är ledig t.o.m. 8 januari",
        "Jag är ledig till och med den 8 januari",
        "Jestem na urlopie do 8 stycznia 2027 r. włącznie",
        "1月8日（金）まで休暇をいただいております",
        "Jeg er på ferie til og med 8. januar",
        "Я в отпуске до 8 января включительно",
        # the end of a range
        "on leave from 4 to 8 January",
        "on leave 4-8 January",
        "on leave from today until 8 January",
        "out between 4 and 8 January",
        "Vom 4. bis 8. Januar bin ich im Urlaub",
        "Je suis en congé du 4 au 8 janvier",
        "Estoy de vacaciones del 4 al 8 de enero",
        "Sono in ferie dal 4 al 8 gennaio",
        "Estou de férias de 4 a 8 de janeiro",
        "Ik ben met vakantie van 4 tot 8 januari",
        "Jag är ledig från 4 till 8 januari",
        "Jestem na urlopie od 4 do 8 stycznia",
        "1月4日から8日まで不在です",
        "closed on 7 January and on 8 January",
        # the same day twice
        "away until 8 January.\n\nI am away up to and including 8 January",
    ],
)
def test_the_last_day_of_an_absence_is_told_as_such(text):
    end = dated_end(compared(text), TODAY, trusting=True)
    assert (end.day, end.last_day) == (date(2027, 1, 8), True)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("away until the end of the month", date(2026, 12, 31)),
        ("away until the end of January", date(2027, 1, 31)),
        ("on leave for all of January", date(2027, 1, 31)),
        ("Ich bin bis Ende Januar in Elternzeit", date(2027, 1, 31)),
        ("Jestem na urlopie do końca stycznia", date(2027, 1, 31)),
        ("Ich bin bis KW 52 im Urlaub", date(2026, 12, 27)),
        ("1月末まで休業いたします", date(2027, 1, 31)),
        ("I am out today and tomorrow", date(2026, 12, 19)),
    ],
)
def test_the_end_of_a_time_is_its_last_day(text, until):
    end = dated_end(compared(text), TODAY, trusting=True)
    assert (end.day, end.last_day) == (until, True)


@pytest.mark.parametrize(
    "text",
    [
        "away until 8 January",
        "back on 8 January",
        "away through 7 January, back on 8 January",
        "on leave from 4 to 7 January and back on the 8th",
        "I will not be able to answer before 8 January",
        "Ich bin bis zum 8.1. im Urlaub",
        "Je suis absent jusqu'au 8 janvier",
        "Estaré fuera hasta el 8 de enero",
        "Sono in ferie fino al 8 gennaio",
        "Ik ben afwezig tot 8 januari",
        "Jag är ledig till den 8 januari",
        "Jestem na urlopie do 8 stycznia",
        "1月8日より出社いたします",
    ],
)
def test_a_day_that_may_be_that_of_the_return_is_no_last_day(text):
    end = dated_end(compared(text), TODAY, trusting=True)
    assert (end.day, end.last_day) == (date(2027, 1, 8), False)


def test_who_is_away_until_the_end_of_january_may_be_back_on_it_where_that_is_left_open():
    for text in ("back at the end of January", "I cannot answer before the end of January"):
        end = dated_end(compared(text), TODAY, trusting=True)
        assert (end.day, end.last_day) == (date(2027, 1, 31), False)
