"""What templates can call: filters, tests and functions. Nothing else is there.

Dates, numbers and money are written by Babel, in the language and region of the rendering under
way and, for instants, in the contact's time zone.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice
from typing import Any

from babel import Locale, dates, numbers
from jinja2 import filters as jinja_filters
from jinja2 import pass_environment
from jinja2 import tests as jinja_tests
from jinja2.runtime import Undefined
from markupsafe import Markup

from outreach.rendering.budget import MAX_LIST, MAX_TEXT, Refusal, current
from outreach.rendering.carried import carried
from outreach.rendering.sandbox import Missing, Sandbox

_STYLES = ("short", "medium", "long", "full")


def _moment(value: object, filter_: str) -> date | time:
    if isinstance(value, Undefined):
        str(value)  # raises, with the name
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise Refusal(f"{filter_} cannot read {value!r}", "write dates as 2026-12-31") from None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(current().zone)
    if isinstance(value, date | time):
        return value
    raise Refusal(f"{filter_} needs a date", "write it as 2026-12-31")


def _date(value: object, style: str = "long") -> str:
    moment = _moment(value, "date")
    if isinstance(moment, time):
        raise Refusal("date needs a date, and this is a time of day", "write | time")
    day = moment.date() if isinstance(moment, datetime) else moment
    return _written_date(day, _pattern(style), current().locale)


@lru_cache(maxsize=4096)  # few days and styles, for very many contacts
def _written_date(day: date, style: str, locale: Locale) -> str:
    return dates.format_date(day, style, locale=locale)


def _time(value: object, style: str = "short") -> str:
    moment = _moment(value, "time")
    if not isinstance(moment, time | datetime):
        raise Refusal("time needs a time of day, and this is a date", "write | date")
    moment = moment if isinstance(moment, time) else moment.timetz()
    return dates.format_time(moment, _pattern(style), tzinfo=None, locale=current().locale)


def _datetime(value: object, style: str = "long") -> str:
    moment = _moment(value, "datetime")
    if not isinstance(moment, datetime):
        raise Refusal("datetime needs date and time", "write | date or | time")
    zone = current().zone if moment.tzinfo else None
    return dates.format_datetime(
        moment.replace(tzinfo=None) if zone is None else moment,
        _pattern(style),
        tzinfo=zone,
        locale=current().locale,
    )


def _pattern(style: str) -> Any:  # noqa: ANN401 - Babel wants its own literals
    if style in _STYLES:
        return style
    if not isinstance(style, str) or len(style) > 60 or (style.isalpha() and style.islower()):
        raise Refusal(
            f"there is no style {style!r}", f"use {', '.join(_STYLES)} or a pattern as 'd MMMM y'"
        )
    return style


def _amount(value: object, filter_: str) -> Decimal:
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Refusal(f"{filter_} needs a number")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount.adjusted()) > 40:
        raise Refusal(f"{filter_} cannot write {str(value)[:40]!r}", "give it a plain number")
    return amount


class _Numerals(Locale):
    """A locale whose thousands stand apart by ``\u2019`` where Babel's data has ``'``.

    Babel takes two apostrophes in what it has written for quotation marks, and drops them: 2.19
    writes a million Swiss francs as 1000000. The typographic apostrophe is what is printed there.
    """

    @property
    def number_symbols(self) -> Any:  # noqa: ANN401 - Babel's own mapping of mappings
        return {
            system: {
                name: "\u2019" if sign == "'" else sign for name, sign in dict(symbols).items()
            }
            for system, symbols in super().number_symbols.items()
        }


@lru_cache(maxsize=256)
def _numerals(locale: Locale) -> Locale:
    if numbers.get_group_symbol(locale) != "'":
        return locale
    return _Numerals(
        locale.language, locale.territory, locale.script, locale.variant, locale.modifier
    )


def _number(value: object, digits: int | None = None) -> str:
    amount = _amount(value, "number")
    if digits is None:
        return numbers.format_decimal(amount, locale=_numerals(current().locale))
    _small(digits, 20, "digits")
    return _written(amount, current().locale.decimal_formats[None].pattern, digits)


def _percent(value: object, digits: int = 0) -> str:
    _small(digits, 20, "digits")
    amount = _amount(value, "percent")
    return _written(amount, current().locale.percent_formats[None].pattern, digits)


def _written(amount: Decimal, form: str, digits: int) -> str:
    """Return a number in a form of the locale's own, which knows its groups and its blanks."""
    pattern = numbers.parse_pattern(form)
    pattern.frac_prec = (digits, digits)
    return str(pattern.apply(amount, _numerals(current().locale)))


