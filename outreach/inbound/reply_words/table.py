"""What a language is asked for."""

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
