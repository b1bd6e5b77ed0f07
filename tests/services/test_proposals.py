"""Contacts proposed from mail: never made by it."""

import pytest

from outreach.domain.effects import Kind
from outreach.errors import NotFoundError, UsageError
from outreach.services import proposals
from outreach.services.proposals import named, propose
from outreach.storage import keys, suppressions
from outreach.storage.database import Database
from outreach.storage.inbox import State
from outreach.testing import FrozenClock
from tests.services.post import ANNA, Post


@pytest.fixture
def post(database: Database, clock: FrozenClock) -> Post:
    return Post(database, clock)


def shown(post: Post) -> list[tuple[str, str, int, int]]:
    found = propose(post.inbox)
    return [(each.address, each.name, each.received, each.written) for each in found]


def test_who_writes_in_person_is_proposed_and_no_contact(post: Post) -> None:
    post.write("Cy Young <cy@shop.example>", "Do you do boats?", subject="Boats")
    post.clock.advance(hours=1)
    post.write("cy@shop.example", "And trains?", subject="Trains")
    post.write('"Lovelace, Dea" <dea@x.example>', "Hello.", subject="Hello")
    assert shown(post) == [
        ("cy@shop.example", "Cy Young", 2, 0),
        ("dea@x.example", "Lovelace, Dea", 1, 0),
    ]
    newest = propose(post.inbox)[0]
    assert (newest.last, newest.subject) == (post.clock(), "Trains")
    assert post.rows("SELECT count(*) FROM contacts")[0][0] == 0


def test_bulk_machines_and_those_on_record_are_not_proposed(post: Post) -> None:
    sent = post.mailing(["ada"])
    post.write("ada@example.com", "A question.", subject="Question")
    # Somebody else answers Ada's mail: a person looks at that one.
    post.write("other@else.example", "She is away.", answers=sent["ada"])
    post.write("list@shop.example", "Sale!", headers={"List-Id": "<x.shop.example>"})
    post.write("list@shop.example", "Sale!", headers={"Precedence": "bulk", "Feedback-ID": "1:2:3"})
    post.write("no-reply@bank.example", "Your statement.")
    post.write("noreply+x@bank.example", "Your statement.")
    for nobody in ("no_reply", "do_not_reply", "NoReply-orders", "orders-noreply", "nao-responda"):
        post.write(f"{nobody}@shop.example", "Your order has shipped.")
    post.write("robot@x.example", "Done.", headers={"Auto-Submitted": "auto-generated"})
    post.write(ANNA, "Hello, me.", subject="Note")
    post.bounce("x@y.example", None)
    assert shown(post) == []


def test_a_letter_that_calls_itself_bulk_proposes_its_author(post: Post) -> None:
    post.write("cy@shop.example", "Do you do boats?", headers={"Precedence": "bulk"})
    post.write("reply@shop.example", "Do you do trains?")
    assert {each[0] for each in shown(post)} == {"cy@shop.example", "reply@shop.example"}


def test_whom_we_wrote_to_ourselves_is_proposed_first(post: Post) -> None:
    post.write("cy@shop.example", "Do you do boats?", subject="Boats")
    post.write("cy@shop.example", "Hello?", subject="Boats")
    post.write(
        ANNA,
        "How are you?",
        to="Bo Diddley <bo@x.example>, team@x.example",
        subject="x",
        is_ours=True,
    )
    many = ", ".join(f"p{n}@x.example" for n in range(6))
    post.write(ANNA, "To you all.", to=many, subject="News", is_ours=True)
    assert sorted(shown(post)[:2]) == [
        ("bo@x.example", "Bo Diddley", 0, 1),
        ("team@x.example", "", 0, 1),
    ]
    assert shown(post)[2] == ("cy@shop.example", "", 2, 0)
    assert len(shown(post)) == 3


def test_who_is_accepted_has_their_mails_and_can_be_answered(post: Post) -> None:
    first = post.write("Cy Young <CY@shop.example>", "Do you do boats?", subject="Boats")
    absent = post.write(
        "cy@shop.example",
        "I am away until 10 December 2026.",
        subject="Automatic reply",
        headers={"Auto-Submitted": "auto-replied"},
    )
    assert first.state is State.REVIEW
    made = proposals.accept(post.inbox, "cy@shop.example", by="anna")
    assert (made.name, set(made.inbound_ids)) == ("Cy Young", {first.id, absent.id})
    contact = post.inbox.show(first.id).item
    assert (contact.email, contact.state, contact.rung) == (
        "cy@shop.example",
        State.OPEN,
        "person",
    )
    assert contact.answer_by is not None
    rows = post.rows("SELECT tier, consent, first_name, last_name, source FROM contacts")
    assert [tuple(row) for row in rows] == [("known", "none", "Cy", "Young", "their mail")]
    held = post.rows("SELECT held_until FROM contacts")[0][0]
    assert held is not None
    assert shown(post) == []
    with pytest.raises(UsageError, match="already"):
        proposals.accept(post.inbox, "cy@shop.example", by="anna")