def _money(value: object, currency: str) -> str:
    amount = _amount(value, "money")
    if not isinstance(currency, str) or not numbers.is_currency(currency):
        raise Refusal(f"there is no currency {currency!r}", "write its three letters, as 'EUR'")
    return numbers.format_currency(amount, currency, locale=_numerals(current().locale))


def _small(value: object, limit: int, name: str) -> None:
    if not isinstance(value, int) or not 0 <= value <= limit:
        raise Refusal(f"{name} must be a number from 0 to {limit}")


@pass_environment
def _join(environment: Sandbox, value: Iterable[Any], between: str = "") -> str:
    parts: list[Any] = []
    size = 0
    for item in value:
        if parts and between:
            parts.append(between)
            size += len(between)
        if size > MAX_TEXT:
            raise Refusal(f"this would make a text of over {MAX_TEXT:,} characters")
        parts.append(item)
    return environment.concatenated(parts)


def _replace(value: str, old: str, new: str) -> str:
    if not isinstance(value, str) or not isinstance(old, str) or not isinstance(new, str):
        raise Refusal("replace works on texts")
    if len(value) + value.count(old) * len(new) > MAX_TEXT:
        raise Refusal(f"this would make a text of over {MAX_TEXT:,} characters")
    return value.replace(old, new)


def _list(value: Iterable[Any]) -> list[Any]:
    items = list(islice(value, MAX_LIST + 1))
    if len(items) > MAX_LIST:
        raise Refusal(f"this would make a list of over {MAX_LIST:,} items")
    return items


def _batch(value: Iterable[Any], size: int) -> list[list[Any]]:
    _small(size, MAX_LIST, "the size of a batch")
    return list(jinja_filters.do_batch(_list(value), size or 1))


def _round(value: float, digits: int = 0) -> float:
    _small(digits, 20, "digits")
    return round(value, digits)


def _sum(value: Iterable[Any], start: float = 0) -> Any:  # noqa: ANN401 - int, float or Decimal
    total: Any = start
    for item in value:
        if isinstance(item, Undefined):
            str(item)
        if not isinstance(item, int | float | Decimal):
            raise Refusal("sum adds numbers")
        total += item
    return total


def _truncate(value: str, length: int = 80, end: str = "…") -> str:
    """Shorten a text to `length` characters, at the end of a word."""
    text = str(value)
    _small(length, MAX_TEXT, "the length")
    if len(text) <= length:
        return value
    kept = text[: max(length - len(end), 0)]
    return (kept.rpartition(" ")[0] or kept).rstrip() + end


@pass_environment
def _string(environment: Sandbox, value: object) -> str:
    return environment.concatenated([value])


def _safe(value: object) -> Markup:
    if not isinstance(value, str):
        raise Refusal("safe takes a text")
    return value if isinstance(value, Markup) else Markup(carried(value))  # noqa: S704


def _is_none(value: object) -> bool:
    return value is None or isinstance(value, Missing)


