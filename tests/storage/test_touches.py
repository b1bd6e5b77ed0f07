from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain.mailing import ContentClass
from outreach.domain.touches import SUMMARIES, Channel, Direction, summed_up_in
from outreach.storage import contacts, touches
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow
from outreach.storage.touches import Touch

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

TOUCHES = st.lists(
    st.builds(
        lambda minutes, direction, channel, kind, personal, content: {
            "at": NOW - timedelta(minutes=minutes),
            "direction": direction,
            "channel": channel,
            "kind": kind,
            "personal": personal,
            "content_class": content,
        },
        st.integers(0, 30),
        st.sampled_from(list(Direction)),
        st.sampled_from(list(Channel)),
        st.sampled_from(["newsletter", "reply", "call", "check-in"]),
        st.booleans(),
        st.sampled_from([None, *ContentClass]),
    ),
    max_size=12,
)


def summaries(row: ContactRow) -> dict[str, datetime | None]:
    return {name: getattr(row, name) for name in SUMMARIES}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=TOUCHES)
def test_summaries_are_what_the_touches_say(database: Database, found: list[dict]) -> None:  # type: ignore[type-arg]
    with database.write() as session:
        email = f"c{len(contacts.listing(session))}@example.org"
        contact_id = contacts.insert(session, NewContact(email=email), NOW)
        for values in found:
            touches.record(session, Touch(contact_id=contact_id, **values))
        session.expire_all()
        kept_up = summaries(session.get_one(ContactRow, contact_id))
        touches.recompute(session, [contact_id])
        session.expire_all()
        recomputed = summaries(session.get_one(ContactRow, contact_id))
    expected: dict[str, datetime | None] = dict.fromkeys(SUMMARIES)
    for values in found:
        counts = {key: values[key] for key in ("direction", "kind", "personal", "content_class")}
        for name in summed_up_in(**counts):
            expected[name] = max(expected[name] or values["at"], values["at"])
    assert kept_up == expected
    assert recomputed == expected


def test_a_newsletter_is_no_exchange_and_a_call_is() -> None:
    newsletter = summed_up_in(
        direction="out", kind="newsletter", personal=False, content_class="give"
    )
    assert newsletter == {"last_touch", "last_out", "last_give"}
    call = summed_up_in(direction="both", kind="call", personal=True, content_class=None)
    assert call == {"last_touch", "last_in", "last_out", "last_two_way", "last_personal"}
    absence = summed_up_in(direction="in", kind="auto-reply", personal=False, content_class=None)
    assert absence == {"last_touch", "last_in"}
    reply = summed_up_in(direction="in", kind="reply", personal=True, content_class=None)
    assert {"last_two_way", "last_reply"} < reply
