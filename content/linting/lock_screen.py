"""What a lock screen must not show: words from which somebody beside the phone learns what an alert is about."""

from __future__ import annotations

from content.linting.fault import Fault
from content.linting.folding import FoldedText
from content.linting.term_list import term_list


def lock_screen_faults(text: str, locale: str) -> list[Fault]:
    """Return a fault for the first telling phrase of the locale's term list; none where there is no list."""
    terms = term_list(locale)
    if terms is None:
        return []
    folded = FoldedText(text)
    for span in terms.lock_screen.find(folded.text):
        start, end = folded.place(*span)
        detail = f"{text[start:end]!r} tells somebody beside the phone what the alert is about. Say it inside the app."
        return [Fault("lock-screen", detail, start=start, end=end)]
    return []
