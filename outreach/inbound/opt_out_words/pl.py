"""Polish."""

# ruff: noqa: E501

from outreach.inbound.opt_out_words.table import OptOutWords, any_order, near

_ME = r"(?:mnie|nas|mój|moje\w*|mego|nasz\w*|ten adres|tego adresu|jego|jej|go|ją|adres\w*)\b|@"
_REMOVE = r"(?:usu[nń]\w*|usunięcie|skreśl\w*|wykreśl\w*|wypis\w*|wyrzuc\w*|wycof\w*|wyrejestr\w*|wywal\w*|wykasuj\w*)"
_LISTS = r"(?:list\w*|baz\w*|newsletter\w*|mailing\w*|odbiorców|subskryp\w*|adresat\w*|rejestr\w*|systemu|kartotek\w*|wysyłk\w*)\b"
_MAIL = r"(?:maili?|mailach|e-?maili?|mejli?|wiadomości|newsletter\w*|reklam\w*|ofert\w*|spamu?|informacj\w*|korespondencj\w*|listów|ankiet\w*|mailing\w*|biuletyn\w*|niczego|nic)\b"
_SEND = r"(?:wysyła\w*|przysyła\w*|przesyła\w*|pis(?:ać|z|zcie|ywać)\w*|kontaktow\w+|nęka\w*|śl\w+|dostaw\w*|otrzymyw\w*|przychodzi\w*|niepoko\w+|zawraca\w*)"

