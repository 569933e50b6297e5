"""The names of languages on every page of the console, and the languages that staff can be limited to."""

from __future__ import annotations

from content.linting.language_names import english_name
from content.models import Locale
from core.console.display import provides_language_names
from core.console.limits import provides_languages

provides_language_names(english_name)


@provides_languages
def languages() -> list[tuple[str, str]]:
    """Return the languages that texts are written in, with their names."""
    return list(Locale.objects.translated().order_by("name").values_list("code", "name"))