def test_letters_to_who_is_accepted_are_letters_to_them(post: Post) -> None:
    item = post.write("cy@shop.example", "Do you do boats?", subject="Boats")
    post.clock.advance(hours=1)
    to = "Cy <Cy@shop.example>, team@x.example"
    ours = post.write(ANNA, "Gladly.", to=to, answers="m1@mail.example", is_ours=True)
    assert ours.contact_id is None
    post.clock.advance(hours=1)
    proposals.accept(post.inbox, "cy@shop.example", by="anna")
    asked = post.inbox.show(item.id).item
    assert (asked.state, asked.answered_at) == (State.DONE, ours.received_at)
    assert post.inbox.show(ours.id).item.email == "cy@shop.example"
    assert post.did(ours) == ["touch"]
    ((last_out, last_in),) = post.rows("SELECT last_out, last_in FROM contacts")
    assert last_out > last_in
    # The other reader of that letter is still proposed, and each of them has it once.
    assert shown(post) == [("team@x.example", "", 0, 1)]
    proposals.accept(post.inbox, "team@x.example", by="anna")
    assert post.rows("SELECT count(*) FROM touches WHERE direction = 'out'")[0][0] == 2


def test_what_was_written_before_the_letter_to_them_came_is_answered_and_no_later_mail(
    post: Post,
) -> None:
    first = post.write("cy@shop.example", "Do you do boats?", subject="Boats")
    post.clock.advance(hours=1)
    post.write(ANNA, "We do.", to="cy@shop.example", subject="Boats", is_ours=True)
    post.clock.advance(hours=1)
    second = post.write("cy@shop.example", "And trains?", subject="Trains")
    proposals.accept(post.inbox, "cy@shop.example", by="anna")
    states = [post.inbox.show(each.id).item.state for each in (first, second)]
    assert states == [State.DONE, State.OPEN]


def test_who_was_suppressed_stays_so_and_is_not_proposed(post: Post) -> None:
    with post.database.write() as session:
        suppressions.suppress(
            session,
            "cy@shop.example",
            keys.secrets(session, post.clock()),
            reason="by-hand",
            source="anna",
            detail=None,
            now=post.clock(),
        )
    post.write("cy@shop.example", "Hello.", subject="Hello")
    assert shown(post) == []
    proposals.accept(post.inbox, "cy@shop.example", by="anna")
    assert "cy@shop.example" in post.suppressed()


def test_who_is_declined_is_proposed_no_more_and_their_mail_still_read(post: Post) -> None:
    item = post.write("sales@shop.example", "Buy our boats.", subject="Boats")
    assert proposals.decline(post.inbox, ["Sales@shop.example"], by="anna") == 1
    assert post.inbox.show(item.id).item.state is State.DONE
    assert shown(post) == []
    again = post.write("sales@shop.example", "Buy our boats!", subject="Boats")
    assert (again.state, shown(post)) == (State.REVIEW, [])
    assert proposals.decline(post.inbox, ["sales@shop.example"], by="anna") == 1
    # A person may think otherwise later.
    proposals.accept(post.inbox, "sales@shop.example", first_name="Sal", by="anna")
    assert post.rows("SELECT first_name FROM contacts")[0][0] == "Sal"
    assert post.rows("SELECT count(*) FROM declined_proposals")[0][0] == 0


def test_who_cannot_be_accepted_or_declined(post: Post) -> None:
    post.mailing(["ada"])
    with pytest.raises(NotFoundError, match="no mail from or to"):
        proposals.accept(post.inbox, "nobody@x.example", by="anna")
    with pytest.raises(UsageError, match="is a contact"):
        proposals.decline(post.inbox, ["ada@example.com"], by="anna")


def test_a_fault_leaves_neither_contact_nor_half_of_their_mails(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        post.write("cy@shop.example", f"Hello {number}.", subject="Hello")
    act = post.inbox._act
    calls: list[int] = []

    def failing(*arguments: object, **how: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("a fault")
        return act(*arguments, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(post.inbox, "_act", failing)
    with pytest.raises(RuntimeError):
        proposals.accept(post.inbox, "cy@shop.example", by="anna")
    assert post.rows("SELECT count(*) FROM contacts")[0][0] == 0
    assert {item.state for item in post.inbox.listing(kinds=[Kind.REPLY])} == {State.REVIEW}


@pytest.mark.parametrize(
    ("shown_name", "names"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        ("Lovelace, Ada", ("Ada", "Lovelace")),
        ('"Lovelace, Ada"', ("Ada", "Lovelace")),
        ("Ada", ("Ada", None)),
        ("Ada de la Cruz", ("Ada", "de la Cruz")),
        ("Smith, Jones, and Co", ("Smith,", "Jones, and Co")),
        ("ada@x.example", (None, None)),
        ("", (None, None)),
    ],
)
def test_names_as_they_stand_in_mail(shown_name: str, names: tuple[str | None, str | None]) -> None:
    assert named(shown_name) == names