WORDS = OptOutWords(
    requests=(
        r"niech (?:to )?(?:\w+ )?będzie (?:ostatni\w*|koniec)",
        near(
            r"(?:prosz\w*|proś\w*|prosimy)",
            r"(?:żeby|aby|by|żebyście|abyście|żeby państwo)",
            r"nie (?:przysył\w*|wysył\w*|pisal\w*|pisa\w*|przesył\w*|kontaktow\w*)",
            gap=40,
        ),
        near(
            r"(?:nie trzeba|nie ma potrzeby|nie ma sensu|niepotrzebne|nie musi\w*)",
            r"(?:pisać|wysyłać|przysyłać|przesyłać|kontaktować)",
            gap=30,
        ),
        near(
            r"(?:następn\w+|jeśli (?:dostanę|przyjdzie)|kolejn\w+|jeszcze raz)",
            r"skarg\w*|uodo|zgłosz\w*|zgłaszam|prawnik\w*|policj\w*|spam",
            gap=90,
        ),
        near(_REMOVE, _ME, r"(?:z|ze|spośród)\b (?:\w+ ){0,3}" + _LISTS),
        near(_ME, _REMOVE, r"(?:z|ze)\b (?:\w+ ){0,3}" + _LISTS),
        r"(?:wypisz|wypiszcie|wypisać|wypisanie|usuńcie|usuń|usunąć|skreślcie|skreślić|wykreślcie|wykreślić) (?:mnie|nas|ten adres|mój (?:adres|e-?mail|mail))\b",
        r"(?:proszę|prosze|prosimy|chcę|chciałbym|chciałabym|żądam)[^.!?\n]{0,30}\b(?:wypisa\w*|wypisać|wypisanie|skreśl\w*|wykreśl\w*|wyrejestr\w*|wywal\w*|wykasuj\w*)",
        near(
            r"(?:proszę|prosze|prosimy|wolałbym|wolałabym|prosiłbym|prosiłabym)",
            r"(?:już |więcej |o )?nie",
            _SEND,
            gap=25,
        ),
        near(
            r"(?:proszę|prosze)(?:,)?",
            r"(?:żeby|aby|by) (?:już )?(?:nic|więcej nie|nie)",
            _SEND + "|" + r"państwa",
            gap=25,
        ),
        near(
            r"nie (?:chcę|życzę sobie|chcemy|zamierzam|życzymy sobie|potrzebuję|chce)",
            r"(?:już |więcej |dłużej |tych |takich |waszych |państwa )*",
            r"(?:otrzymyw\w+|dostaw\w+|" + _MAIL + r")",
            gap=20,
        ),
        near(
            r"(?:nie|już nie|więcej nie) (?:\w+ )?(?:wysyłaj\w*|przysyłaj\w*|pisz\w*|przesyłaj\w*|kontaktuj\w*|śl\w+)",
            r"(?:mi|mnie|nam|do|więcej|już|żadnych|tych|" + _MAIL + r")",
            gap=12,
        ),
        near(
            r"(?:przesta\w+|dość|koniec|dosyć|skończ\w*|zaprzesta\w*|wstrzyma\w*)",
            r"(?:mi |mnie |z |już |tych |tego )*",
            _SEND + "|" + _MAIL,
            gap=20,
        ),
        near(r"(?:żadnych|bez) (?:więcej |dalszych |kolejnych )?", _MAIL, gap=8),
        near(
            r"(?:rezygnuj\w+|rezygnacj\w+|zrezygnować|wypowiad\w+|anuluj\w*|anulować|odwołuj\w+|cofam)",
            r"(?:subskryp\w+|newsletter\w*|otrzymywania|mailingu|wiadomości|zgod\w*|biuletyn\w*|prenumerat\w*|wysyłk\w*)",
            gap=25,
        ),
        near(
            r"(?:jeszcze (?:jeden|jedna|raz)|następn\w+|kolejn\w+)",
            r"skarg\w*|uodo|zgłosz\w*|zgłaszam|prawnik\w*|policj\w*|urz[aą]d\w*|spam",
            gap=60,
        ),
        *any_order(
            r"(?:usunięci\w*|usun\w+|żądam|wykasow\w*)", r"(?:dane|danych|danych osobowych)", gap=50
        ),
        near(
            r"(?:sprzeciw\w*|wycofuj\w*|cofam|cofnąć)",
            r"(?:marketing\w*|zgod\w*|przetwarzani\w*)",
            gap=60,
        ),
        near(
            r"(?:artykuł\w*|art\.?) ?(?:17|21)|praw\w+ do (?:usunięcia|bycia zapomnianym|sprzeciwu)",
            r"rodo|danych|usun\w*",
            gap=80,
        ),
        r"(?:dajcie|daj|proszę dać) (?:mi|nam|państwo mi) (?:\w+ )?(?:święty )?spok\w+|zostawcie (?:mnie|nas) w spokoju",
        near(
            r"(?:skreśl|usu[nń]|wykreśl)\w*",
            r"(?:mnie|mój adres|moje nazwisko|nas|mój e-?mail|mój mail)\b",
            gap=12,
        ),
    ),
    words=(
        r"usunięcie (?:mnie |mojego |moich )?(?:z (?:listy|bazy)|adresu|danych)",
        r"(?:wypisz\w*|wypisać|wypisanie|wypisuj\w*)",
        r"(?:rezygnuj\w+|rezygnacj\w+) z (?:subskrypcji|newslettera|otrzymywania|mailingu|wiadomości)",
        r"(?:usu[ńn]\w*|usunięcie|skreśl\w*) (?:mnie|nas|mój|moj\w+|ten adres|z (?:listy|bazy|newslettera|subskrypcji|mailingu))",
        r"(?:proszę|prosze)? ?(?:nie|już nie) (?:\w+ )?(?:wysyła\w*|przysyła\w*|pis\w+|kontaktow\w+|przesyła\w*)(?: \w+){0,3}",
        r"nie (?:chcę|życzę sobie|chcemy|zamierzam)(?: już| więcej| dłużej)? (?:otrzymyw\w+|dostaw\w+|więcej|wiadomości|maili|waszych|takich)",
        r"(?:odsubskryb\w+|anulow\w+ subskrypcj\w+|zrezygnować(?: z (?:newsletter\w*|subskryp\w*|mail\w*|wiadomości|otrzymywania)|\W*$))",
        r"żadnych (?:więcej )?(?:maili|wiadomości|newsletterów)",
    ),
    alone=(
        r"stop",
        r"wypisz(?: mnie)?",
        r"rezygn\w+",
        r"dość",
        r"usuń(?: mnie)?",
        r"koniec",
        r"wypisuję się",
        r"wypisać",
        r"dosyć(?: tego)?",
        r"unsubscribe",
        r"anuluj",
        r"przestańcie",
        r"nie chcę",
        r"wypis",
    ),
    unsure=(
        r"(?:rzadziej|mniej (?:maili|wiadomości|newsletterów)|nie tak często)\b",
        near(
            r"(?:co tydzień|codziennie|raz w tygodniu|dwa razy w tygodniu|tak często)",
            r"za (?:dużo|często)|zbyt (?:często|dużo)|trochę (?:dużo|za)",
            gap=30,
        ),
        near(
            r"raz (?:w miesiącu|na kwartał|na miesiąc|w roku)|miesięcznie|kwartalnie",
            r"możn\w*|mogł\w*|wystarcz\w*|wol\w*|czy",
            gap=40,
        ),
        near(
            r"(?:tylko|wyłącznie|jedynie)",
            r"(?:dostawać|otrzymywać|interes\w+|zaproszenia|wysyła\w*|informacje|o)",
            gap=30,
        )
        + r"[^.!?\n]{0,60}(?:\?|reszt\w*|nie interes\w+|interes\w+)",
        near(
            r"(?:na razie|obecnie|w tej chwili|w tym momencie|chwilowo|teraz)",
            r"nie (?:jesteśmy|jestem|mamy|mam|potrzebuj\w+)? ?(?:zainteresowan\w+|potrzeb\w*|interes\w*)?",
            gap=20,
        )
        + r"(?=[^.!?\n]{0,20}(?:zainteres|potrzeb|interes))",
        near(
            r"nie (?:jesteśmy|jestem) zainteresowan\w+",
            r"(?:na razie|obecnie|w tej chwili|dziękuj\w+|ofert\w*)",
            gap=40,
        ),
        near(
            r"(?:skąd|jak|kto)",
            r"(?:mają|macie|ma|masz|zdoby\w+|wzię\w+|podał)",
            r"(?:adres|dane|kontakt|e-?mail|mail|namiary)",
            gap=40,
        ),
        r"kim (?:państwo są|pan(?:i)? jest|jesteście|jesteś)\b|(?:to )?pomyłka|zła osoba|nie ta osoba|(?:pomylił\w*|mylą) (?:\w+ )?(?:adres\w*|osob\w*|mnie)|nie (?:jestem|do mnie)\b[^.!?\n]{0,30}(?:osob\w*|adresat\w*|skierowan\w*)",
    ),
    denied=(
        r"(?:z|ze) (?:zdjęcia|kalendarza|spotkania|kursu|grupy|warsztatów)\b",
        r"(?:jeśli|jeżeli|gdyby) (?:\w+ ){0,3}(?:chcesz|chcą|chce|życzysz|nie chcesz)|aby (?:się )?(?:wypisać|zrezygnować)",
        r"(?:jak|gdzie|dlaczego|czy mog\w+|czy można)\b.{0,60}(?:wypisać|zrezygnować).{0,40}\?",
        r"nie (?:chcę )?(?:się )?(?:wypisywać|rezygnować|rezygnuję|wypisuję|wypisuj\w*|usuwaj\w*|skreślaj\w*|wykreślaj\w*)",
        r"(?:właśnie |ostatnio |niedawno )?(?:wypisał[ae]m|zrezygnował[ae]m) (?:się )?(?:z|ze) (?!waszego|państwa|tego|listy)",
        r"(?:link|przycisk|strona|formularz) (?:do |z |\W{0,2})?\W{0,2}(?:wypis\w+|rezygnacj\w*|anulow\w*)",
        r"(?:usunąć|usuń|skreślić|wykreślić|usunięcie) (?:\w+ )?(?:z (?:oferty|zamówienia|faktury|wyceny)|drugą|pierwszą|trzecią|drugi|pierwszy|pozycję|punkt|linię)",
        r"(?:klien\w+|koleżank\w*|koleg\w*|członk\w*|pacjen\w*)\b[^.!?\n]{0,40}(?:wypisać|zrezygnować)",
    ),
    stays=(
        r"(?:zmieniłem|zmieniłam|zmienił się) (?:mój )?adres|stary adres",
        r"(?:na|pod) (?:mój )?nowy adres|(?:zmieni\w+|aktualiz\w+) (?:mój )?adres|nowy adres (?:to|jest)",
        r"(?:wasz|państwa|twój|wasze)\b[^.!?\n]{0,40}(?:zostaje|zostawiam|jedyn\w+|czytam|zostaję)|jedyny,? któr\w+ (?:czytam|zostawi\w*)",
        near(
            r"(?:jedna|jeden|pewna|pewien|nasz\w*|nasi|moja|mój|kilku)(?: z naszych)?",
            r"(?:klien\w+|pani|pan|koleżank\w*|koleg\w*|członk\w*|czyteln\w*|subskryben\w*|pacjen\w*)\b",
            r"(?:chce|chcą|prosi|proszą|pisze|pyta|wypisać|zrezygnować)",
            gap=30,
        ),
        near(
            r"(?:jak|gdzie)",
            r"(?:to się|się|kogoś|usunąć|wypisać)",
            r"(?:klika|kogoś|wypisuje|usuwa|programie|systemie)",
            gap=40,
        ),
    ),
    later=(r"wtedy\b",),
)
