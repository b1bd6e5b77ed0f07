# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import csv
from datetime import date
from pathlib import Path

import pytest

from outreach.inbound.auto_reply_kinds import AutoReplyKind
from outreach.inbound.classify import Explanation, Kind, explain
from outreach.inbound.headers import Address, parse_date
from tests.inbound.corpora import message

EVIDENCE = {
    "-": {},
    "A": {"Auto_Submitted": "auto-replied"},
    "G": {"Auto_Submitted": "auto-generated"},
    "X": {"X_Autoreply": "yes"},
    "P": {"Precedence": "auto_reply"},
    "E": {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
    "R": {"In_Reply_To": "<m1@outreach.example>"},
}


def notices() -> list[dict[str, str]]:
    with (Path(__file__).parent / "auto_replies.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def explained(row: dict[str, str]) -> Explanation:
    received = parse_date(
        date.fromisoformat(row["received"]).strftime("%a, %d %b %Y 09:00:00 +0000")
    )
    raw = message(
        (row["body"] or "").replace("\\n", "\n"),
        Subject=row["subject"],
        **EVIDENCE[row["evidence"]],
    )
    return explain(raw, received_at=received)


def shown(rows: list[tuple[dict[str, str], Explanation]]) -> str:
    return "\n".join(
        f"{row['lang']} {row['class']} {row['until']} got {e.kind} {e.absence}: {row['body']}"
        for row, e in rows
    )


class TestOwnSet:
    ROWS = notices()

    def test_it_is_large_and_in_many_languages(self):
        assert len(self.ROWS) >= 200
        for language in ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ja"]:
            assert sum(row["lang"] == language for row in self.ROWS) >= 15

    def test_class_day_and_names(self):
        # Read once: it is the longest of all tests of reading.
        found = [(row, explained(row)) for row in self.ROWS]
        self.check_class(found)
        self.check_day_of_return([each for each in found if each[0]["class"] == "absent"])
        self.check_names([each for each in found if each[0]["class"] in ("absent", "left")])

    def check_class(self, found):
        expected = {"human": Kind.REPLY}
        wrong = [(row, e) for row, e in found if e.kind != expected.get(row["class"], row["class"])]
        assert len(wrong) / len(found) <= 0.05, shown(wrong)

    def check_day_of_return(self, found):
        wrong = [
            (row, e)
            for row, e in found
            if (e.absence.until.isoformat() if e.absence and e.absence.until else "")
            != row["until"]
        ]
        assert len(found) >= 80
        assert len(wrong) / len(found) <= 0.05, shown(wrong)

    def check_names(self, found):
        named = [each for each in found if each[0]["contact"] not in ("", "-")]
        wrong = [
            (row, e)
            for row, e in named
            if not (e.absence and e.absence.contact)
            or e.absence.contact.address.lower() != row["contact"].lower()
        ]
        assert len(named) >= 300
        assert len(wrong) / len(named) <= 0.05, shown(wrong)
        # Of those who left, whoever has an address in the notice and no label is named as well.
        left = [
            e
            for row, e in found
            if row["class"] == "left" and "@" in row["body"] and not row["contact"]
        ]
        assert len(left) >= 60
        assert all(e.absence and e.absence.contact for e in left)


class TestEvidence:
    def test_precedence_bulk_proves_nothing(self):
        assert explain(message("Lovely, see you on Monday.", Precedence="bulk")).kind is Kind.REPLY

    def test_auto_submitted_no_is_a_person(self):
        assert explain(message("Lovely.", Auto_Submitted="no")).kind is Kind.REPLY

    def test_the_quoted_original_tells_no_date(self):
        body = "I am out of the office.\n\nOn 3 Dec 2026, Us <us@outreach.example> wrote:\n> back on 4 January"
        e = explain(
            message(body, Auto_Submitted="auto-replied", Date="Fri, 18 Dec 2026 09:00:00 +0000")
        )
        assert (e.kind, e.absence.until) == (Kind.ABSENT, None)

    def test_a_person_who_mentions_an_absence_is_still_a_person(self):
        e = explain(
            message(
                "Yes, gladly! I'm on holiday until 4 January though.",
                Date="Fri, 18 Dec 2026 09:00:00 +0000",
            )
        )
        assert (e.kind, e.absence.until) == (Kind.REPLY, date(2027, 1, 4))

    def test_json_tells_whether_a_day_is_the_last_one_or_may_be_that_of_the_return(self):
        told = {"Auto_Submitted": "auto-replied", "Date": "Fri, 18 Dec 2026 09:00:00 +0000"}
        for body, until, last_day in (
            ("I am away through Friday, 8 January.", "2027-01-08", True),
            ("I am away until Friday, 8 January.", "2027-01-08", False),
            ("I am away.", None, None),
        ):
            plain = explain(message(body, **told)).to_json()
            assert (plain["until"], plain["last_day"]) == (until, last_day)
        e = explain(message("Yes, gladly! I'm on holiday from 2 to 8 January.", Date=told["Date"]))
        assert (e.kind, e.absence.until, e.absence.last_day) == (Kind.REPLY, date(2027, 1, 8), True)

    def test_a_person_who_gives_a_new_address_has_not_left(self):
        body = "My new address is jo@new.example, please use that one. All well here!"
        e = explain(message(body, From="Jo Hart <jo@old.example>"))
        assert (e.kind, e.absence.kind) == (Kind.REPLY, AutoReplyKind.MOVED)
        assert e.absence.contact == Address("Jo Hart", "jo@new.example")
        assert e.to_json()["contact"] == {"name": "Jo Hart", "address": "jo@new.example"}

    def test_who_says_that_the_old_one_is_dead_speaks_to_everybody(self):
        body = "This address is no longer in use. My new address is jo@new.example."
        assert explain(message(body)).kind is Kind.LEFT
        body = "I no longer work at Hart & Sons. My new address is jo@new.example."
        assert explain(message(body)).kind is Kind.LEFT

    def test_no_person_writes_without_a_return_path(self):
        body = "Thank you for your note. I shall endeavour to answer as soon as I can."
        assert explain(message(body)).kind is Kind.REPLY
        told = explain(message(body, Return_Path="<>"))
        assert (told.kind, told.rule) == (Kind.ACKNOWLEDGEMENT, "null-sender")

    def test_a_subject_that_names_a_machine_is_enough(self):
        body = "The kiln is warm and the clay is soft."
        told = explain(message(body, Subject="[Automatic reply] News"))
        assert told.kind is Kind.ACKNOWLEDGEMENT
        assert explain(message(body, Subject="Re: [Automatic reply] News")).kind is Kind.REPLY
        assert explain(message(body, Subject="Automobiles")).kind is Kind.REPLY

    def test_who_only_sends_us_elsewhere_has_left(self):
        body = "Matters of the archive are with dana@example.com."
        assert explain(message(body, Auto_Submitted="auto-replied")).kind is Kind.LEFT
        assert explain(message(body, Subject="I'm on the radio tonight")).kind is Kind.REPLY
        meanwhile = "Matters of the archive are with dana@example.com in the meantime."
        assert explain(message(meanwhile, Auto_Submitted="auto-replied")).kind is Kind.ABSENT

    def test_lines_broken_in_transit_are_read_as_written(self):
        body = (
            "Dear sender of this message, please be told that I am out of\n"
            "the office, and that I will not be back before Monday the\n"
            "4th of\nJanuary. For urgent matters write to dana@example.com.\n"
        )
        told = explain(message(body, Date="Fri, 18 Dec 2026 09:00:00 +0000"))
        assert (told.kind, told.rule) == (Kind.ABSENT, "words")

    def test_a_challenge_needs_no_header(self):
        body = (
            "I do not recognise your address, so your message is being held.\n"
            "Click the link below to have it delivered:\n\nhttps://wall.example/c/1\n"
        )
        assert explain(message(body)).kind is Kind.CHALLENGE
        assert explain(message(body.replace("https://", ""))).kind is Kind.REPLY

    @pytest.mark.parametrize(
        "body",
        [
            "Your mail is quarantined. Visit this link to release your message: {}",
            "Ihre E-Mail wird zurückgehalten. Bestätigen Sie, dass Sie kein Roboter sind: {}",
            "Votre courriel est en attente ; confirmez que vous êtes une personne : {}",
            "Su correo espera. Verifique que usted es una persona: {}",
            "Il messaggio è trattenuto. Confermi di essere una persona: {}",
            "A mensagem está retida. Verifique que é uma pessoa: {}",
            "Uw bericht wacht. Bevestig dat u een mens bent: {}",
            "Meddelandet hålls kvar. Bekräfta att du är en människa: {}",
            "Wiadomość oczekuje. Potwierdź, że nie jesteś robotem: {}",
            "メールは保留されています。差出人の確認をお願いします。{}",
        ],
    )
    def test_challenges_without_a_header(self, body):
        link = "https://wall.example/c/1"
        assert explain(message(body.format(link))).kind is Kind.CHALLENGE

    @pytest.mark.parametrize(
        "body",
        [
            "I took my retirement in March; dana@example.com runs the press now.",
            "Die Leitung habe ich abgegeben. Es folgt Dr. A. Thal: dana@example.com",
            "Mijn zaak heeft de deuren gesloten. Vragen: dana@example.com",
            "Min anställning upphörde i mars. Frågor: dana@example.com",
            "Pracuję teraz w innym domu. Proszę pisać: dana@example.com",
            "Joan Miles left Fern Books last month. Orders are with dana@example.com.",
            "Frau Thal hat sich selbständig gemacht. Es hilft Ihnen dana@example.com.",
            "Je ne gère plus les adhésions. Écrivez à dana@example.com.",
            "Ya no me encargo de las visitas; escriban a dana@example.com.",
            "Non mi occupo più delle visite: dana@example.com.",
            "A Marta deixou de colaborar com a casa. Fale com dana@example.com.",
            "Ik ben gestopt als voorzitter. Schrijf naar dana@example.com.",
            "Jag har gått vidare till annat. Skriv till dana@example.com.",
            "Pożegnałam się z wydawnictwem. Proszę pisać: dana@example.com.",
            "一身上の都合により会社を離れました。dana@example.com までお願いします。",
        ],
    )
    def test_ways_to_say_that_somebody_left(self, body):
        told = explain(message(body, Auto_Submitted="auto-replied"))
        assert told.kind is Kind.LEFT
        assert told.absence.contact.address == "dana@example.com"

    @pytest.mark.parametrize(
        "body",
        [
            "We've received your enquiry and shall be back in touch by tomorrow noon.",
            "We have your order. The counter is open Monday to Friday between 9 and 5.",
            "Hemos recibido su carta. Abrimos de lunes a viernes de 9 a 14 h.",
            "Su escrito de fecha 18 de diciembre de 2026 ha sido registrado.",
            "Recebemos a sua carta e respondemos no prazo de 3 dias úteis.",
        ],
    )
    def test_hours_and_deadlines_are_no_absence(self, body):
        headers = {"Auto_Submitted": "auto-replied", "Date": "Fri, 18 Dec 2026 09:00:00 +0000"}
        assert explain(message(body, **headers)).kind is Kind.ACKNOWLEDGEMENT

    def test_the_deputy_is_named(self):
        e = explain(
            message(
                "I am away. Please write to Dana Whitlock (dana@example.com).",
                Auto_Submitted="auto-replied",
            )
        )
        assert (e.absence.contact.name, e.absence.contact.address) == (
            "Dana Whitlock",
            "dana@example.com",
        )
        assert e.absence.kind is AutoReplyKind.ABSENT

    @pytest.mark.parametrize(
        "body",
        ["Por ora sem previsão de retorno: a perícia está marcada para 9 de abril.", "Sono in malattia e non posso dirvi quando rientrerò. Le lezioni di sabato 28 sono annullate.", "I am on sick leave and don't know when I shall return. The hearing is on 9 April."],
    )  # fmt: skip
    def test_a_return_that_nobody_can_date_is_not_dated_by_what_follows(self, body):
        absence = explained({"received": "2026-12-18", "body": body, "subject": "Away", "evidence": "A"}).absence  # fmt: skip
        assert (absence.kind, absence.until) == (AutoReplyKind.ABSENT, None)

    def test_who_hands_over_for_two_weeks_from_now_has_not_left(self):
        body = "I am travelling for two weeks from today. Ann Lee takes over my cases: ann@lee.example."
        e = explained({"received": "2026-12-01", "body": body, "subject": "Away", "evidence": "A"})
        assert (e.kind, e.absence.until) == (Kind.ABSENT, date(2026, 12, 15))

    def test_how_long_a_certificate_takes_makes_a_leave_no_receipt(self):
        body = "I am on maternity leave until 30 June. Certificates take up to three working days."
        row = {"received": "2026-12-01", "body": body, "evidence": "A"}
        assert explained(row | {"subject": "Maternity leave"}).kind is Kind.ABSENT

    @pytest.mark.parametrize("body", ["I am travelling and back in mid-May.", "Só regresso a Lisboa em meados de maio.", "Jag är tillbaka i mitten av maj."])  # fmt: skip
    def test_who_is_back_in_the_middle_of_a_month_is_away_until_no_day(self, body):
        e = explained({"received": "2026-03-25", "body": body, "subject": "Away", "evidence": "A"})
        assert (e.kind, e.absence.until) == (Kind.ABSENT, None)

    def test_a_date_at_the_end_of_time_is_no_day_to_count_from(self):
        raw = message("I am away, back in 3 months.", Auto_Submitted="auto-replied", Date="Fri, 31 Dec 9999 10:00:00 +0000")  # fmt: skip
        e = explain(raw)
        assert (e.kind, e.absence.until) == (Kind.ABSENT, None)

    @pytest.mark.parametrize(
        "body",
        ["I am in an all-day training session today and will respond to your message tomorrow.", "Ich bin heute ganztägig in einer Schulung und antworte Ihnen morgen.", "本日は休みをいただいております。メールは明日確認のうえ、ご返信いたします。"],
    )  # fmt: skip
    def test_who_answers_tomorrow_is_away_today(self, body):
        e = explained({"received": "2026-12-01", "body": body, "subject": "Auto: News", "evidence": "A"})  # fmt: skip
        assert (e.kind, e.absence.until) == (Kind.ABSENT, date(2026, 12, 2))

    @pytest.mark.parametrize(
        ("until", "body"),
        [("2026-08-24", "Gentile Cliente, lo studio resterà chiuso per ferie dal 10 al 21 agosto. Riapriremo lunedì 24 agosto. Per urgenze chiami il numero 333 555 0119."),
         ("2026-08-16", "メールありがとうございます。夏季休業期間:8/8(土)~8/16(日) お急ぎの方は info@hidamari.example までご連絡ください。発送は休業明けとなります。")],
    )  # fmt: skip
    def test_a_telephone_number_or_an_end_makes_a_closed_door_no_receipt(self, until, body):
        row = {"received": "2026-08-09", "body": body, "evidence": "A"}
        e = explained(row | {"subject": "Risposta automatica: News"})
        assert (e.kind, e.absence.until) == (Kind.ABSENT, date.fromisoformat(until))

    def test_a_day_in_our_own_subject_is_no_return(self):
        body = "Dzień dobry, jestem nieobecna do 24 listopada."
        row = {"received": "2026-11-15", "body": body, "evidence": "A"}
        e = explained(row | {"subject": "Automatyczna odpowiedź: Szkolenie BHP 6 grudnia"})
        assert e.absence.until == date(2026, 11, 24)
        # Where the words name none, what somebody wrote into the subject counts.
        e = explained(row | {"subject": "Automatic reply: Away until 6 December", "body": "See you!"})  # fmt: skip
        assert e.absence.until == date(2026, 12, 6)

    @pytest.mark.parametrize(
        "body",
        ["Ich bin erst in der zweiten Septemberhälfte wieder regelmäßig am Schreibtisch. Bauanträge bitte an bau@kreis.example.", "Hej, jag mönstrar på och är tillbaka i mitten av maj. Skicka det som inte kan vänta till ekonomi@sag.example."],
    )  # fmt: skip
    def test_who_speaks_of_being_back_has_not_left(self, body):
        e = explained({"received": "2026-08-01", "body": body, "subject": "Auto: News", "evidence": "A"})  # fmt: skip
        assert (e.kind, e.absence.until) == (Kind.ABSENT, None)

    def test_a_vaccine_is_no_illness(self):
        body = "メールをお送りいただきありがとうございます。回答には1週間から10日程度かかる場合があります。新型コロナウイルスワクチンに関するお問い合わせは、コールセンターをご利用ください。"
        e = explained({"received": "2026-08-01", "body": body, "subject": "受信のお知らせ", "evidence": "A"})  # fmt: skip
        assert e.kind is Kind.ACKNOWLEDGEMENT

    def test_what_a_receipt_quotes_it_does_not_say_of_itself(self):
        body = 'Recebemos sua mensagem. Protocolo: 2024111103882. Responderemos em até 2 dias úteis. Não haverá atendimento na sexta-feira, 15/11, feriado. Para trocas acesse "Meus pedidos".'
        row = {"received": "2024-11-11", "body": body, "subject": "Recebemos", "evidence": "A"}
        assert explained(row).kind is Kind.ACKNOWLEDGEMENT
