# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.inbound import replies
from outreach.inbound.classify import author_words
from outreach.inbound.html import to_text
from outreach.inbound.mail import Mail
from outreach.inbound.replies import own_words
from outreach.inbound.reply_words import ReplyWords, alternatives, words
from tests.inbound.corpora import CORPORA, files, needs_corpora

NEW = "Thursday suits me well.\n\nSee you then,\nJane"
OLD = "Shall we meet on Thursday?\n\nBest,\nAnn"

# What mail programs put above a quotation, by language and program.
INTRODUCTIONS = """\
On Mon, Apr 3, 2023 at 10:00 AM Ann Lee <ann@example.org> wrote:
On Apr 3, 2023, at 10:00 AM, Ann Lee <ann@example.org> wrote:
On 03/04/2023 10:00, Ann Lee wrote:
Ann Lee <ann@example.org> wrote:
Am Mo., 3. Apr. 2023 um 10:00 Uhr schrieb Ann Lee <ann@example.org>:
Am 03.04.2023 um 10:00 schrieb Ann Lee <ann@example.org>:
Am 03.04.23 um 10:00 schrieb Ann Lee:
Ann Lee <ann@example.org> schrieb am Mo., 3. Apr. 2023, 10:00:
Le lun. 3 avr. 2023 à 10:00, Ann Lee <ann@example.org> a écrit :
Le 3 avr. 2023 à 10:00, Ann Lee <ann@example.org> a écrit :
Le 03/04/2023 à 10:00, Ann Lee a écrit :
On 3-Apr-2023, at 10:00, Ann Lee <ann@example.org> sent:
---- On Mon, 03 Apr 2023 10:00:03 +0100 Ann Lee <ann@example.org> wrote ----
po 3. 4. 2023 o 10:00 Ann Lee <ann@example.org> napísal(a):
Vào Th 2, 3 thg 4, 2023 vào lúc 10:00 Ann Lee <ann@example.org> đã viết:
Pada tanggal Sen, 3 Apr 2023 pukul 10.00 Ann Lee <ann@example.org> menulis:
lun., 3 apr. 2023 la 10:00, Ann Lee <ann@example.org> a scris:
На пн, 3.04.2023 г. в 10:00 Ann Lee <ann@example.org> написа:
Στις Δευ 3 Απρ 2023 στις 10:00 π.μ., ο/η Ann Lee <ann@example.org> έγραψε:
pon, 3. tra 2023. u 10:00 Ann Lee <ann@example.org> napisao je:
El dl., 3 d’abr. 2023, 10:00, Ann Lee <ann@example.org> va escriure:
בתאריך יום ב׳, 3 באפר׳ 2023 ב-10:00 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.org\u202c\u200f>:\u202c
في الاثنين، ٣ أبريل ٢٠٢٣ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة \u202aAnn Lee\u202c\u200f <\u202aann@example.org\u202c\u200f>:
E, 3. aprill 2023 kell 10:00 kirjutas Ann Lee (<ann@example.org>):
2023-04-03, pr, 10:00 Ann Lee <ann@example.org> rašė:
Jumat 3 Nimeth 2023 10:00 Ann Lee <ann@example.org> klingon:
El lun, 3 abr 2023 a las 10:00, Ann Lee (<ann@example.org>) escribió:
El 3 abr 2023, a las 10:00, Ann Lee <ann@example.org> escribió:
El 3/4/23 a las 10:00, Ann Lee escribió:
Il giorno lun 3 apr 2023 alle ore 10:00 Ann Lee <ann@example.org> ha scritto:
Il giorno 3 apr 2023, alle ore 10:00, Ann Lee <ann@example.org> ha scritto:
Il 03/04/2023 10:00, Ann Lee ha scritto:
Em seg., 3 de abr. de 2023 às 10:00, Ann Lee <ann@example.org> escreveu:
Em 3 de abr. de 2023, à(s) 10:00, Ann Lee <ann@example.org> escreveu:
Ann Lee <ann@example.org> escreveu no dia segunda, 3/04/2023 à(s) 10:00:
Op ma 3 apr 2023 om 10:00 schreef Ann Lee <ann@example.org>:
Op 3 apr. 2023, om 10:00 heeft Ann Lee <ann@example.org> het volgende geschreven:
Op 03-04-2023 om 10:00 schreef Ann Lee:
Den mån 3 apr. 2023 kl 10:00 skrev Ann Lee <ann@example.org>:
3 apr. 2023 kl. 10:00 skrev Ann Lee <ann@example.org>:
Den 2023-04-03 kl. 10:00, skrev Ann Lee:
* Ann Lee <ann@example.org> [2023-04-03 10:00]:
pon., 3 kwi 2023 o 10:00 Ann Lee <ann@example.org> napisał(a):
Wiadomość napisana przez Ann Lee <ann@example.org> w dniu 3 kwi 2023, o godz. 10:00:
W dniu 3.04.2023 o 10:00, Ann Lee pisze:
2023年4月3日(月) 10:00 Ann Lee <ann@example.org>:
2023/04/03 10:00、Ann Lee <ann@example.org>のメール：
On 2023/04/03 10:00, Ann Lee wrote:
Den man. 3. apr. 2023 kl. 10.00 skrev Ann Lee <ann@example.org>:
man. 3. apr. 2023 kl. 10:00 skrev Ann Lee <ann@example.org>:
ma 3. huhtik. 2023 klo 10.00 Ann Lee (ann@example.org) kirjoitti:
Ann Lee <ann@example.org> kirjoitti 3.4.2023 kello 10.00:
пн, 3 апр. 2023 г. в 10:00, Ann Lee <ann@example.org>:
3 апр. 2023 г., в 10:00, Ann Lee <ann@example.org> написал(а):
Ann Lee <ann@example.org> 于2023年4月3日周一 10:00写道：
在 2023年4月3日，10:00，Ann Lee <ann@example.org> 写道：
po 3. 4. 2023 v 10:00 odesílatel Ann Lee <ann@example.org> napsal:
Ann Lee <ann@example.org> ezt írta (időpont: 2023. ápr. 3., H, 10:00):
Ann Lee <ann@example.org>, 3 Nis 2023 Pzt, 10:00 tarihinde şunu yazdı:
2023년 4월 3일 (월) 오전 10:00, Ann Lee <ann@example.org>님이 작성:
---- On Mon, 03 Apr 2023 10:00:00 +0200 Ann Lee <ann@example.org> wrote ----
------- Original Message -------
-----Original Message-----
-----Ursprüngliche Nachricht-----
-----Message d'origine-----
-----Mensaje original-----
-----Messaggio originale-----
-----Mensagem original-----
-----Oorspronkelijk bericht-----
-----Ursprungligt meddelande-----
-----Oryginalna wiadomość-----
-----Opprinnelig melding-----
-----Oprindelig meddelelse-----
-----Alkuperäinen viesti-----
-----Исходное сообщение-----
----- 元のメッセージ -----
-----原始邮件-----
Begin forwarded message:""".splitlines()

