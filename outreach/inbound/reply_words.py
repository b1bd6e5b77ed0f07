"""How mail programs introduce a quotation, head a forwarded mail and sign, by language.

Data for `outreach.inbound.replies`, and nothing else. Texts are regular expressions without
groups, in lower case. A language is a BCP 47 tag. To teach one more, add an entry: every list may
be empty.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """One language's words.

    `wrote` are the verbs of "On … X wrote:"; `on` what such a line begins with; `sender`, `sent`,
    `to`, `subject` the names of header lines; `original` what stands between the rules of
    "-----Original Message-----"; `sent_from` what a device adds below the text.
    """

    wrote: tuple[str, ...]
    on: tuple[str, ...]
    sender: tuple[str, ...]
    sent: tuple[str, ...]
    to: tuple[str, ...]
    subject: tuple[str, ...]
    original: tuple[str, ...] = ()
    sent_from: tuple[str, ...] = ()


LANGUAGES: dict[str, ReplyWords] = {
    "en": ReplyWords(
        wrote=("wrote", "writes", "said", "says", "has written", "sent"),
        on=("on", "at", "in (?:a message|your message|article)", "quoting", "around"),
        sender=("from",),
        sent=("sent", "date", "sent at", "sent on"),
        to=("to", "cc", "bcc", "reply-to", "reply to"),
        subject=("subject", "importance", "priority", "attachments?"),
        original=(
            "original message",
            "original email",
            "original appointment",
            "forwarded message",
            "forwarded by .{1,60}",
            "reply message",
            "begin forwarded message",
            "forwarded mail",
            "message from .{1,60}",
        ),
        sent_from=(
            "sent (?:from|via|using|with|by) (?:my |the |a )?.{1,60}",
            "get (?:outlook|bluemail|spark) for .{1,30}",
            "sent with .{1,40}",
            "typed on .{1,40}",
            "(?:please )?excuse (?:my )?(?:brevity|typos).{0,60}",
            "(?:download|get) (?:the )?.{1,30} app.{0,20}",
            "composed on .{1,40}",
            "from my .{1,40}",
        ),
    ),
    "de": ReplyWords(
        wrote=("schrieb(?:en|st)?", "geschrieben", "meinte"),
        on=("am", "vom", "um"),
        sender=("von", "absender"),
        sent=("gesendet", "datum", "gesendet am", "versendet"),
        to=("an", "kopie", "cc", "empf[äa]nger", "antwort an"),
        subject=("betreff", "wichtigkeit", "anlagen?"),
        original=(
            "urspr[üu]ngliche (?:nachricht|mail|e-mail)",
            "original ?-?nachricht",
            "antwort ?-?nachricht",
            "originalnachricht",
            "urspr[üu]nglicher termin",
            "weitergeleitete (?:nachricht|e-mail)",
            "anfang der weitergeleiteten (?:nachricht|e-mail)",
        ),
        sent_from=(
            "von .{1,80}",
            "gesendet (?:von|mit|aus|vom) .{1,80}",
            "diese (?:nachricht|e-?mail) wurde von .{1,80}",
            "verschickt (?:von|mit) .{1,80}",
            "outlook f[üu]r (?:ios|android).{0,20}(?:beziehen|herunterladen|abrufen)?",
            "holen sie sich outlook .{1,40}",
        ),
    ),
    "fr": ReplyWords(
        wrote=("a [ée]crit", "[ée]crit", "[ée]crivait", "[ée]crivit"),
        on=("le", "en date du", "dans (?:son|un) message du", "du"),
        sender=("de", "exp[ée]diteur", "from"),
        sent=("envoy[ée]e?", "date", "envoy[ée] le", "date d'envoi"),
        to=("[àa]", "pour", "cc", "destinataires?", "copie [àa]", "r[ée]pondre [àa]"),
        subject=("objet", "sujet", "importance", "pi[èe]ces? jointes?"),
        original=(
            "message d'origine",
            "rendez-vous d'origine",
            "message original",
            "mail original",
            "message transf[ée]r[ée]",
            "message initial",
            "d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])",
            "courriel original",
        ),
        sent_from=(
            "envoy[ée]e? (?:de(?:puis)?|[àa] partir|via|avec|par) .{1,60}",
            "t[ée]l[ée]charge[rz] outlook .{1,40}",
            "obten(?:ez|ir) outlook .{1,40}",
            "provenance : .{1,40}",
        ),
    ),
    "es": ReplyWords(
        wrote=("escribi[óo]", "escribe", "ha escrito", "escribieron"),
        on=("el", "con fecha", "en", "a las", "fecha"),
        sender=("de", "desde", "remitente"),
        sent=("enviado(?: el)?", "fecha", "enviada(?: el)?"),
        to=("para", "cc", "a", "destinatario", "responder a"),
        subject=("asunto", "importancia", "datos adjuntos"),
        original=(
            "mensaje original",
            "cita original",
            "mensaje reenviado",
            "correo original",
            "inicio del mensaje reenviado",
        ),
        sent_from=(
            "enviado (?:desde|con|por|a trav[ée]s) .{1,60}",
            "obtener outlook .{1,40}",
            "obtenga outlook .{1,40}",
        ),
    ),
    "it": ReplyWords(
        wrote=("ha scritto", "scrive", "scrisse", "ha inviato", "scriveva"),
        on=("il", "in data", "nel giorno", "alle"),
        sender=("da", "mittente"),
        sent=("inviato", "data", "inviato il", "data invio"),
        to=("a", "cc", "per conoscenza", "per", "destinatari[oi]?"),
        subject=("oggetto", "priorit[àa]", "allegat[oi]"),
        original=(
            "messaggio originale",
            "appuntamento originale",
            "messaggio inoltrato",
            "inizio messaggio inoltrato",
            "messaggio inviato",
            "messaggio originario",
        ),
        sent_from=(
            "inviato (?:da|dal|con|tramite) .{1,60}",
            "scarica outlook .{1,40}",
            "ottieni outlook .{1,40}",
        ),
    ),
    "pt": ReplyWords(
        wrote=("escreveu", "escreve", "escreveram"),
        on=("em", "no dia", "a", "na", "no"),
        sender=("de", "remetente"),
        sent=("enviad[ao](?: em)?", "data", "enviada em", "data de envio"),
        to=("para", "cc", "c[óo]pia", "destinat[áa]rio"),
        subject=("assunto", "import[âa]ncia", "anexos?"),
        original=(
            "mensagem original",
            "mensagem encaminhada",
            "mensagem reencaminhada",
            "in[íi]cio da mensagem .{1,20}",
        ),
        sent_from=(
            "enviad[ao] (?:do|da|de|pelo|via|a partir|com) .{1,60}",
            "obter o outlook .{1,40}",
            "obtenha o outlook .{1,40}",
        ),
    ),
    "nl": ReplyWords(
        wrote=("schreef", "schreven", "geschreven", "schrijft"),
        on=("op", "om", "in"),
        sender=("van", "afzender"),
        sent=("verzonden", "datum", "verstuurd", "verzonden op"),
        to=("aan", "cc", "kopie", "geadresseerde"),
        subject=("onderwerp", "urgentie", "bijlagen?"),
        original=(
            "oorspronkelijk bericht",
            "oorspronkelijke afspraak",
            "origineel bericht",
            "oorspronkelijke bericht",
            "doorgestuurd bericht",
            "begin doorgestuurd bericht",
        ),
        sent_from=(
            "(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via|van) .{1,60}",
            "outlook voor (?:ios|android) .{1,20}",
            "download outlook .{1,40}",
        ),
    ),
    "sv": ReplyWords(
        wrote=("skrev", "skriver"),
        on=("den", "p[åa]", "i", "kl"),
        sender=("fr[åa]n", "avs[äa]ndare"),
        sent=("skickat", "datum", "s[äa]nt", "skickades"),
        to=("till", "kopia", "cc"),
        subject=("[äa]mne", "prioritet", "bilagor"),
        original=(
            "ursprungligt meddelande",
            "originalmeddelande",
            "vidarebefordrat (?:meddelande|brev)",
            "b[öo]rjan p[åa] vidarebefordrat .{1,30}",
        ),
        sent_from=("skickat (?:fr[åa]n|via|med) .{1,60}", "h[äa]mta outlook .{1,40}"),
    ),
    "da": ReplyWords(
        wrote=("skrev", "skriver"),
        on=("den", "p[åa]", "d\\."),
        sender=("fra", "afsender"),
        sent=("sendt", "dato"),
        to=("til", "cc", "kopi"),
        subject=("emne", "prioritet"),
        original=(
            "oprindelig meddelelse",
            "oprindelig besked",
            "videresendt (?:meddelelse|besked)",
            "start p[åa] videresendt .{1,30}",
        ),
        sent_from=(
            "sendt (?:fra|via|med) .{1,60}",
            "hent outlook .{1,40}",
            "f[åa] outlook .{1,40}",
        ),
    ),
    "no": ReplyWords(
        wrote=("skrev", "skreiv", "skriver"),
        on=("den", "p[åa]", "kl"),
        sender=("fra", "fr[åa]"),
        sent=("sendt", "dato"),
        to=("til", "kopi", "cc"),
        subject=("emne", "viktighet"),
        original=(
            "opprinnelig melding",
            "original melding",
            "videresendt (?:melding|e-post)",
            "start p[åa] videresendt .{1,30}",
        ),
        sent_from=("sendt (?:fra|via|med) .{1,60}", "last ned outlook .{1,40}"),
    ),
    "fi": ReplyWords(
        wrote=("kirjoitti", "kirjoittaa"),
        on=(),
        sender=("l[äa]hett[äa]j[äa]",),
        sent=("l[äa]hetetty", "p[äa]iv[äa]m[äa][äa]r[äa]", "p[äa]iv[äa]ys"),
        to=("vastaanottaja", "kopio", "cc"),
        subject=("aihe", "otsikko"),
        original=(
            "alkuper[äa]inen viesti",
            "alkuper[äa]inen s[äa]hk[öo]posti",
            "v[äa]litetty viesti",
            "edelleenl[äa]hetetty viesti",
        ),
        sent_from=("l[äa]hetetty .{1,60}", "hanki outlook .{1,40}"),
    ),
    "pl": ReplyWords(
        wrote=("napisa[łl](?:\\(a\\)|a|/a)?", "pisze", "napisano", "napisana"),
        on=("dnia", "w dniu", "w wiadomo[śs]ci", "(?:pon|wt|[śs]r|czw|pt|sob|niedz|nd)\\.?"),
        sender=("od", "nadawca"),
        sent=("wys[łl]an[oaey]", "data", "data wys[łl]ania"),
        to=("do", "dw", "odbiorca", "kopia", "cc"),
        subject=("temat", "wa[żz]no[śs][ćc]", "za[łl][ąa]czniki"),
        original=(
            "oryginalna wiadomo[śs][ćc]",
            "wiadomo[śs][ćc] oryginalna",
            "pierwotna wiadomo[śs][ćc]",
            "(?:przekazana|przes[łl]ana|dalej) wiadomo[śs][ćc]",
            "wiadomo[śs][ćc] przekazana .{1,20}",
            "pocz[ąa]tek przekazywanej wiadomo[śs]ci",
            "treść przekazanej wiadomości",
        ),
        sent_from=(
            "wys[łl]an[oaey] (?:z|ze|przez|za pomoc[ąa]) .{1,60}",
            "pobierz (?:program |aplikacj[ęe] )?outlook .{1,40}",
        ),
    ),
    "cs": ReplyWords(
        wrote=("napsal(?:\\(a\\)|a|/a)?", "p[íi][šs]e"),
        on=("dne", "ve?", "(?:po|[úu]t|st|[čc]t|p[áa]|so|ne)"),
        sender=("od", "odes[íi]latel"),
        sent=("odesl[áa]no", "datum", "posl[áa]no"),
        to=("komu", "p[řr][íi]jemce", "kopie", "cc"),
        subject=("p[řr]edm[ěe]t",),
        original=(
            "p[ůu]vodn[íi] (?:zpr[áa]va|e-mail)",
            "p[řr]eposlan[áa] zpr[áa]va",
            "za[čc][áa]tek p[řr]epos[íi]lan[ée] zpr[áa]vy",
        ),
        sent_from=("odesl[áa]no (?:z|ze|pomoc[íi]) .{1,60}", "z[íi]skat outlook .{1,40}"),
    ),
    "ru": ReplyWords(
        wrote=("написал(?:\\(а\\)|а|и|/а)?", "пишет", "пишете?", "писал(?:а|и)?"),
        on=(
            "в",
            "от",
            "(?:пн|вт|ср|чт|пт|сб|вс)\\.?,?",
            "(?:понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье)",
        ),
        sender=("от", "от кого", "отправитель"),
        sent=("отправлено", "дата", "отправлен"),
        to=("кому", "копия", "получатель"),
        subject=("тема",),
        original=(
            "исходное сообщение",
            "оригинальное сообщение",
            "пересылаемое сообщение",
            "пересланное сообщение",
            "начало переадресованного сообщения",
            "original message",
        ),
        sent_from=(
            "отправлено (?:с|из|от|через) .{1,60}",
            "(?:скачать|загрузить|получить) outlook .{1,40}",
            "отправлено .{0,20}(?:iphone|ipad|android|mail).{0,30}",
        ),
    ),
    "uk": ReplyWords(
        wrote=("пише", "написав(?:\\(-ла\\)|ла)?", "написала"),
        on=("у", "в", "(?:пн|вт|ср|чт|пт|сб|нд)\\.?,?"),
        sender=("в[іi]д", "в[іi]дправник"),
        sent=("дата", "над[іi]слано"),
        to=("кому", "коп[іi]я"),
        subject=("тема",),
        original=("початкове пов[іi]домлення", "переслане пов[іi]домлення"),
        sent_from=(
            "над[іi]слано з .{1,60}",
            "в[іi]дправлено з .{1,60}",
            "(?:завантажити|отримати) outlook .{1,40}",
        ),
    ),
    "ja": ReplyWords(
        wrote=("は?書きました", "のメール", "wrote", "さんは?書きました", "のメッセージ"),
        on=(),
        sender=("差出人", "送信者", "from"),
        sent=("送信日時", "日時", "日付", "送信日"),
        to=("宛先", "cc", "to"),
        subject=("件名",),
        original=(
            "元のメッセージ",
            "転送(?:された)?メッセージ",
            "転送されたメール",
            "オリジナルメッセージ",
        ),
        sent_from=(
            ".{1,40}(?:から|より)(?:の)?送信.{0,4}",
            "outlook for .{1,20}を入手",
            ".{2,12}版 ?outlook ?を入手",
        ),
    ),
    "zh": ReplyWords(
        wrote=("写道", "寫道", "写了", "来信"),
        on=("在", "于", "於"),
        sender=("发件人", "寄件者", "寄件人", "發件人"),
        sent=("发送时间", "日期", "寄件日期", "傳送時間", "时间", "发送日期"),
        to=("收件人", "收件者", "抄送", "副本"),
        subject=("主题", "主旨", "主題"),
        original=(
            "原始邮件",
            "原始郵件",
            "转发的邮件",
            "轉寄郵件",
            "轉寄的郵件",
            "转发邮件信息",
            "邮件原件",
        ),
        sent_from=(
            "发自.{1,40}",
            "從我的.{1,40}(?:傳送|寄出)",
            "來自.{1,40}",
            "从我的.{1,40}发送",
            "(?:获取|下载|取得) ?outlook.{1,40}",
        ),
    ),
    "ko": ReplyWords(
        wrote=("작성", "님이 작성", "썼습니다"),
        on=(),
        sender=("보낸 ?사람", "발신"),
        sent=("보낸 ?날짜", "날짜"),
        to=("받는 ?사람", "참조"),
        subject=("제목",),
        original=("원본 메시지", "원본 메일", "전달된 메시지"),
        sent_from=(
            "나의 .{1,30}에서 보냄",
            ".{1,30}에서 보냄",
            "outlook .{1,20}(?:다운로드|가져오기)",
        ),
    ),
    "tr": ReplyWords(
        wrote=("(?:şunu |şunları )?yazdı",),
        on=(),
        sender=("kimden", "gönderen"),
        sent=("gönderildi", "tarih", "gönderme tarihi"),
        to=("kime", "bilgi", "alıcı"),
        subject=("konu",),
        original=("orijinal (?:mesaj|ileti)", "özgün ileti", "iletilen (?:mesaj|ileti)"),
        sent_from=(
            ".{1,40}(?:dan|den|dan|’dan|’den) gönderildi",
            ".{1,20} i[çc]in outlook.{0,6} edinin",
        ),
    ),
    "hu": ReplyWords(
        wrote=("[íi]rta",),
        on=(),
        sender=("felad[óo]",),
        sent=("elk[üu]ldve", "d[áa]tum"),
        to=("c[íi]mzett", "m[áa]solat"),
        subject=("t[áa]rgy",),
        original=("eredeti [üu]zenet", "tov[áa]bb[íi]tott [üu]zenet"),
        sent_from=(
            ".{1,40}r[óőo]l k[üu]ldve",
            "k[üu]ldve .{1,40}",
            "elk[üu]ldve .{1,40}",
        ),
    ),
    "ro": ReplyWords(
        wrote=(
            "a scris",
            "scrie",
        ),
        on=(
            "în",
            "pe",
            "la",
            "(?:lun|mar|mie|joi|vin|s[âa]m|dum)\\.,?",
        ),
        sender=(
            "de la",
            "expeditor",
        ),
        sent=(
            "trimis",
            "data",
        ),
        to=(
            "c[ăa]tre",
            "cc",
        ),
        subject=("subiect",),
        original=(
            "mesaj(?:ul)? (?:original|ini[țt]ial)",
            "mesaj redirec[țt]ionat",
        ),
        sent_from=(
            "trimis de pe .{1,40}",
            "ob[țt]ine outlook .{1,40}",
        ),
    ),
    "sk": ReplyWords(
        wrote=(
            "nap[íi]sal(?:\\(a\\)|a)?",
            "p[íi][šs]e",
        ),
        on=(
            "d[ňn]a",
            "(?:po|ut|st|[šs]t|pi|so|ne)",
        ),
        sender=("odosielate[ľl]",),
        sent=(
            "odoslan[ée]",
            "d[áa]tum",
        ),
        to=(
            "pr[íi]jemca",
            "k[óo]pia",
        ),
        subject=("predmet",),
        original=(
            "p[ôo]vodn[áa] spr[áa]va",
            "preposlan[áa] spr[áa]va",
        ),
        sent_from=("odoslan[ée] z .{1,40}",),
    ),
    "hr": ReplyWords(
        wrote=(
            "je napisao(?:/la)?",
            "je napisala",
            "napisa(?:o|la) je",
            "pi[šs]e",
        ),
        on=(
            "dana",
            "(?:pon|uto|sri|[čc]et|pet|sub|ned)\\.?,?",
        ),
        sender=(
            "[šs]alje",
            "od",
        ),
        sent=(
            "poslano",
            "datum",
        ),
        to=(
            "prima",
            "za",
            "primatelj",
        ),
        subject=(
            "predmet",
            "naslov",
        ),
        original=(
            "izvorna poruka",
            "originalna poruka",
            "proslije[đd]ena poruka",
        ),
        sent_from=("poslano s .{1,40}",),
    ),
    "sl": ReplyWords(
        wrote=(
            "je napisala?",
            "je oseba .{1,80} napisala",
            "napisala?",
        ),
        on=(
            "v",
            "(?:v )?(?:pon|tor|sre|[čc]et|pet|sob|ned)\\.?,?",
        ),
        sender=("po[šs]iljatelj",),
        sent=("poslano",),
        to=(
            "prejemnik",
            "za",
        ),
        subject=("zadeva",),
        original=(
            "izvirno sporo[čc]ilo",
            "posredovano sporo[čc]ilo",
        ),
        sent_from=("poslano iz .{1,40}",),
    ),
    "bg": ReplyWords(
        wrote=(
            "написа",
            "писа",
        ),
        on=(
            "на",
            "в",
        ),
        sender=("от",),
        sent=(
            "изпратено",
            "дата",
        ),
        to=(
            "до",
            "копие",
        ),
        subject=(
            "относно",
            "тема",
        ),
        original=(
            "оригинално съобщение",
            "препратено съобщение",
        ),
        sent_from=("изпратено от .{1,40}",),
    ),
    "el": ReplyWords(
        wrote=(
            "έγραψε",
            "γράφει",
            "έγραψαν",
        ),
        on=(
            "στις",
            "στη",
            "την",
        ),
        sender=(
            "από",
            "αποστολέας",
        ),
        sent=(
            "στάλθηκε",
            "ημερομηνία",
            "εστάλη",
        ),
        to=(
            "προς",
            "κοιν\\.?",
        ),
        subject=("θέμα",),
        original=(
            "αρχικό μήνυμα",
            "προωθημένο μήνυμα",
        ),
        sent_from=(
            "στάλθηκε από .{1,40}",
            "εστάλη από .{1,40}",
        ),
    ),
    "he": ReplyWords(
        wrote=(
            "כתב(?:ה)?(?:/ה)?",
            "מאת",
        ),
        on=(
            "בתאריך",
            "ב",
        ),
        sender=("מאת",),
        sent=(
            "נשלח",
            "תאריך",
        ),
        to=(
            "אל",
            "עותק",
        ),
        subject=("נושא",),
        original=(
            "הודעה מקורית",
            "הודעה שהועברה",
        ),
        sent_from=("נשלח מ.{1,40}",),
    ),
    "ar": ReplyWords(
        wrote=(
            "كتبت?",
            "تمت كتابة ما يلي بواسطة",
        ),
        on=(
            "في",
            "بتاريخ",
        ),
        sender=("من",),
        sent=(
            "تم الإرسال",
            "أُرسلت",
            "التاريخ",
            "تاريخ الإرسال",
        ),
        to=(
            "إلى",
            "نسخة",
        ),
        subject=("الموضوع",),
        original=(
            "الرسالة الأصلية",
            "رسالة مُ?عاد توجيهها",
        ),
        sent_from=(
            "أُرسلت من .{1,40}",
            "مُ?رسل من .{1,40}",
        ),
    ),
    "vi": ReplyWords(
        wrote=(
            "đã viết",
            "viết",
        ),
        on=(
            "vào",
            "ngày",
            "lúc",
        ),
        sender=("từ",),
        sent=(
            "đã gửi",
            "ngày",
        ),
        to=(
            "đến",
            "tới",
            "cc",
        ),
        subject=(
            "chủ đề",
            "tiêu đề",
        ),
        original=(
            "thư gốc",
            "thư đã chuyển tiếp",
            "tin nhắn gốc",
        ),
        sent_from=(
            "đã gửi từ .{1,40}",
            "gửi từ .{1,40}",
        ),
    ),
    "id": ReplyWords(
        wrote=(
            "menulis",
            "tulis",
        ),
        on=("pada(?: tanggal)?",),
        sender=("dari",),
        sent=(
            "dikirim",
            "tanggal",
        ),
        to=(
            "kepada",
            "ke",
        ),
        subject=(
            "perihal",
            "subjek",
        ),
        original=(
            "pesan asli",
            "pesan terusan",
        ),
        sent_from=("dikirim dari .{1,40}",),
    ),
    "ca": ReplyWords(
        wrote=(
            "va escriure",
            "ha escrit",
        ),
        on=("el",),
        sender=("de",),
        sent=("enviat(?: el)?",),
        to=("per a",),
        subject=("assumpte",),
        original=(
            "missatge original",
            "missatge reenviat",
        ),
        sent_from=("enviat des .{1,40}",),
    ),
    "et": ReplyWords(
        wrote=("kirjutas",),
        on=("[etknrlp],?",),
        sender=("saatja",),
        sent=("saadetud",),
        to=("adressaat",),
        subject=("teema",),
        original=("algne (?:sõnum|kiri)",),
        sent_from=("saadetud .{1,40}",),
    ),
    "lt": ReplyWords(
        wrote=("ra[šs][ėe]",),
        on=(),
        sender=("nuo",),
        sent=("i[šs]si[ųu]sta",),
        to=("kam",),
        subject=("tema",),
        original=("pradinis lai[šs]kas",),
        sent_from=(),
    ),
    "lv": ReplyWords(
        wrote=("rakst[īi]ja",),
        on=(),
        sender=("no",),
        sent=("nos[ūu]t[īi]ts",),
        to=("kam",),
        subject=("t[ēe]ma",),
        original=("s[āa]kotn[ēe]jais (?:zi[ņn]ojums|e-pasts)",),
        sent_from=(),
    ),
}
