"""Whether a text is written in the script of its locale: English pasted into the field for Arabic is not Arabic."""

from __future__ import annotations

from collections.abc import Iterator

from content.linting.fault import Fault
from content.linting.letters import script, scripts_of
from core.console.display import language_text

#: Share of the letters that must be of the locale's own script; names of apps and organizations are often in Latin.
_OWN_SHARE = 0.5
#: A text with fewer letters may be a name alone.
_ENOUGH = 20


def script_faults(text: str, locale: str) -> Iterator[Fault]:
    """Yield a fault where most letters of the text are of other scripts than the locale's."""
    letters = [name for character in text if (name := script(character)) is not None]
    own = scripts_of(locale)
    if len(letters) >= _ENOUGH and sum(name in own for name in letters) < _OWN_SHARE * len(letters):
        language = language_text(locale)
        yield Fault("other-script", f"The text is not written in the script of {language}.", start=0, end=len(text))