# What Outlook and its kin put above a quotation.
HEADS = """\
From: Ann Lee <ann@example.org>|Sent: Monday, April 3, 2023 10:00 AM|To: Jane Doe|Subject: Thursday
Von: Ann Lee <ann@example.org>|Gesendet: Montag, 3. April 2023 10:00|An: Jane Doe|Betreff: Donnerstag
De : Ann Lee <ann@example.org>|Envoyé : lundi 3 avril 2023 10:00|À : Jane Doe|Objet : Jeudi
De: Ann Lee <ann@example.org>|Enviado el: lunes, 3 de abril de 2023 10:00|Para: Jane Doe|Asunto: Jueves
Da: Ann Lee <ann@example.org>|Inviato: lunedì 3 aprile 2023 10:00|A: Jane Doe|Oggetto: Giovedì
De: Ann Lee <ann@example.org>|Enviada em: segunda-feira, 3 de abril de 2023 10:00|Para: Jane Doe|Assunto: Quinta
Van: Ann Lee <ann@example.org>|Verzonden: maandag 3 april 2023 10:00|Aan: Jane Doe|Onderwerp: Donderdag
Från: Ann Lee <ann@example.org>|Skickat: den 3 april 2023 10:00|Till: Jane Doe|Ämne: Torsdag
Fra: Ann Lee <ann@example.org>|Sendt: 3. april 2023 10:00|Til: Jane Doe|Emne: Torsdag
Lähettäjä: Ann Lee <ann@example.org>|Lähetetty: 3. huhtikuuta 2023 10:00|Vastaanottaja: Jane Doe|Aihe: Torstai
Od: Ann Lee <ann@example.org>|Wysłano: poniedziałek, 3 kwietnia 2023 10:00|Do: Jane Doe|Temat: Czwartek
Od: Ann Lee <ann@example.org>|Odesláno: 3. dubna 2023 10:00|Komu: Jane Doe|Předmět: Čtvrtek
От: Ann Lee <ann@example.org>|Отправлено: 3 апреля 2023 г. 10:00|Кому: Jane Doe|Тема: Четверг
差出人: Ann Lee <ann@example.org>|送信日時: 2023年4月3日 10:00|宛先: Jane Doe|件名: 木曜日
发件人: Ann Lee <ann@example.org>|发送时间: 2023年4月3日 10:00|收件人: Jane Doe|主题: 星期四
*From:* Ann Lee <ann@example.org>|*Sent:* Monday, April 3, 2023 10:00 AM|*To:* Jane Doe|*Subject:* Thursday""".splitlines()

