"""A segment asked in SQL and in memory gives the same answer, for every contact and question."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, literal, select, text
from sqlalchemy.orm import Session

from outreach.domain import condition as c
from outreach.domain.contact import (
    AttributeType,
    ConsentBasis,
    ConsentStatus,
    Contact,
)
from outreach.domain.expression import (
    MAX_CONSTANTS,
    MAX_DEPTH,
    MAX_QUESTIONS,
    parse,
)
from outreach.domain.terms import MAX_TEXT, Vocabulary
from outreach.storage import contacts, segments
from outreach.storage.database import Database, UtcDateTime
from outreach.storage.tables import (
    AddressRow,
    CampaignRow,
    ContactRow,
    DeliveryRow,
    InterestRow,
    OptOutRow,
    RoleRow,
    SuppressionRow,
    TemplateSentRow,
    TouchRow,
)
from tests.conftest import NOW

TIERS = ("known", "inquirer", "customer", "client", "counsel")
VOCABULARY = Vocabulary(
    attributes={
        "plan": AttributeType.TEXT,
        "seats": AttributeType.NUMBER,
        "price": AttributeType.NUMBER,
        "vip": AttributeType.BOOL,
        "renewal": AttributeType.DATE,
        "founded": AttributeType.DATE,
        "tags": AttributeType.LIST,
    },
    tiers=TIERS,
)
KINDS = {
    AttributeType.TEXT: c.Kind.TEXT,
    AttributeType.NUMBER: c.Kind.NUMBER,
    AttributeType.BOOL: c.Kind.BOOL,
    AttributeType.DATE: c.Kind.DATE,
    AttributeType.LIST: c.Kind.LIST,
}
OTHERS = {
    "clients": parse('tier in ["client", "counsel"]', VOCABULARY),
    "quiet": parse("last_touch is none or last_touch < days_ago(60)", VOCABULARY),
}

# Few letters, so that texts meet; all that means something to GLOB, LIKE, regular expressions,
# JSON paths or either database; and pairs of letters that case makes trouble with.
ALPHABET = "aAbBkK\u212aéÉßẞiIİıſsΣσςǅǆ ё Ё%_*?[]^$.+-(){}|\\'\"\n\t\u00a0😀"
TEXTS = st.text(ALPHABET, min_size=1, max_size=5)
MOMENTS = st.sampled_from(
    [
        NOW + timedelta(days=days, microseconds=micro)
        for days in (-400, -61, -60, -31, -30, -1, 0, 1)
        for micro in (-1, 0, 1)
    ]
    + [datetime(2026, 11, day, hour, tzinfo=UTC) for day in (1, 2, 30) for hour in (0, 23)]
)
DAYS = st.sampled_from([-30, -1, 0, 1, 30, 31, 60])
DATES = st.sampled_from(
    [date(2026, 11, day) for day in (1, 2, 30)] + [date(2026, 12, 1), date(999, 1, 1)]
)
NUMBERS = st.sampled_from([0, 1, -1, 2, 2**31, 2**53 - 1, 0.5, -0.5, 1.25, 99.99])
KEYS = st.sampled_from(["newsletter@2026-11", "newsletter@2026-12", "hello@1"])
SERIES = st.sampled_from(["newsletter", "hello"])
EMAILS = ("anna@example.com", "Bo.K@mail.example.org", "x+y_z%a@EXAMPLE.com".lower(), "k@kk.de")

JSON_VALUES = st.one_of(
    TEXTS,
    NUMBERS,
    st.booleans(),
    DATES.map(date.isoformat),
    st.sampled_from(["2026-11-31", "2026-1-01", "2026-11-01T00:00", "x"]),
    st.lists(st.one_of(TEXTS, st.sampled_from(["tax", 1, None])), max_size=3),
    st.sampled_from([None, {}, {"a": 1}, {"$.tags": ["tax"]}]),
)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    row = {
        name: draw(optional(TEXTS))
        for name in ("first_name", "last_name", "company", "source", "relies_on")
    }
    row |= {
        name: draw(optional(MOMENTS))
        for name in ("last_touch", "last_reply", "last_give", "parted_at", "tier_since")
    }
    row |= {
        "country": draw(optional(st.sampled_from(["DE", "US"]))),
        "tier": draw(st.sampled_from(TIERS)),
        "consent": draw(st.sampled_from(ConsentStatus)),
        "consent_basis": draw(optional(st.sampled_from(ConsentBasis))),
        "attributes": draw(
            st.dictionaries(st.sampled_from([*VOCABULARY.attributes, "$"]), JSON_VALUES)
        ),
        "created_at": draw(MOMENTS),
        "updated_at": draw(MOMENTS),
    }
    return {
        "row": row,
        "merged": draw(st.integers(0, 9)) == 0,
        "interests": draw(st.sets(st.sampled_from(["tax", "law", "ä"]), max_size=2)),
        "roles": draw(st.dictionaries(st.sampled_from(["partner", "user"]), optional(MOMENTS))),
        "opt_outs": draw(
            st.dictionaries(st.sampled_from(["newsletters", "everything"]), optional(MOMENTS))
        ),
        "suppressed": draw(st.sampled_from([None, None, "bounce", "complaint", "lifted"])),
        "touches": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "at": MOMENTS,
                        "direction": st.sampled_from(["in", "out", "both"]),
                        "channel": st.sampled_from(["mail", "call"]),
                        "kind": st.sampled_from(["reply", "newsletter"]),
                        "content_class": optional(st.sampled_from(["give", "ask"])),
                        "personal": st.booleans(),
                    }
                ),
                max_size=2,
            )
        ),
        "deliveries": draw(st.dictionaries(KEYS, optional(MOMENTS), max_size=2)),
    }


def attributes(*kinds: AttributeType) -> st.SearchStrategy[c.Attribute]:
    names = [name for name, kind in VOCABULARY.attributes.items() if kind in kinds]
    return st.sampled_from([c.Attribute(n, KINDS[VOCABULARY.attributes[n]]) for n in names])


def fields(kind: c.Kind, *, without: tuple[str, ...] = ()) -> st.SearchStrategy[c.Field]:
    return st.sampled_from(
        [c.Field(name) for name, is_of in c.FIELDS.items() if is_of is kind and name not in without]
    )


def constant(kind: c.Kind) -> st.SearchStrategy[c.Literal]:
    values: st.SearchStrategy[Any] = {
        c.Kind.TEXT: TEXTS,
        c.Kind.NUMBER: NUMBERS,
        c.Kind.BOOL: st.booleans(),
        c.Kind.DATE: DATES.map(date.isoformat),
    }[kind]
    return values.map(lambda value: c.Literal(value, kind))


CLOSED = ("tier", "consent", "consent_basis", "country", "email", "email_domain")
PLAIN_TEXTS = fields(c.Kind.TEXT, without=CLOSED) | attributes(AttributeType.TEXT)
TIMED = fields(c.Kind.INSTANT) | attributes(AttributeType.DATE)
BOUNDS = st.one_of(DAYS.map(c.Moment), constant(c.Kind.DATE), TIMED)
SIGNS = st.sampled_from(["==", "<", "<=", ">", ">="])
NAMED = {
    "tier": TIERS,
    "consent": tuple(ConsentStatus),
    "consent_basis": tuple(ConsentBasis),
    "country": ("DE", "US"),
}


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


def named_questions(name: str) -> st.SearchStrategy[c.Condition]:
    value = st.sampled_from([c.Literal(str(text), c.Kind.TEXT) for text in NAMED[name]])
    field = st.just(c.Field(name))
    return st.one_of(
        st.builds(c.Compare, field, st.just("=="), value), st.builds(c.OneOf, field, several(value))
    )


QUESTIONS: st.SearchStrategy[c.Condition] = st.one_of(
    st.booleans().map(c.Constant),
    st.builds(c.Holds, fields(c.Kind.BOOL) | attributes(AttributeType.BOOL)),
    st.builds(
        c.Compare,
        fields(c.Kind.BOOL) | attributes(AttributeType.BOOL),
        st.just("=="),
        constant(c.Kind.BOOL),
    ),
    st.builds(c.Compare, PLAIN_TEXTS, st.just("=="), constant(c.Kind.TEXT) | PLAIN_TEXTS),
    st.builds(
        c.Compare,
        attributes(AttributeType.NUMBER),
        SIGNS,
        constant(c.Kind.NUMBER) | attributes(AttributeType.NUMBER),
    ),
    st.builds(
        c.Compare,
        st.just(c.Field("id")),
        SIGNS,
        st.integers(0, 9).map(lambda number: c.Literal(number, c.Kind.NUMBER)),
    ),
    st.builds(c.Compare, TIMED, SIGNS, BOUNDS),
    st.one_of(*(named_questions(name) for name in NAMED)),
    st.builds(c.OneOf, PLAIN_TEXTS, several(constant(c.Kind.TEXT))),
    st.builds(c.OneOf, attributes(AttributeType.NUMBER), several(constant(c.Kind.NUMBER))),
    st.builds(c.OneOf, attributes(AttributeType.DATE), several(constant(c.Kind.DATE))),
    st.builds(
        c.Like,
        fields(c.Kind.TEXT) | attributes(AttributeType.TEXT),
        st.sampled_from(["contains", "startswith", "endswith"]),
        TEXTS.map(lambda text: (c.fold(text),)),
    ),
    st.builds(
        c.Like,
        fields(c.Kind.TEXT, without=("email_domain",)) | attributes(AttributeType.TEXT),
        st.just("equals"),
        several(TEXTS.map(c.fold)),
    ),
    st.builds(
        c.Like,
        st.just(c.Field("email_domain")),
        st.just("equals"),
        several(st.sampled_from(["example.com", "kk.de", "com"])),
    ),
    st.builds(c.Mailbox, several(st.sampled_from(EMAILS).map(str.lower))),
    st.builds(
        c.Has,
        fields(c.Kind.LIST) | attributes(AttributeType.LIST),
        st.sampled_from(["newsletters", "everything"]),
    ),
    st.builds(
        c.Has,
        st.sampled_from([c.Field("interests"), c.Field("roles")]) | attributes(AttributeType.LIST),
        st.sampled_from(["tax", "law", "ä", "partner", "user"]),
    ).filter(lambda has: has.operand.name != "opted_out"),
    st.builds(c.IsEmpty, fields(c.Kind.LIST) | attributes(AttributeType.LIST)),
    st.builds(
        c.IsNone,
        st.sampled_from(
            [
                c.Field(name)
                for name, kind in c.FIELDS.items()
                if name not in c.ALWAYS_KNOWN and kind is not c.Kind.LIST
            ]
        )
        | attributes(*(set(AttributeType) - {AttributeType.LIST})),
    ),
    st.builds(
        c.Touched,
        since=optional(BOUNDS),
        before=optional(BOUNDS),
        direction=optional(st.sampled_from(["in", "out", "both"])),
        channel=optional(st.sampled_from(["mail", "call"])),
        kind=optional(st.sampled_from(["reply", "newsletter"])),
        content_class=optional(st.sampled_from(["give", "ask"])),
        personal=optional(st.booleans()),
    ),
    st.builds(
        c.Received,
        key=optional(KEYS),
        series=optional(SERIES),
        since=optional(BOUNDS),
        before=optional(BOUNDS),
    ),
    st.sampled_from(sorted(OTHERS)).map(lambda name: c.InSegment(name, OTHERS[name])),
)


def combined(parts: st.SearchStrategy[c.Condition]) -> st.SearchStrategy[c.Condition]:
    def flat(kind: type[c.AllOf] | type[c.AnyOf], found: list[c.Condition]) -> c.Condition:
        flattened: list[c.Condition] = []
        for part in found:
            flattened += part.parts if isinstance(part, kind) else [part]
        return kind(tuple(flattened))

    some = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        parts.map(c.Not),
        some.map(lambda found: flat(c.AllOf, found)),
        some.map(lambda found: flat(c.AnyOf, found)),
    )


CONDITIONS = st.recursive(QUESTIONS, combined, max_leaves=6)


@contextmanager
def scratch(database: Database) -> Iterator[Session]:
    """A transaction that is rolled back at the end."""
    with database.engine.connect() as connection:
        connection.execution_options(outreach_write=True)
        transaction = connection.begin()
        with Session(connection, expire_on_commit=False) as session:
            yield session
        transaction.rollback()


def write_people(session: Session, drawn: list[dict[str, Any]]) -> list[int]:
    """Write the rows for these people and return the ids of those that are not merged."""
    session.execute(insert(TemplateSentRow).values(hash="h", files={}, first_used_at=NOW))
    campaigns = {}
    for key in ("newsletter@2026-11", "newsletter@2026-12", "hello@1"):
        campaign = CampaignRow(
            key=key,
            template="t",
            template_hash="h",
            segment="everyone",
            segment_where="true",
            series=key.partition("@")[0],
            kind="newsletter",
            content_class="give",
            subject="s",
            sender="a",
            state="done",
            created_at=NOW,
        )
        session.add(campaign)
        session.flush()
        campaigns[key] = campaign.id
    found = []
    for number, person in enumerate(drawn, 1):
        values = {"id": number, **person["row"]}
        session.execute(insert(ContactRow).values(values))
        email = EMAILS[number % len(EMAILS)]
        if number >= len(EMAILS):
            email = f"n{number}{email}"
        for address, primary in ((email, True), (f"second{number}@kk.de", False)):
            session.add(
                AddressRow(
                    contact_id=number,
                    address=address,
                    normalised=address.lower(),
                    likeness=address,
                    is_primary=primary,
                    created_at=NOW,
                )
            )
        session.add_all(
            [
                *(
                    InterestRow(contact_id=number, interest=each, source="s", declared_at=NOW)
                    for each in person["interests"]
                ),
                *(
                    RoleRow(contact_id=number, role=role, since=NOW, until=until, by="a")
                    for role, until in person["roles"].items()
                ),
                *(
                    OptOutRow(
                        contact_id=number, scope=scope, source="s", occurred_at=NOW, lifted_at=at
                    )
                    for scope, at in person["opt_outs"].items()
                ),
                *(TouchRow(contact_id=number, **touch) for touch in person["touches"]),
                *(
                    DeliveryRow(
                        campaign_id=campaigns[key],
                        contact_id=number,
                        address=email,
                        state="sent" if at else "pending",
                        created_at=NOW,
                        sent_at=at,
                    )
                    for key, at in person["deliveries"].items()
                ),
            ]
        )
        if person["suppressed"]:
            session.add(
                SuppressionRow(
                    address_hash=f"{number}",
                    normalised=email.lower() if number % 2 else f"second{number}@kk.de",
                    reason="complaint" if person["suppressed"] == "complaint" else "bounce",
                    source="s",
                    created_at=NOW,
                    lifted_at=NOW if person["suppressed"] == "lifted" else None,
                )
            )
        if person["merged"] and number > 1:
            session.flush()
            session.execute(
                text("UPDATE contacts SET merged_into_id = 1 WHERE id = :id"), {"id": number}
            )
        else:
            found.append(number)
    session.flush()
    session.expire_all()
    return found


def load(session: Session, ids: list[int]) -> list[Contact]:
    return segments.with_history(session, contacts.load(session, ids, NOW))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drawn=st.lists(people(), min_size=1, max_size=5),
    asked=st.lists(CONDITIONS, min_size=1, max_size=6),
)
def test_sql_and_memory_agree(
    database: Database, drawn: list[dict[str, Any]], asked: list[c.Condition]
) -> None:
    with scratch(database) as session:
        everyone = load(session, write_people(session, drawn))
        for condition in asked:
            in_memory = [each.id for each in everyone if condition.matches(each, NOW)]
            in_sql = list(segments.ids(session, condition, NOW))
            assert in_sql == in_memory, f"{condition}"
            assert segments.count(session, condition, NOW) == len(in_memory)
            opposite = list(segments.ids(session, c.Not(condition), NOW))
            assert sorted([*in_sql, *opposite]) == [each.id for each in everyone], f"{condition}"


def every_kind_of_question() -> list[c.Condition]:
    """Each question with each sign, bound and letter that could be got wrong in one of them."""
    moments = [c.Field("last_touch"), c.Field("created_at"), c.Attribute("renewal", c.Kind.DATE)]
    days = [c.Literal(f"2026-{day}", c.Kind.DATE) for day in ("11-01", "11-02", "12-01")]
    bounds = [c.Moment(), c.Moment(30), *days, c.Field("last_give"), moments[2]]
    seats, price = (c.Attribute(name, c.Kind.NUMBER) for name in ("seats", "price"))
    signs = ["==", "<", "<=", ">", ">="]
    found: list[c.Condition] = [
        *(c.Compare(one, sign, bound) for one in moments for sign in signs for bound in bounds),
        *(
            c.Compare(seats, sign, other)
            for sign in signs
            for other in (c.Literal(1, c.Kind.NUMBER), c.Literal(0.5, c.Kind.NUMBER), price)
        ),
        *(
            c.Like(c.Field("company"), how, (c.fold(letter),))
            for letter in sorted(set(ALPHABET))
            for how in ("contains", "startswith", "endswith", "equals")
        ),
        *(
            c.Has(c.Field(name), text)
            for name, texts in (
                ("interests", ("tax", "ä")),
                ("roles", ("partner", "user")),
                ("opted_out", ("newsletters", "everything")),
            )
            for text in texts
        ),
        *(c.IsEmpty(c.Field(name)) for name in ("interests", "roles", "opted_out")),
        *(c.Has(c.Attribute("tags", c.Kind.LIST), text) for text in ("tax", "a")),
        c.IsEmpty(c.Attribute("tags", c.Kind.LIST)),
        *(
            c.IsNone(c.Attribute(n, KINDS[k]))
            for n, k in VOCABULARY.attributes.items()
            if n != "tags"
        ),
        *(c.Holds(one) for one in (c.Field("suppressed"), c.Attribute("vip", c.Kind.BOOL))),
        *(c.Touched(direction=direction) for direction in ("in", "out", "both")),
        *(c.Touched(since=bound, channel="call") for bound in bounds),
        *(c.Touched(before=bound, personal=True) for bound in bounds),
        *(c.Touched(content_class=one) for one in ("give", "ask")),
        *(c.Received(key="hello@1", since=bound) for bound in (None, *bounds)),
        c.Received(key="hello@1", series="newsletter"),
        *(c.Received(series="newsletter", before=bound) for bound in (None, *bounds)),
    ]
    return found


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(drawn=st.lists(people(), min_size=15, max_size=15))
def test_sql_and_memory_agree_on_every_kind_of_question(
    database: Database, drawn: list[dict[str, Any]]
) -> None:
    with scratch(database) as session:
        named = [_nobody(company=f"{letter}x{letter}") for letter in sorted(set(ALPHABET))]
        everyone = load(session, write_people(session, [*drawn, *named]))
        for question in every_kind_of_question():
            for condition in (question, c.Not(question)):
                in_memory = [each.id for each in everyone if condition.matches(each, NOW)]
                assert segments.ids(session, condition, NOW) == in_memory, f"{condition}"


@settings(max_examples=100, deadline=None)
@given(condition=CONDITIONS)
def test_what_a_condition_reads_as_is_parsed_as_itself(condition: c.Condition) -> None:
    assert parse(str(condition), VOCABULARY, others=OTHERS.__getitem__) == condition


def test_the_largest_segments_run_on_both(database: Database) -> None:
    questions = ["last_touch < days_ago(1)", 'not company is contains "x"', "attributes.seats > 1"]
    chain = " or ".join(questions * (MAX_QUESTIONS // 3))
    mixed = "not (suppressed or " * 20 + "touched()" + ")" * 20
    constants = " or ".join(f"company in {[f'c{n}' for n in range(700)]}" for _ in range(3))
    folded = f"company|lower in {['a'] * (MAX_CONSTANTS // 2)}"
    pattern = f'company is contains "{"é*" * (MAX_TEXT // 2)}"'
    with database.read() as session:
        for where in (chain, mixed, constants, folded, pattern):
            assert segments.count(session, parse(where, VOCABULARY), NOW) == 0
        many = parse(f"id in {[9] * MAX_CONSTANTS}", VOCABULARY)
        assert segments.count(session, many, NOW) == 0


def test_the_longest_chain_of_one_question_stays_within_the_parser_s_depth(
    database: Database,
) -> None:
    deepest = c.Like(c.Attribute("plan", c.Kind.TEXT), "equals", tuple("abc"))
    condition: c.Condition = c.AnyOf((deepest,) * MAX_QUESTIONS)
    for _ in range(MAX_DEPTH - 2):
        condition = c.AllOf((c.Not(condition), c.Constant(True)))
    with database.read() as session:
        assert segments.count(session, condition, NOW) == 0


def test_it_can_feed_an_insert(database: Database) -> None:
    condition = parse('company is startswith "ac" and not suppressed', VOCABULARY)
    with scratch(database) as session:
        drawn = [_nobody(company="Acme"), _nobody(company="Beta"), _nobody(company="ACDC")]
        write_people(session, drawn)
        chosen = segments.members(condition, NOW).add_columns(
            literal("interesting"), literal("test"), literal(NOW, UtcDateTime)
        )
        columns = ["contact_id", "interest", "source", "declared_at"]
        session.execute(insert(InterestRow).from_select(columns, chosen))
        assert session.scalars(select(InterestRow.contact_id)).all() == [1, 3]
        assert segments.is_member(session, condition, NOW, 1)
        assert not segments.is_member(session, condition, NOW, 2)
        assert segments.ids(session, condition, NOW, limit=1) == [1]


def _nobody(**fields: Any) -> dict[str, Any]:
    return {
        "row": {"tier": "known", "created_at": NOW, "updated_at": NOW, **fields},
        "merged": False,
        "interests": (),
        "roles": {},
        "opt_outs": {},
        "suppressed": None,
        "touches": [],
        "deliveries": {},
    }


def test_clients_are_counted_from_the_index_alone(sqlite_database: Database) -> None:
    condition = parse('tier in ["client", "counsel"] and parted_at is none', VOCABULARY)
    sql = segments.sql_text(condition, NOW, sqlite_database.engine.dialect)
    with sqlite_database.engine.connect() as connection:
        (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()
    assert "COVERING INDEX ix_contacts_tier" in plan[3]


def test_sqlite_follows_the_index_of_what_is_asked_about(sqlite_database: Database) -> None:
    sql = segments.sql_text(
        parse('"tax" in interests', VOCABULARY), NOW, sqlite_database.engine.dialect
    )
    with sqlite_database.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert plan[0] == "SEARCH contacts USING INTEGER PRIMARY KEY (rowid=?)"
