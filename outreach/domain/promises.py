"""What a tier or a role promises, in sentences."""

from outreach.domain.tiers import AnswerWithin, AskRule, Asks, NewsletterRule, Role, Tier


def promises(standing: Tier | Role) -> list[str]:
    """Return what a tier or role promises as sentences, with the numbers from the file in them."""
    said = []
    if standing.answer_within:
        said.append(f"An answer within {standing.answer_within}.")
    if standing.ideal_every_days:
        said.append(
            f"We are in touch about every {standing.ideal_every_days} days, "
            f"and at the latest after {standing.at_most_every_days}."
        )
    return said + (_of_role(standing) if isinstance(standing, Role) else _of_tier(standing))


def _of_role(role: Role) -> list[str]:
    said = []
    if role.ledger_reviews_per_year:
        said.append(f"What each gave is looked at {_times(role.ledger_reviews_per_year)}.")
    if role.introductions:
        said.append("An introduction is made only after both were asked.")
    if role.asks:
        said.append(_ask_sentence(Asks(rule=role.asks)))
    return said


def _of_tier(tier: Tier) -> list[str]:
    items, thanks = tier.items_per_30_days, tier.thank_referral_within_working_days
    caps = tier.caps
    said = {
        "No check-ins.": not tier.checkins,
        "Every check-in is written by the person who looks after them.": tier.owner_written,
        f"At most {_count(tier.follow_ups, 'follow-up')} to a question, then it rests.": (
            tier.follow_ups
        ),
        f"At most {_count(items, 'article')} in 30 days, only on interests they told us of.": items,
        f"We review how we care for them {_times(tier.care_reviews_per_year)}.": (
            tier.care_reviews_per_year
        ),
        f"We meet or speak {_times(tier.meetings_per_year)}.": tier.meetings_per_year,
        f"Thanks for a referral within {AnswerWithin(thanks or 0, 'days')}.": thanks,
        "What we gain from a recommendation is said with it.": tier.disclosure,
        _NEWSLETTER_SENTENCES[tier.newsletter]: True,
        _ask_sentence(tier.asks): True,
        f"At most {_count(caps.per_calendar_day, 'mail')} a day, {caps.per_7_days} in 7 days "
        f"and {caps.per_30_days} in 30.": True,
    }
    return [sentence for sentence, promised in said.items() if promised]


_NEWSLETTER_SENTENCES = {
    NewsletterRule.NEVER: "No newsletter.",
    NewsletterRule.CONFIRMED: "The newsletter only if they confirmed it from their own mailbox.",
    NewsletterRule.OPTED_IN: "The newsletter if they asked for it.",
    NewsletterRule.UNLESS_OPTED_OUT: "The newsletter, until they say no.",
}


def _ask_sentence(asks: Asks) -> str:
    text = {
        AskRule.NEVER: "No offers and no requests",
        AskRule.ABOUT_THEIR_QUESTION: "Offers only about what they asked",
        AskRule.FREELY: "Offers",
        AskRule.WITH_REASON: "Offers only with a reason why they are in their interest",
        AskRule.IN_CONVERSATION: "Offers and requests in conversation only, never in a mailing",
        AskRule.IN_BALANCE: "Requests as long as both sides give",
    }[asks.rule]
    if asks.at_most:
        text += f", at most {asks.at_most}"
        text += f" in {asks.within.days} days" if asks.within else ""
    if asks.gives_per_ask:
        text += f", and {asks.gives_per_ask} gives for each ask"
    return text + "."


def _times(number: int | None) -> str:
    return {1: "once a year", 2: "twice a year"}.get(number or 0, f"{number} times a year")


def _count(number: int | None, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