DEVICES = """\
Sent from my iPhone
Get Outlook for iOS
Скачать Outlook для iOS
Завантажити Outlook для Android
获取 Outlook for iOS
Von meinem iPhone gesendet
Gesendet mit der Telekom Mail App
Envoyé de mon iPhone
Enviado desde mi iPhone
Inviato da iPhone
Enviado do meu iPhone
Verstuurd vanaf mijn iPad
Skickat från min iPhone
Wysłane z iPhone'a
iPhoneから送信
Sendt fra min iPhone
Lähetetty iPhonesta
Отправлено с iPhone
发自我的iPhone""".splitlines()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


class TestQuotations:
    @pytest.mark.parametrize("introduction", INTRODUCTIONS)
    def test_introduction_and_marked_quotation_go(self, introduction):
        assert own_words(f"{NEW}\n\n{introduction}\n\n{quoted(OLD)}\n").text == NEW

    @pytest.mark.parametrize("introduction", INTRODUCTIONS)
    def test_introduction_and_unmarked_quotation_go(self, introduction):
        assert own_words(f"{NEW}\n\n{introduction}\n\n{OLD}\n").text == NEW

    @pytest.mark.parametrize("introduction", [line for line in INTRODUCTIONS if " <ann" in line])
    def test_introduction_wrapped_in_transit_goes(self, introduction):
        wrapped = introduction.replace(" <ann", "\n<ann", 1)
        assert own_words(f"{NEW}\n\n{wrapped}\n\n{quoted(OLD)}\n").text == NEW

    @pytest.mark.parametrize("head", HEADS)
    def test_head_of_a_mail_below_goes(self, head):
        lines = head.replace("|", "\n")
        assert own_words(f"{NEW}\n\n{lines}\n\n{OLD}").text == NEW
        assert own_words(f"{NEW}\n\n________________________________\n{lines}\n\n{OLD}").text == NEW

    def test_answers_between_the_lines_stay_with_what_they_answer(self):
        text = "Hi!\n\nOn 3 Apr 2023, Ann <a@example.org> wrote:\n> Thursday?\n\nYes.\n\n> At ten?\n\nBetter at eleven.\n"
        assert (
            own_words(text).text == "Hi!\n\n> Thursday?\n\nYes.\n\n> At ten?\n\nBetter at eleven."
        )
        assert squeezed(own_words(text).unquoted) == "Hi!Yes.Betterateleven."
        begun = text.removeprefix("Hi!\n\n")
        assert own_words(begun).text == "> Thursday?\n\nYes.\n\n> At ten?\n\nBetter at eleven."

    def test_an_introduction_quoted_below_words_goes_alone(self):
        text = "See below.\n\n> On 3 Apr 2023, Ann <a@example.org> wrote:\n>\n> Thursday?\n\nYes.\n\n> At ten?\n\nAt eleven.\n"
        assert squeezed(own_words(text).text) == "Seebelow.>>Thursday?Yes.>Atten?Ateleven."

    def test_words_that_go_on_behind_a_full_stop_introduce_nothing(self):
        text = "You wrote to ann@example.org. I only read mail from people I know. To be let in, click below:\n\nhttps://wall.example/c/1"
        assert own_words(text).text == text

    def test_last_words_below_the_quotation_stay_without_it(self):
        text = f"Gladly.\n\nOn 3 Apr 2023, Ann Lee <ann@example.org> wrote:\n{quoted(OLD)}\n\nYours, Jane"
        assert own_words(text).text.split() == ["Gladly.", "Yours,", "Jane"]
        long = "\n".join(f"Line {number} of what I think." for number in range(9))
        assert "> Shall we meet" in own_words(text.replace("Yours, Jane", long)).text

    def test_a_persons_own_example_is_theirs(self):
        text = "You said:\n\n> we open at nine\n\nbut the door was closed."
        assert own_words(text).text == text
        assert own_words(f"{text}\n\nOn 3 Apr 2023, Ann <a@b.example> wrote:\n> Hm").text == text

    def test_a_rule_between_parts_of_the_words_stays(self):
        text = "The first part\n-----\nThe second part"
        below = f"\n\nOn 3 Apr 2023, Ann Lee <ann@example.org> wrote:\n{quoted(OLD)}"
        assert own_words(text + below).text == text

    def test_an_introduction_that_follows_the_last_word_goes(self):
        for between in (" ", " --- ", "-- "):
            text = f"Gladly.\nSee you{between}On Mon, Apr 3, 2023 at 10:00 AM, ann@example.org wrote:\n{quoted(OLD)}"
            assert own_words(text).text == "Gladly.\nSee you"
        kept = "I said: On Monday, as Ann wrote:\nno."
        assert own_words(kept).text == kept

    def test_an_answer_below_what_a_device_put_first_stands_alone(self):
        text = f"Sent from my iPad\n\nOn 3 Apr 2023, at 10:00, Ann <ann@example.org> wrote:\n\n> Shall we?\n\n{NEW}"
        assert own_words(text).text == NEW

    def test_words_that_begin_with_a_date_introduce_no_head_below(self):
        words = "2026年12月28日から1月3日は休業いたします。"
        head = "________________________________\nFrom: Ann Lee <ann@example.org>\nSent: 2 October 2026\nTo: Jane\nSubject: Dates"
        assert own_words(f"{words}\n\n{head}\n\n{OLD}").text == words

    def test_a_head_in_a_language_without_a_table_goes(self):
        head = "Nguo: Ann Lee <ann@example.org>\nNgay: 03.04.2023 10:00\nDen: Jane\nChu: Lunch"
        assert own_words(f"{NEW}\n\n{head}\n\n{OLD}").text == NEW

    def test_what_looks_like_a_head_and_is_none_stays(self):
        text = "Bring: bread\nDrink: wine\nTime: 10:00\n\nJane"
        assert own_words(text).text == text

    def test_an_answer_below_its_quotation_stands_alone(self):
        text = f"On 3 Apr 2023, Ann <a@example.org> wrote:\n{quoted(OLD)}\n\n{NEW}"
        assert own_words(text).text == NEW

    def test_a_mail_passed_on_without_a_word_is_what_was_passed_on(self):
        text = f"---------- Forwarded message ----------\nFrom: Ann <a@example.org>\nDate: Mon, 3 Apr 2023\nSubject: x\nTo: b@example.org\n\n{OLD}"
        assert own_words(text).text == OLD

    @pytest.mark.parametrize(
        "quoting",
        ["Quoting", "Zitat von", "Citation de", "Citando a", "Citando", "Citaat van", "Citat från", "Cytat od"],
    )  # fmt: skip
    @pytest.mark.parametrize("name", ["Ann Lee <ann@example.org>", "Ann Lee"])
    def test_who_is_quoted_without_a_verb_or_a_day(self, quoting, name):
        assert own_words(f"{NEW}\n\n{quoting} {name}:\n\n{quoted(OLD)}").text == NEW
        words = f"{quoting} {name}:\n\nit is never too late."
        assert own_words(words).text == words

    def test_quotations_of_quotations_marked_by_initials_go(self):
        text = f"{NEW}\n\nWednesday, June 22, 2005, 4:11:08 PM, you wrote:\n\nRC> Hello Mihai,\n\nMD>> How much for the lens?\n\nRC> 60 euro."
        assert own_words(text).text == NEW

    def test_a_rule_with_blanks_that_do_not_break_goes(self):
        assert own_words(f"{NEW}\n\n-----\u00a0Original Message\u00a0-----\n{OLD}").text == NEW

    def test_nothing_but_a_quotation_is_returned_whole(self):
        assert own_words(quoted(OLD)).text == quoted(OLD)

    @pytest.mark.parametrize(
        "text",
        [
            "On Monday I wrote to the bank: no answer yet.",
            "From: the whole team.\n\nWe wish you well.",
            "He said:\n\nlet us go.",
            "Three points:\n1. to begin at 10:00\n2. on 3 April\n3. at the office",
            "a --- b\n\n---\n\nc is a long paragraph after a rule,\nwith two lines\nand three\nand four\nand five\nand six",
        ],
    )
    def test_plain_words_stay(self, text):
        assert own_words(text).text == text