# In the language's own order of words; the second where no first name is known.
_GREETINGS: Mapping[str, tuple[str, str]] = {
    "cs": ("Dobrý den, {}", "Dobrý den"),
    "da": ("Hej {}", "Hej"),
    "de": ("Hallo {}", "Guten Tag"),
    "el": ("Γεια σας {}", "Γεια σας"),
    "en": ("Hello {}", "Hello"),
    "es": ("Hola, {}", "Hola"),
    "fi": ("Hei {}", "Hei"),
    "fr": ("Bonjour {}", "Bonjour"),
    "he": ("שלום {}", "שלום"),
    "hu": ("Kedves {}", "Jó napot"),
    "it": ("Buongiorno {}", "Buongiorno"),
    "ja": ("{}さん、こんにちは", "こんにちは"),
    "ko": ("{}님, 안녕하세요", "안녕하세요"),
    "nb": ("Hei {}", "Hei"),
    "nl": ("Beste {}", "Goedendag"),
    "no": ("Hei {}", "Hei"),
    "pl": ("Dzień dobry, {}", "Dzień dobry"),
    "pt": ("Olá, {}", "Olá"),
    "ro": ("Bună ziua, {}", "Bună ziua"),
    "sv": ("Hej {}", "Hej"),
    "tr": ("Merhaba {}", "Merhaba"),
    "uk": ("Вітаю, {}", "Вітаю"),
    "zh": ("{}\uff0c您好", "您好"),
    "ar": ("مرحبًا {}", "مرحبًا"),
}


def greeting(name: str | None = None) -> str:
    """Return a greeting by first name, or one that needs none, in the rendering's language."""
    state = current()
    if name is not None and not isinstance(name, Undefined | str):
        raise Refusal("greeting takes a name")
    return greeting_in(state.locale.language, state.first_name if name is None else name)


def greeting_in(language: str, name: str | Undefined | None) -> str:
    """Return the greeting in a language, by `name` if there is one."""
    named, nameless = _GREETINGS.get(language, _GREETINGS["en"])
    # Not `format`: a name may hold braces.
    return named.replace("{}", name) if name else nameless  # type: ignore[arg-type]


def _urlencode(value: Any) -> str:  # noqa: ANN401 - any value of a template
    """Do what Jinja does; most codes are letters and digits, of which nothing is encoded."""
    if value.__class__ is str and value.isascii() and value.isalnum():
        return value
    return jinja_filters.do_urlencode(value)


_JINJA_TESTS: Mapping[str, Any] = jinja_tests.TESTS
FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "batch": _batch,
    "capitalize": jinja_filters.do_capitalize,
    "count": jinja_filters.FILTERS["length"],
    "d": jinja_filters.do_default,
    "date": _date,
    "datetime": _datetime,
    "default": jinja_filters.do_default,
    "dictsort": jinja_filters.do_dictsort,
    "first": jinja_filters.sync_do_first,
    "float": jinja_filters.do_float,
    "groupby": jinja_filters.sync_do_groupby,
    "int": jinja_filters.do_int,
    "join": _join,
    "last": jinja_filters.do_last,
    "length": jinja_filters.FILTERS["length"],
    "list": _list,
    "lower": jinja_filters.do_lower,
    "map": jinja_filters.sync_do_map,
    "max": jinja_filters.do_max,
    "min": jinja_filters.do_min,
    "money": _money,
    "number": _number,
    "percent": _percent,
    "reject": jinja_filters.sync_do_reject,
    "rejectattr": jinja_filters.sync_do_rejectattr,
    "replace": _replace,
    "reverse": jinja_filters.do_reverse,
    "round": _round,
    "safe": _safe,
    "select": jinja_filters.sync_do_select,
    "selectattr": jinja_filters.sync_do_selectattr,
    "sort": jinja_filters.do_sort,
    "string": _string,
    "sum": _sum,
    "time": _time,
    "title": jinja_filters.do_title,
    "trim": jinja_filters.do_trim,
    "truncate": _truncate,
    "unique": jinja_filters.do_unique,
    "upper": jinja_filters.do_upper,
    "urlencode": _urlencode,
    "wordcount": jinja_filters.do_wordcount,
}
_PLAIN_TESTS = (
    "boolean defined divisibleby even false integer float iterable mapping number odd sequence "
    "string true undefined"
)
TESTS: Mapping[str, Callable[..., Any]] = {
    **{name: test for name, test in _JINJA_TESTS.items() if name in _PLAIN_TESTS.split()},
    "none": _is_none,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"greeting": greeting}
