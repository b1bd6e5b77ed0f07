"""What the folder for sent mail is called where a server does not mark it (RFC 6154).

The names are those that Outlook, Exchange, Gmail, Thunderbird, Apple Mail, Zimbra, Roundcube and
Dovecot's examples give it, in their languages.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

_NAMES: Final = (
    # English; in the order in which they are believed, where an account has several
    *("sent", "sent items", "sent messages", "sent mail", "sent-mail", "sentmail", "sent objects"),
    # German
    *("gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten"),
    *("gesendete e-mails", "gesendete mails", "gesendete post", "gesendete"),
    # French
    *("envoyés", "éléments envoyés", "messages envoyés", "courrier envoyé", "courriels envoyés"),
    *("mails envoyés", "e-mails envoyés", "objets envoyés", "envoyé"),
    # Spanish, and what is the same in Portuguese
    *("enviados", "elementos enviados", "mensajes enviados", "correo enviado", "correos enviados"),
    *("objetos enviados", "enviado"),
    # Italian
    *("inviati", "posta inviata", "elementi inviati", "messaggi inviati", "oggetti inviati"),
    *("inviata", "inviato"),
    # Portuguese
    *("itens enviados", "mensagens enviadas", "e-mails enviados", "e-mail enviado"),
    *("correio enviado", "enviadas", "enviada"),
    # Dutch
    *("verzonden", "verzonden items", "verzonden berichten", "verzonden objecten"),
    *("verzonden e-mail", "verzonden e-mails", "verzonden post"),
    # Swedish
    *("skickat", "skickade objekt", "skickade meddelanden", "skickade", "skickad e-post"),
    *("skickade e-postmeddelanden", "skickade brev"),
    # Polish
    *("wysłane", "elementy wysłane", "wysłane wiadomości", "wiadomości wysłane"),
    *("poczta wysłana", "wysłana poczta", "wysłane elementy"),
    # Japanese
    *("送信済み", "送信済みアイテム", "送信済みメール", "送信済みメッセージ", "送信済みトレイ"),
    *("送信済", "送信済メール", "送信済トレイ", "送信トレイ(送信済み)"),
    # Danish, Norwegian, Finnish
    *("sendt", "sendte elementer", "sendt post", "sendte meddelelser", "sendt e-post"),
    *("sendte meldinger", "lähetetyt", "lähetetyt kohteet", "lähetetyt viestit"),
    # Czech, Russian, Chinese
    *("odeslané", "odeslaná pošta", "odeslané zprávy", "отправленные", "отправлено"),
    *("已发送", "已发送邮件", "已发送的邮件", "已傳送", "寄件備份", "寄件备份"),
)


def sent_among(folders: Iterable[str]) -> str:
    """Return which of these folders is for sent mail, by the last part of its name; or ``""``."""
    named = {_plain(name.rpartition("/")[2].rpartition(".")[2]): name for name in folders}
    return next((named[known] for known in map(_plain, _NAMES) if known in named), "")


def _plain(name: str) -> str:
    """Return a name for comparison: one form of each letter, one space, no case."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