class TestSignatures:
    @pytest.mark.parametrize("device", DEVICES)
    def test_what_a_device_added_goes(self, device):
        assert own_words(f"{NEW}\n\n{device}\n").text == NEW
        assert own_words(f"{NEW}\n\n{device}\n\n{INTRODUCTIONS[0]}\n{quoted(OLD)}").text == NEW

    def test_signature_above_the_footer_of_a_list_goes(self):
        signature = "----------\nJane Doe\nDoe & Sons\nThe Mill\nhttps://doe.example\n"
        footer = f"{'_' * 47}\nletters mailing list\nletters@lists.example\nhttps://lists.example/mailman/listinfo/letters\n"
        more = (
            "A page for each letter\nand one for each year\nkept by the owner\nwho is asked first\n"
        )
        assert own_words(f"{NEW}\n\n{signature}\n{footer}{more}").text == NEW

    def test_rule_below_the_head_of_a_table_is_none_of_a_signature(self):
        table = "What | Before | After\n----------------------\nstatus | open | see https://doe.example/7"
        assert own_words(f"{NEW}\n\n{table}").text == f"{NEW}\n\n{table}"

    @pytest.mark.parametrize("rule", ["-- ", "--", "—", "__"])
    def test_signature_goes(self, rule):
        assert own_words(f"{NEW}\n\n{rule}\nJane Doe\nDoe & Sons\n+44 20 7946 0000\n").text == NEW

    def test_signature_above_the_quotation_goes(self):
        assert own_words(f"{NEW}\n-- \nJane Doe\n\n{INTRODUCTIONS[0]}\n{quoted(OLD)}").text == NEW

    def test_what_a_program_says_of_itself_goes_where_it_links_to_its_maker(self):
        assert own_words(f"{NEW}\n\nSent via Quill ( https://quill.example/?by=jane )").text == NEW

    @pytest.mark.parametrize(
        "introduction",
        [
            "  On Tue, 3 Apr 2023 at 10:00, Ann Lee<ann@example.org> wrote:   ",
            "  Am Mo., Apr. 3, 2023 at 10:00 schrieb Ann Lee<ann@example.org>:   ",
        ],
    )
    def test_what_is_quoted_behind_an_introduction_goes_with_it(self, introduction):
        assert own_words(f"{NEW}\n\n{introduction}{OLD}").text == NEW

    def test_an_introduction_that_is_quoted_with_what_it_introduces(self):
        html = '<div class="gmail_quote"><div class="gmail_attr">On Tue, 3 Apr 2023 at 10:00 Ann &lt;ann@example.org&gt; wrote:</div><blockquote>How many?</blockquote></div><p>Two people.</p>'
        assert own_words(to_text(html)).text == "Two people."

    @pytest.mark.parametrize(
        "warning",
        [
            "CAUTION: This email originated from outside of the organisation. Do not click links.",
            "[EXTERNAL EMAIL]",
            "Achtung: Diese E-Mail kommt von einem externen Absender.\nBitte keine Anhänge öffnen.",
            "You don't often get email from jane@doe.example. Learn why this is important",
        ],
    )
    def test_what_a_mail_server_puts_above_mail_from_outside_goes(self, warning):
        assert own_words(f"{warning}\n\n{NEW}\n\n{INTRODUCTIONS[0]}\n{quoted(OLD)}").text == NEW
        assert own_words(warning).text == warning

    def test_a_person_may_warn_of_something(self):
        text = "Warning: the gate outside is closed on Monday.\nSee you!"
        assert own_words(text).text == text

    def test_a_gap_behind_a_colon_alone_is_no_introduction(self):
        text = "Write to both:   ann@example.org, jane@example.org.\nNames:  see above."
        assert own_words(text).text == text

    @pytest.mark.parametrize(
        "line",
        [
            "Obtenir Outlook pour iOS<https://x.example>",
            "iOS版Outlookを入手<https://x.example>",
            "Az iPhone-omról küldve",
        ],
    )
    def test_what_outlook_says_of_itself_goes(self, line):
        assert own_words(f"{NEW}\n\n{line}\n\n{INTRODUCTIONS[0]}\n{quoted(OLD)}").text == NEW

    def test_spaces_written_as_entities_rule_off_too(self):
        text = f"{NEW}\n\n-------&nbsp;Original&nbsp;Message&nbsp;-------\nFrom: Ann\nSubject: x\n\n{OLD}"
        assert own_words(text).text == NEW

    def test_what_a_rule_parts_from_the_words_goes_where_it_is_an_address(self):
        text = "承知しました。\n\n-----\n山田 太郎\n株式会社サンプル"
        assert own_words(text).text == "承知しました。"
        assert own_words("One.\n\n-----\nTwo.").text == "One.\n\n-----\nTwo."

    @pytest.mark.parametrize(
        "line",
        [
            "Please consider the environment before printing this e-mail.",
            "Pensez à l'environnement avant d'imprimer ce message.",
            "Bitte prüfen Sie, ob diese Mail wirklich ausgedruckt werden muss!",
            "If you are not the intended recipient, please delete it.",
            "AVISO LEGAL: este mensaje es solo para quien lo recibe.",
            "Avviso di riservatezza: questo testo è per il solo destinatario.",
            "Klauzula informacyjna RODO jest na naszej stronie.",
            "本メールの内容には秘密の情報が含まれることがあります。",
            "AVISO LEGAL: Este correo es solo para quien figura en la cabecera.",
            "Avis de confidentialité : ce pli ne concerne que vous.",
            "Vertraulichkeitshinweis: Nur für die genannte Person.",
            "Avviso di riservatezza: solo per il destinatario.",
            "Så här behandlar vi personuppgifter: https://school.example/gdpr",
            "Administratorem danych jest Młyn sp. z o.o.",
            "本メールは、誤って届いた場合は破棄してください。",
        ],
    )
    def test_what_is_said_below_every_mail_of_a_company_goes(self, line):
        assert own_words(f"{NEW}\n\n{line}\n\n{INTRODUCTIONS[0]}\n{quoted(OLD)}").text == NEW
        assert own_words(f"{NEW}\n\n{line}").text == NEW

    def test_a_long_notice_in_one_line_goes(self):
        notice = f"Disclaimer: {'this e-mail is for whom it is addressed to. ' * 12}"
        assert own_words(f"{NEW}\n\n{notice}").text == NEW

    def test_what_stands_between_fences_is_no_notice(self):
        text = "This is what I get:\n\n```\nvirus-free\ndisclaimer: none\n```\n\nAnd you?"
        assert own_words(text).text == text

    @pytest.mark.parametrize("end", ["-----END PGP SIGNATURE-----\n", ""])
    def test_what_openpgp_puts_around_the_words_goes(self, end):
        signed = (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- - one line\n\n> asked\n\nThursday.\n"
            f"-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\n\niQEVAwUBPW5A\n=KYCm\n{end}"
        )
        assert own_words(signed).text == "- one line\n\n> asked\n\nThursday."
        assert own_words(signed).trimmed
        # What was quoted with it is a quotation like any other.
        assert (
            own_words(f"Yes.\n\nAnn Lee <ann@example.org> wrote:\n{quoted(signed)}").text == "Yes."
        )
        assert own_words("-----BEGIN PGP SIGNED MESSAGE----- heads such mail.").text.endswith(
            "mail."
        )

    def test_what_stands_below_a_framed_introduction_goes(self):
        quoted = (
            ">>> Us <us@outreach.example> 9/29/2026 7:58 AM >>>\nOur hall reopens on 14 October.\n"
        )
        assert own_words(f"{NEW}\n\n{quoted}").text == NEW

    @pytest.mark.parametrize(
        "below",
        [
            "<https://www.avast.com/sig-email?utm_medium=email>\nLibre de virus.\n",
            "Sent from my BlackBerry 10 smartphone.\n  Original Message\nFrom: Ann Lee\nSent: Monday, April 3, 2023 10:00\nTo: Jane\nSubject: News\n\nHello",
            "Envoyé avec la messagerie sécurisée ProtonMail.\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nHello",
        ],
    )
    def test_what_programs_put_below_the_words_goes(self, below):
        assert own_words(f"{NEW}\n\n{below}").text == NEW

    def test_two_lines_that_look_like_a_head_and_name_only_hours_are_words(self):
        text = "Il problema è sempre lo stesso:\nDa: quando torno a casa, verso le 19\nA: quando i bambini dormono, cioè le 21:30\nnon ho un minuto per me."
        assert own_words(text).text == text

    def test_a_signature_with_two_numbers_on_one_line_goes(self):
        card = "Fernando Lopes\nCorretor de Imóveis | CRECI 00000-F\nLopes Imóveis Ltda.\n(11) 0000-0000 / WhatsApp (11) 90000-0000"
        text = "Participo no sábado.\n\nAtenciosamente,"
        assert own_words(f"{text}\n{card}").text == text

    def test_list_footer_goes(self):
        footer = "_______________________________________________\nletters mailing list\nletters@lists.example\n"
        assert own_words(f"{NEW}\n\n{footer}").text == NEW


