"""How mail systems name themselves, and how they say that a mail was not delivered, by language.

Data for `outreach.inbound.bounce_prose` and `outreach.inbound.notices`, and nothing else.
"""

# ruff: noqa: E501

import re
from typing import Final

from outreach.inbound.phrases import Phrases

DAEMON: Final = re.compile(
    r"^(?:mailer[-_. ]?daemon|post[-_]?master|mail[-_.]?daemon|daemon|mdaemon|mail[-_.]?(?:delivery|system)"
    r"[\w.-]*|mmsc|uucp|mail-?er|ndr|non-?delivery[\w.-]*|[\w.-]*(?:smtp|antivirus|virus)[\w.-]*)(?:[@\\]|$)",
    re.IGNORECASE,
)
DAEMON_PATH: Final = re.compile(r"^\s*<?mailer[-_.]?daemon\b", re.IGNORECASE)
DAEMON_NAME: Final = re.compile(
    r"mail(?:er)?[ -]?(?:delivery|daemon|administrator|system)|delivery (?:sub)?system|postmaster"
    r"|system administrator|ndr(?<!\wndr)\b|mail transport"
)  # compared with a name in lower case
FAILURE_SUBJECT: Final = re.compile(
    r"(?:\*+\w+\*+\W*)?(?:undeliver(?:able|ed)|returned (?:mail|to sender|e-?mail)|failed (?:mail|message|delivery|to deliver)"
    r"|failure (?:notice|delivery|report)|mail failure|delivery[ -](?:fail|status|report|notif|problem|error|delay)"
    r"|(?:mail|message|e-?mail)(?: message)? (?:could not be delivered|(?:delivery|system|status|transport) "
    r"(?:fail|error|status|problem|notif|report)|undeliver|not delivered|delayed)"
    r"|mail (?:delivery|could not|not delivered|error|returned)|mail system error|non[- ]?deliver(?:y|able)"
    r"|ndn\b|bounce|nondeliverable|warning: (?:could not|message|mail)|error (?:sending|delivering)"
    r"|there was an error sending your mail|permanent delivery failure|rejected\b|your message .{0,40}(?:not|could)"
    r"|delayed (?:mail|message)|request to mailing list .{1,80} rejected"
    r"|could not (?:send|deliver)|unzustellbar|nicht zugestellt|unzustellbarkeits|mailzustellung|"
    r"zustellung .{0,30}(?:fehl|nicht)|non remis|message non (?:remis|distribu)|(?:[ée]chec|non)[- ](?:de )?(?:la )?"
    r"(?:remise|distribution)|no (?:se )?(?:pudo|puede) entregar|no entregado|devuelto|mancato recapito|"
    r"mancata consegna|non recapitabile|n[ãa]o (?:foi )?entregue|falha na entrega|onbestelbaar|niet bezorgd|"
    r"kan inte leveras|nie dostarczono|niedostarcz|zwrot|не доставлено|недоставл|"
    r"配信(?:でき|エラー|不能)|配送(?:でき|エラー|失敗)|メールエラー|退信|エラー通知|"
    r"(?:message|mail).{0,20}rejected"
    r"|(?:kunde|kunne|kunnet|gick) (?:inte|ikke)|olever|ikke lever|nie (?:mo[zż]na|uda[lł]o|zosta[lł]\w*|mog[lł]\w*).{0,20}dostarcz"
    r"|nelze doru[cč]|nedoru[cč]|nedoruč|sikertelen|k[eé]zbes[ií]t|teslim edilem|iletilem|ei voitu toimittaa|toimitus ep[aä]onnistu"
    r"|nu a putut fi|nelivra|не удалось доставить|не было доставлено|投[递遞]失[败敗]|(?:系[统統])?退信|您的[邮郵]件|[无無]法[送投][达遞递]"
    r"|전송 ?실패|반송|배달 ?(?:실패|되지)|전송되지)",
    re.IGNORECASE,
)
ANYWHERE_SUBJECT: Final = re.compile(
    r"mail failure|delivery fail|undeliver|配信でき|配信不能|送信できませ|не доставлен|被退回|退信|반송|loop alert|could not be delivered"
)  # compared with a subject in lower case
AT_END: Final = re.compile(
    r"(?:non remis|undelivered|undeliverable|not delivered|nicht zugestellt)\W*$"
)  # compared with a subject in lower case
NOT_WORDS: Final = re.compile(r"^[^\w*]+")
ANSWER_SUBJECT: Final = re.compile(
    r"^\s*(?:re|aw|sv|antw|odp|fwd?|wg|tr|rv|r|i|vs)\s*(?:\[\d+\])?:", re.I
)
FAILURE: Final = re.compile(
    r"could(?: not|n't) be delivered|(?:was|has|have) not (?:been )?(?:yet )?delivered|not reach the following"
    r"|(?:unable|able|failed|trouble|error|problem\w*)[^.\n]{0,40}(?:to )?deliver"
    r"|deliver(?:y|ing)[^.\n]{0,80}(?:fail|error|problem|delayed|impossible)"
    r"|permanent (?:fatal )?error|returned (?:permanent|to sender|below)|undeliver(?:able|ed)"
    r"|transcript of session|following (?:address|recipient|destination)|did not receive this"
    r"|(?:not|n't) accepting mail|(?:mail|message) (?:has been|was|is(?: being)?) returned|has been postponed|not a valid user"
    r"|(?:message|mail) is delayed|has been rejected by the list"
    r"|pas pu [eê]tre d[eé]livr[eé]|failed recipients?"
    r"|(?:message|mail) has\s+been automatically rejected|(?:article|message|mail) (?:you sent to \S+ was rejected|was not distributed)"
    r"|no valid recipients|returning (?:your )?message|message (?:was )?rejected|rejected (?:your|the) message"
    r"|(?:unknown|invalid|no such) (?:user|recipient|mailbox|address)|user unknown|mailbox (?:is )?full"
    r"|duplicated message-id|could not send|failure reasons?|fehlgeschlagen|nicht zugestellt|n'a pas pu [êe]tre"
    r"|no se (?:ha )?(?:pudo|podido) entregar|non [èe] stato (?:possibile )?(?:recapit|consegn)|n[ãa]o (?:p[ôo]de|foi) "
    r"|не может быть доставлено|送信できませんでした|配信できません|配送できません"
    r"|(?:kunde|kunne|kunnet|gick) (?:inte|ikke)[^.\n]{0,30}lever|nie (?:zosta[lł]\w*|mo[zż]na|mog[lł]\w*|uda[lł]o si[eę])[^.\n]{0,30}dostarcz"
    r"|k[ou]n(?:den)? niet[^.\n]{0,30}(?:bezorgd|afgeleverd|geleverd)|niet (?:bezorgd|afgeleverd)|nelze doru[cč]|nebyl\w* doru[cč]en"
    r"|nem (?:k[eé]zbes[ií]t|siker)|teslim edilem|iletilem|ei voitu toimittaa|nu a putut fi (?:livrat|trimis)"
    r"|n'a pas [eé]t[eé] (?:remis|distribu|d[eé]livr|livr)|не удалось доставить|не (?:было|был) доставлен"
    r"|被退回|退信|投[递遞]失[败敗]|[无無]法[送投][达遞递]|没有投递成功|전송(?:하지|되지)|배달(?:하지|되지)|반송",
    re.IGNORECASE,
)
DELAY: Final = Phrases(
    (
        r"(?:has been|is|was) delayed", r"delayed \d+", r"not yet been delivered",
        r"(?:has|have) been (?:postponed|deferred)", r"will (?:be retried|continue to (?:try|be)|keep trying)", r"delivery attempts will continue",
        r"warning message only", r"\(delay\)", r"still (?:trying|being)", r"do not need to resend",
        r"could not send message for past", r"verzogert", r"retarde", r"in ritardo", r"delivery delayed",
    )
)  # fmt: skip
