"""Keys without Jinja: what a folded template does for a contact, written as one Python function.

Most templates print fields of a contact, filter them and branch on them, and do nothing else for
which Jinja would be needed. For those, `Straight` has a function written that reads the fields,
takes the branches and gives a *path* with the values that are printed: what `keys` puts into a key,
without names to resolve, generators to run and a sandbox to ask each time. Only what is known to be
harmless is written; anything else leaves the template to Jinja. So does whatever the function
raises, for that one contact.

A path stands for a key. `CompiledTemplate` learns from Jinja itself for which, and compares.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from babel import Locale

from outreach.domain.contact import Contact
from outreach.rendering.budget import Rendering, rendering
from outreach.rendering.keys import Keys
from outreach.rendering.straight_calls import HELPERS, HopelessError
from outreach.rendering.straight_writer import Source, Surroundings, Writer
from outreach.rendering.values import Value

Path = tuple[object, ...] | int
"""The branches taken, one bit each, and the values that belong to a key."""

_MOST_MOMENTS = 1024


class Straight:
    """The function for one template. Raises `UnfitError` where it cannot be written.

    `sources` are heads that differ, the body, the layout and the text, in the order they run in.
    """

    def __init__(self, sources: Sequence[Source], keys: Keys, around: Surroundings) -> None:
        writer = Writer(keys, around)
        for source in sources:
            writer.write(source)
        self.code = writer.code()
        scope: dict[str, Any] = {**HELPERS, **writer.names, "promised": around.promise}
        exec(compile(self.code, "<straight>", "exec"), scope)  # noqa: S102 - ours, word by word
        self._run, self._ambient = scope["run"], scope["ambient"]
        self._uses_now, self._has_state = writer.uses_now, writer.has_state
        self._moments: dict[object, tuple[object, ...]] = {}

    def __call__(
        self,
        contact: Contact,
        now: datetime,
        zone_of: Callable[[Contact], tzinfo],
        locale: Locale,
        languages: Mapping[str, object],
    ) -> tuple[Path, list[Value], str, str | None]:
        """Return the path, the values, the subject and the preheader.

        Raises `NotTameError`, or anything else, where Jinja has to be asked.
        """
        key = (contact.locale, contact.timezone, now) if self._uses_now else contact.locale
        ambient = self._moments.get(key)
        if ambient is None:
            ambient = self._at(key, now, zone_of(contact), locale, languages)
        if not self._has_state:
            return self._run(contact, ambient, locale.language)  # type: ignore[no-any-return]
        with rendering(Rendering(locale, zone_of(contact), contact.first_name)):
            return self._run(contact, ambient, locale.language)  # type: ignore[no-any-return]

    def _at(
        self,
        key: object,
        now: datetime,
        zone: tzinfo,
        locale: Locale,
        languages: Mapping[str, object],
    ) -> tuple[object, ...]:
        """Return what depends on the moment and the language alone, and keep it for others."""
        moment = now.astimezone(zone)
        with rendering(Rendering(locale, zone)):
            try:
                ambient = self._ambient({"now": moment, "today": moment.date(), **languages})
            except Exception as error:
                # It may well be that no contact gets there; Jinja will see.
                raise HopelessError(str(error)) from error
        if len(self._moments) >= _MOST_MOMENTS:
            self._moments.clear()
        self._moments[key] = ambient
        return ambient  # type: ignore[no-any-return]