# Nothing of this quotes, hides or forms.
MARKUP = [
    "<p>", "</p>", "<P class=x>", "<br>", "<BR/>", "<div>", "</div>", "<td>", "<Td width=3>", "</tr>", "<table>", "<b>", "</B>",
    "<Font size=1>", "<span>", "</span>", "<o:p>", "<html>", "<h1>", "</h1>", "<li>", "<img src=y>", "<a href='z'>", "</a>",
    "one", "two", " ", "\n", " \n\n ", "&amp;", "&nbsp;", "&lt;p&gt;", "&am", "p;", "&#1;", "&", "> ", "<", "<3", "é", "\x01b",
]  # fmt: skip


class TestHtml:
    @pytest.mark.parametrize(
        "html",
        [
            '<div>{new}</div><div class="gmail_quote"><div class="gmail_attr">On 3 Apr Ann wrote:</div><blockquote>{old}</blockquote></div>',
            '<div name="messageBodySection">{new}</div><div name="messageSignatureSection">Jane, boss</div><blockquote type="cite">{old}</blockquote>',
            '<p>{new}</p><div class="gmail_signature">Jane, boss</div><blockquote type="cite">{old}</blockquote>',
            '<div>{new}</div><div class="moz-cite-prefix">Am 3. April schrieb Ann:</div><blockquote>{old}</blockquote>',
            '<div>{new}</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ann</div><div>{old}</div>',
            '<div>{new}</div><div class="yahoo_quoted">{old}</div>',
            '<div>{new}</div><div id="ms-outlook-mobile-signature">Get it</div><p><b>From:</b> Ann &lt;a@example.org&gt;<br><b>Sent:</b> Monday, 3 April 2023<br><b>To:</b> Jane<br><b>Subject:</b> x</p>{old}',
        ],
    )
    def test_marked_quotations_and_signatures_go(self, html):
        raw = "Content-Type: text/html; charset=utf-8\n\n" + html.format(
            new="Thursday is fine.", old="Shall we meet?"
        )
        assert author_words(Mail(raw.encode())).text == "Thursday is fine."

    def test_text(self):
        source = "<style>p{}</style><!-- x --><p>One&nbsp;two</p><ul><li>a<li>b</ul><div style='display:none'>hidden</div><pre>x\n  y</pre>"
        assert squeezed(to_text(source)) == "Onetwoabxy"
        assert "x\n  y" in to_text(source)

    @given(st.text(alphabet="<>/ab \"'=!-&;\n", max_size=200))
    def test_any_markup_has_a_text(self, source):
        to_text(source)

    @given(st.lists(st.sampled_from(MARKUP), max_size=30).map("".join))
    def test_elements_that_need_not_be_followed_read_the_same_when_they_are(self, source):
        followed = f"{source}<blockquote></blockquote>"
        assert to_text(source) == to_text(followed).rstrip("\n")


