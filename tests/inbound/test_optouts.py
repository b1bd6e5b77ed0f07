# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import csv
import time
from collections import Counter
from pathlib import Path

import pytest

from outreach.inbound.classify import Kind, explain
from outreach.inbound.mail import Mail
from outreach.inbound.optouts import LETTER, read_opt_out
from tests.inbound.corpora import message


def requests() -> list[dict[str, str]]:
    with (Path(__file__).parent / "opt_outs.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class TestOwnSet:
    """Answers to newsletters, labelled by people who never saw the code: "yes", "no" and "unsure"."""

    ROWS = requests()

    @staticmethod
    def told(row: dict[str, str]) -> str:
        raw = message(row["body"].replace("\\n", "\n"), Subject=row["subject"])
        found = explain(raw).opt_out
        return "no" if found is None else "yes" if found.sure else "unsure"

    def test_most_requests_are_found_and_few_others_taken_for_them(self):
        counts = Counter((row["label"], self.told(row)) for row in self.ROWS)
        requested = sum(row["label"] == "yes" for row in self.ROWS)
        others = sum(row["label"] == "no" for row in self.ROWS)
        assert counts["yes", "yes"] >= 0.95 * requested
        assert counts["no", "yes"] <= 0.005 * others
        assert counts["no", "unsure"] <= 0.03 * others
        assert counts["unsure", "yes"] == 0

    def test_it_is_large_and_in_many_languages(self):
        for language in ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ja"]:
            assert sum(row["lang"] == language for row in self.ROWS) >= 100


class TestOptOut:
    def test_words_of_the_quotation_do_not_count(self):
        body = "Thank you, very useful.\n\nOn 3 Dec 2026, Us <us@outreach.example> wrote:\n> To unsubscribe, click here."
        assert explain(message(body)).kind is Kind.REPLY

    def test_the_beginning_of_a_longer_word_asks_nothing(self):
        assert read_opt_out("Pensions experts want to raise the retirement age.") is None

    @pytest.mark.parametrize(
        "text",
        [
            "I retired last spring and read every letter now.",
            "Take me off the speaker next time, it echoes.",
            "Ho cancellato il viaggio, quindi domani ci sono.",
            "Me retiré de la empresa la semana pasada.",
        ],
    )
    def test_words_that_sound_like_a_request(self, text):
        assert read_opt_out(text) is None

    @pytest.mark.parametrize(
        "text",
        [
            "Take us off your mailing list.",
            "Take me off, please",
            "Ich kündige hiermit das Abo.",
            "Quiten mi dirección de la lista.",
            "Voglio cancellarmi dalla lista.",
            "Je résilie mon abonnement.",
        ],
    )
    def test_requests(self, text):
        assert read_opt_out(text).sure

    def test_a_request_broken_over_two_lines_is_one(self):
        assert read_opt_out("Good evening to all of you, and please take me off\nyour list.").sure

    def test_a_longer_text_is_left_to_a_person(self):
        text = "Dear Ann, I enjoyed the last letters, but we are closing the shop in spring, so I would ask you to take me off your list then, and to tell me how your own plans went. Yours, Jo"
        found = read_opt_out(text)
        assert found
        assert not found.sure
        assert explain(message(text)).kind is Kind.REPLY

    def test_a_tokened_subject_asks_without_words(self):
        assert (
            explain(message("", Subject="unsubscribe abcdefghijklmnopqrstuvwx234567aa")).kind
            is Kind.OPT_OUT
        )

    def test_mail_reads_the_subject_only_when_empty(self):
        assert read_opt_out("Hello Ann, can we talk about your unsubscribe rates", "x") is None
        assert Mail(b"Subject: stop\n\n").subject == "stop"

    @pytest.mark.parametrize(
        "text",
        [
            'A member wrote "take me off your list" - which menu is that in your tool?',
            "One of our customers wants to unsubscribe from our letter. How is it done?",
            "Please do not take me off the list, I read every one.",
            "Yours is the only newsletter that I keep; I unsubscribed from thirty others.",
            "If you wish to unsubscribe, click here",
            "Nehmen Sie mich bitte wieder in den Verteiler auf.",
        ],
    )
    def test_what_others_ask_or_what_is_taken_back_is_none(self, text):
        assert read_opt_out(text) is None

    @pytest.mark.parametrize(
        "text",
        [
            "Could you send it less often?",
            "Where did you get my address?",
            "You have the wrong person.",
        ],
    )
    def test_wishes_for_less_are_left_to_a_person(self, text):
        found = read_opt_out(text, "Re: News")
        assert found
        assert not found.sure

    def test_a_subject_asks_where_the_body_adds_nothing(self):
        assert read_opt_out("Thanks, Jo", "Please take me off your list").sure
        assert read_opt_out("Thanks, Jo", "Re: Unsubscribe rates") is None

    def test_a_cancelled_appointment_is_left_to_a_person(self):
        body = "I have to cancel our appointment on Thursday, my mother is in hospital. I will call you."
        found = read_opt_out(body, "Cancel")
        assert found is None or not found.sure

    def test_a_letter_about_something_is_no_request(self):
        letter = "We talked about the garden and the roof. " * (LETTER // 7)
        assert read_opt_out(f"{letter} Please take me off your list.") is None

    def test_what_went_to_a_list_is_a_request_only_where_it_is_short(self):
        text = (
            "Hello all, "
            + "the meeting was long and went well. " * 8
            + "Please take me off your list."
        )
        assert read_opt_out(text).sure
        assert read_opt_out(text, to_us=False) is None
        assert read_opt_out("Please take me off your list.", to_us=False).sure

    def test_an_address_that_is_given_up_asks_for_nothing(self):
        text = "メールアドレスは、8月末で使用を終了しました。本メールへの返信にもお答えできません。"
        assert read_opt_out(text) is None

    @pytest.mark.parametrize(
        "piece",
        ["a@", "@", "a ", "me ", "my list ", "no more ", "de la ", "aus der ", "remove me ", "mails de ", "keine ", "von ",
         "mich ", "ne ", "na ", "z ", "uit ", "-", "メール", "の", "la newsletter ", "ta bort ", "de ", "e-"],
    )  # fmt: skip
    def test_no_text_takes_long(self, piece):
        for words in (3, 20, LETTER):
            text = (piece * 3000)[: 12 * words] + " stop"
            before = time.process_time()
            read_opt_out(text, text)
            assert time.process_time() - before < 1


class TestMailToLists:
    LETTER = (
        "Hello all, " + "the meeting was long and went well. " * 8 + "Please take me off your list."
    )

    def test_it_is_a_request_where_it_answers_a_mail_of_ours(self):
        fields = {"List_Id": "<team.outreach.example>", "In_Reply_To": "<abc@outreach.example>"}
        raw = message(self.LETTER, **fields)
        assert explain(raw, verify=lambda _: None).kind is Kind.REPLY
        told = explain(raw, verify=lambda text: 7 if "abc@" in text else None)
        assert told.match
        assert told.kind is Kind.OPT_OUT

    def test_an_absence_is_read_where_it_answers_a_mail_of_ours(self):
        text = "I am on holiday until 4 January, and will read it then."
        fields = {"List_Id": "<team.outreach.example>", "In_Reply_To": "<abc@outreach.example>"}
        raw = message(text, Date="Fri, 18 Dec 2026 09:00:00 +0000", **fields)
        assert explain(raw, verify=lambda _: None).absence is None
        assert explain(raw, verify=lambda text: 7 if "abc@" in text else None).absence
