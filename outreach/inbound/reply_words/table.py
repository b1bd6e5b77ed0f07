"""What a language is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """One language's words.

    Of quotations: `wrote` are the verbs of "On … X wrote:"; `on` what such a line begins with, and
    `run_on` what it begins with, then in a capital, where it follows other words on their line;
    `quoting` stands before a name alone, as in "Quoting X:";
    `pronouns` say who wrote in "You wrote:", which introduces no mail. `sender`, `sent`, `to` and
    `subject` are the names of header lines; `original` stands between the rules of
    "-----Original Message-----"; `reply`, `above` and `line` make "Reply above this line", in this
    order.

    Of what programs add: `sent_from` is what a device adds below the text, and `devices` what
    such a line speaks of, beside names of products. `warnings` begin what mail servers put above
    mail from outside, and `outside` says there that it is. `mailing_list` tells that mail came
    through a list. `footers` begin what lists, providers and lawyers add below, each with four
    characters that stand for themselves; a lawyer's notice that begins otherwise is known by
    having one of `confidential` and one of `recipients`.

    Of signatures: `closings` begin the line above a name; `titles` and `particles` are what a name
    has besides words with capitals, and are written as in names. `contact` tells that what stands
    below a rule is a signature. `labels` are all that stands before a way to reach somebody on its
    line, `phone` begins the word before a telephone number, and `address` speaks of such ways: the
    lines below it were asked for, and are no signature. `registers` name where a firm is
    registered, in lower case.
    """

    wrote: tuple[str, ...]
    on: tuple[str, ...]
    sender: tuple[str, ...]
    sent: tuple[str, ...]
    to: tuple[str, ...]
    subject: tuple[str, ...]
    original: tuple[str, ...] = ()
    sent_from: tuple[str, ...] = ()
    run_on: tuple[str, ...] = ()
    quoting: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    mailing_list: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    particles: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