# Beginnings, middles and ends of lines of every class.
BEGINNINGS = [
    "",
    " ",
    "  ",
    "\t",
    "> ",
    ">",
    "| ",
    "* ",
    "- ",
    "-- ",
    "(",
    '"',
    "#",
    "_",
    "GvR> ",
    "1. ",
    "12. ",
    "2026-12-03 10:00 ",
    "Ann---03/12/2026 10:00:00---",
    "ᐧ",
    "Ã",
]
MIDDLES = [
    "On ", "on 3 ", "Am 3.", "Le 3", "3. Mai 2026", "Mon, May 3", "From", "from: ", "Von: ", "To:", "Subject : ", "Date: ", "Ann", " wrote", "said ", " schrieb",
    "http://x.example/3", "a@b.example", "10:00", "until 3 May", "original message", "This e-mail is confidential", "reply above this line", "words and words", "---", "：", " 5 > 3", "ſent: ", "éa",
]  # fmt: skip
ENDS = ["", ":", " :", "--", "—", "*", "=", "#", ">", ".", ",", "\u200e", "_____", "Ann", "]"]
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(BEGINNINGS),
    st.lists(st.sampled_from(MIDDLES), max_size=3).map("".join),
    st.sampled_from(ENDS),
)


# What only stands together with others of its kind.
TOGETHER = [
    "On Mon, 3 May 2026 at 10:00, Ann", "Am 3.5.2026 um 10:00", "Le 3 mai 2026", "3 May 2026 10:00 Ann", "Ann Lee wrote:", "schrieb Ann:", "a écrit :",
    "<a@b.example> wrote:", "From: Ann", "Von: Ann", "Sent: 3 May 2026 10:00", "Gesendet: 3. Mai 2026", "To: Jane", "Subject: x", "> Hello",
]  # fmt: skip


