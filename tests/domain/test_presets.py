"""What columns mean: presets, words in nine languages, content, and the person's own say."""

import pytest

from outreach.domain.contact import AttributeType
from outreach.domain.presets import Mapping, map_columns
from outreach.errors import UsageError

DECLARED = {"customer_id": AttributeType.TEXT, "tags": AttributeType.LIST}


def mapped(header: str, *rows: str, **options: object) -> Mapping:
    settings: dict[str, object] = {"file_name": "people.csv", "attributes": DECLARED, **options}
    return map_columns(
        header.split(","),
        [row.split(",") for row in rows],
        **settings,  # type: ignore[arg-type]
    )


def targets(mapping: Mapping) -> list[str | None]:
    return [column.target for column in mapping.columns]


@pytest.mark.parametrize(
    "header",
    [
        "Email,First Name,Last Name,Company,Job Title,Phone,Language,Time zone,Country",
        "E-Mail-Adresse,Vorname,Nachname,Firma,Funktion,Telefon,Sprache,Zeitzone,Land",
        "Adresse e-mail,Prénom,Nom de famille,Société,Fonction,Téléphone,Langue,"
        "Fuseau horaire,Pays",
        "Correo electrónico,Nombre,Apellidos,Empresa,Cargo,Teléfono,Idioma,Zona horaria,País",
        "Indirizzo email,first name,Cognome,Azienda,Ruolo,Telefono,Lingua,Fuso orario,Paese",
        "Endereço de e-mail,Primeiro nome,Sobrenome,Empresa,Cargo,Telefone,Idioma,"
        "Fuso horário,País",
        "E-mailadres,Voornaam,Achternaam,Bedrijf,Functie,Telefoon,Taal,Tijdzone,Land",
        "E-post,Förnamn,Efternamn,Företag,Befattning,Telefon,Språk,Tidszon,Land",
        "Adres e-mail,Imię,Nazwisko,Nazwa firmy,Stanowisko,Telefon,Język,Strefa czasowa,Kraj",
    ],
)
def test_words_of_nine_languages(header: str) -> None:
    assert targets(mapped(header)) == [
        "email",
        "first_name",
        "last_name",
        "company",
        "job_title",
        "phone",
        "locale",
        "timezone",
        "country",
    ]


def test_mailchimp_is_known_by_its_tail_in_any_language() -> None:
    mapping = mapped(
        "Emailadresse,Vorname,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
        "TIMEZONE,CC,LEID,EUID,NOTES,TAGS"
    )
    assert mapping.preset.name == "mailchimp"
    assert mapping.carries_consent
    assert mapping.status == "subscribed"
    assert targets(mapping) == [
        "email", "first_name", "-", "optin_at", "optin_ip", "confirm_at", "confirm_ip", "-",
        "timezone", "country", "-", "-", "note", "attributes.tags",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "name", "status"),
    [
        ("", "subscribed_members_export_1a2b.csv", "subscribed"),
        ("", "exports/unsubscribed_members_export_1a2b.csv", "unsubscribed"),
        ("", "cleaned_members_export_1a2b.csv", "cleaned"),
        ("", "nonsubscribed_members_export_1a2b.csv", "nonsubscribed"),
        (",UNSUB_TIME", "people.csv", "unsubscribed"),
        (",CLEAN_TIME", "people.csv", "cleaned"),
    ],
)
def test_whom_a_mailchimp_file_is_about(columns: str, name: str, status: str) -> None:
    assert mapped("Email Address,LEID,EUID" + columns, file_name=name).status == status


def test_hubspot_google_ghost_and_listmonk() -> None:
    hubspot = mapped(
        "Record ID,First Name,Email,Marketing contact status,Unsubscribed from all email"
    )
    assert (hubspot.preset.name, hubspot.carries_consent) == ("hubspot", False)
    assert targets(hubspot) == ["-", "first_name", "email", "marketing_status", "opted_out"]
    new = mapped("First Name,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value")
    assert new.preset.name == "google"
    assert targets(new) == ["first_name", "attributes.tags", None, "email", "also_email"]
    old = mapped("Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value")
    assert old.preset.name == "google"
    assert targets(old)[:4] == ["-", "first_name", "last_name", "attributes.tags"]
    ghost = mapped(
        "id,email,name,note,subscribed_to_emails,stripe_customer_id,created_at,deleted_at,labels"
    )
    assert ghost.preset.name == "ghost"
    listmonk = mapped("uuid,email,name,attributes,status,created_at")
    assert listmonk.preset.name == "listmonk"


def test_attributes_are_taken_when_declared_and_named_with_their_line_when_not() -> None:
    mapping = mapped("Email,Customer ID,Shoe size,Fax", "a@x.example,7,42,")
    assert targets(mapping) == ["email", "attributes.customer_id", None, None]
    (undeclared,) = mapping.undeclared  # a column without any content is not worth a word
    assert undeclared.line == 'shoe_size = "number"'


def test_tags_are_a_list_to_declare() -> None:
    mapping = mapped("Email,Tags", "a@x.example,vip", attributes={})
    assert mapping.undeclared[0].line == 'tags = "list"'


def test_an_address_column_is_found_by_its_content() -> None:
    mapping = mapped("Kontaktweg,Wert", "Ann,a@x.example", "Bob,b@x.example")
    assert targets(mapping) == [None, "email"]
    assert mapping.columns[1].by == "content"


def test_the_persons_own_word_comes_first() -> None:
    mapping = mapped(
        "Email,Kunden-Nr,Name,Private mail",
        explicit={
            "kunden-nr": "attributes.customer_id",
            "Private mail": "email",
            "Name": "-",
        },
    )
    assert targets(mapping) == ["also_email", "attributes.customer_id", "-", "email"]


def test_everything_wrong_with_a_mapping_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        mapped(
            "Who,Nr",
            explicit={"Nrr": "phone", "Nr": "attributes.customer", "Who": "phne"},
        )
    text = str(caught.value)
    assert 'no column "Nrr"' in text
    assert 'did you mean "Nr"?' in text
    assert 'did you mean "customer_id"?' in text
    assert 'did you mean "phone"?' in text
    assert "no column holds mail addresses" in text
    assert '--map "Who=email"' in text


def test_two_columns_cannot_be_one_field() -> None:
    with pytest.raises(UsageError, match="two columns cannot both be phone"):
        mapped("Email,A,B", explicit={"A": "phone", "B": "phone"})


def test_a_mended_rejects_file_is_read_as_what_it_was() -> None:
    mapping = mapped("line,reason,Email,First Name")
    assert targets(mapping) == ["-", "-", "email", "first_name"]
