"""What a language is asked for, and how words that stand apart are written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptOutWords:
    """One language's words.

    `requests` ask for no more mail whatever else is written; `words` do so where little else is,
    and may be about something else in a longer text. `alone` are all that somebody writes who
    wants out. `unsure` wants less mail or other mail, or wonders why it came: a person should look.
    `denied` takes back what its sentence asks for, or shows that it asks for something else; with
    `stays` somebody wants our mail after all, or asks on behalf of readers of their own. `later` in
    a request's sentence puts it off or makes it depend on something, so that a person should look.
    """

    requests: tuple[str, ...]
    words: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def near(*parts: str, gap: int = 40) -> str:
    """Return a pattern of `parts` in this order in a sentence, at most `gap` characters apart."""
    return rf"[^.!?\n。！？]{{0,{gap}}}?(?<![a-z])".join(f"(?:{part})" for part in parts)


def any_order(first: str, second: str, gap: int = 40) -> tuple[str, str]:
    """Return the patterns of two words near each other, whichever comes first."""
    return near(first, second, gap=gap), near(second, first, gap=gap)