class TestPlainLines:
    @settings(max_examples=300)
    @given(st.lists(st.sampled_from(TOGETHER) | LINES, min_size=1, max_size=8))
    def test_a_line_passed_over_is_words_when_it_is_asked_about(self, lines):
        lines = [line.rstrip() for line in lines]
        for at, line in enumerate(lines):
            if line and line[0] != ">" and replies._PLAIN_LINES.fullmatch(f"{line}\n"):
                assert replies._class_of(lines, at) == ("t", 1)

    @pytest.mark.parametrize(
        "line", ["3 words: and more", "see http://x.example/3", "1. one", "see > 3", "(b) 4"]
    )
    def test_words_are_passed_over(self, line):
        assert replies._PLAIN_LINES.fullmatch(f"{line}\n")


class TestAnyText:
    @given(st.text(max_size=300))
    def test_something_is_left_of_something(self, text):
        assert bool(own_words(text).text.strip()) == bool(text.replace("\ufeff", "").strip())

    @given(
        st.lists(
            st.sampled_from(
                [
                    *INTRODUCTIONS,
                    *DEVICES,
                    *NEW.split("\n"),
                    "> a",
                    "-- ",
                    "",
                    "```",
                    "From: a@b.example",
                    "To: c",
                ]
            ),
            max_size=20,
        )
    )
    def test_only_lines_that_were_there_are_returned(self, lines):
        text = "\n".join(lines)
        returned = {line.rstrip() for line in own_words(text).text.split("\n")}
        assert returned <= {line.rstrip() for line in text.split("\n")} | {""}


class TestTables:
    @pytest.mark.parametrize("field", [field.name for field in fields(ReplyWords)])
    def test_no_word_is_lost_in_filing(self, field):
        filed_ones = re.compile(alternatives(field))
        plain = [each for each in words(field) if re.fullmatch(r"[\w ]+", each)]
        assert all(filed_ones.fullmatch(each) for each in plain)

    def test_footers_begin_with_characters_that_stand_for_themselves(self):
        assert [each for each in words("footers") if not re.match(r"[\w -]{4}", each)] == []


@needs_corpora
def test_labelled_replies_are_exact():
    emails = files("replies/emails")
    exact = 0
    for file in emails:
        gold = (CORPORA / "replies" / "trimmed" / file.name).read_text()
        exact += squeezed(own_words(file.read_bytes().decode()).text) == squeezed(gold)
    assert exact / len(emails) >= 0.92
