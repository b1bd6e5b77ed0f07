"""Which folder is for sent mail, by its name alone."""

import pytest

from outreach.inbound.sent_folders import sent_among


@pytest.mark.parametrize(
    "name",
    [
        *("Sent", "Sent Items", "Sent Messages", "INBOX.Sent", "[Gmail]/Sent Mail", "Sent_Items"),
        *("Gesendet", "Gesendete Elemente", "Gesendete Objekte", "[Gmail]/Gesendet"),
        *("Envoyés", "Éléments envoyés", "Messages envoyés", "E\u0301le\u0301ments envoye\u0301s"),
        *("Enviados", "Elementos enviados", "Mensajes enviados"),
        *("Inviati", "Posta inviata", "Elementi inviati"),
        *("Itens Enviados", "Mensagens enviadas", "E-mails enviados"),
        *("Verzonden", "Verzonden items", "Verzonden berichten"),
        *("Skickat", "Skickade objekt", "Skickade meddelanden"),
        *("Wysłane", "Elementy wysłane", "Wysłane wiadomości"),
        *("送信済み", "送信済みアイテム", "送信済みメール", "[Gmail]/送信済みメール"),
        *("Sendte elementer", "Lähetetyt", "Odeslaná pošta", "Отправленные", "已发送邮件"),
    ],
)
def test_the_folder_for_sent_mail_is_known_in_many_languages(name: str) -> None:
    assert sent_among(["INBOX", "Entwürfe", name, "Archiv"]) == name
    assert sent_among([name.upper()]) == name.upper()


def test_other_folders_are_none() -> None:
    assert sent_among(["INBOX", "Drafts", "Outbox", "Sent to me", "Postausgang", "Archive"]) == ""
    assert sent_among([]) == ""


def test_of_several_the_most_usual_one_is_believed() -> None:
    assert sent_among(["Gesendete Objekte", "Sent", "Sent Messages"]) == "Sent"
