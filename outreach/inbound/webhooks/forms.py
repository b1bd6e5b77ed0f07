"""Forms as they are posted, with the bytes of each field left as they are.

A mail stands in a field of its own, in whatever charset, so no field is decoded before it is known
to be text. Standards: RFC 7578 (multipart/form-data), URL Standard 5 (urlencoded).
"""

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from outreach.inbound.webhooks import Request, Unusable

_MOST_FIELDS = 1000


def read_form(request: Request) -> Mapping[str, bytes]:
    """Return the fields of a form; of several with one name the last.

    Mailgun puts variables that a sender chose before its own fields, so the last is its own. Raises
    `Unusable` where there is no form.
    """
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("application/x-www-form-urlencoded"):
        return _urlencoded(request.body)
    if kind.lower().startswith("multipart/form-data"):
        return _multipart(kind, request.body)
    raise Unusable("it is no form")


def _urlencoded(body: bytes) -> dict[str, bytes]:
    pairs = body.split(b"&", _MOST_FIELDS)
    if len(pairs) > _MOST_FIELDS:
        raise Unusable("it has too many fields")
    fields = {}
    for pair in pairs:
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        fields[unquote_to_bytes(name).decode("utf-8", "replace")] = unquote_to_bytes(value)
    return fields


def _multipart(kind: str, body: bytes) -> dict[str, bytes]:
    from python_multipart.exceptions import MultipartParseError  # noqa: PLC0415 - optional
    from python_multipart.multipart import (  # noqa: PLC0415
        MultipartParser,
        parse_options_header,
    )

    boundary = parse_options_header(kind)[1].get(b"boundary")
    if not boundary:
        raise Unusable("it has no boundary")
    fields: dict[str, bytes] = {}
    field, value, disposition = bytearray(), bytearray(), bytearray()
    pieces: list[bytes] = []
    count = 0

    def on_part_begin() -> None:
        nonlocal count
        count += 1
        if count > _MOST_FIELDS:
            raise Unusable("it has too many fields")
        pieces.clear()
        disposition.clear()

    def on_header_end() -> None:
        if bytes(field).lower() == b"content-disposition":
            disposition[:] = value
        field.clear()
        value.clear()

    def on_part_end() -> None:
        name = parse_options_header(bytes(disposition))[1].get(b"name", b"")
        fields[name.decode("utf-8", "replace")] = b"".join(pieces)

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": on_part_begin,
            "on_part_data": lambda data, start, end: pieces.append(data[start:end]),
            "on_part_end": on_part_end,
            "on_header_field": lambda data, start, end: field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": on_header_end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise Unusable("it is no form that can be read") from error
    return fields
