"""The console's pages about texts, services and releases."""

from content.console import (
    assurance_queue,
    contact_changes,
    expired_checks,
    figures,
    notices,
    organizations,
    releases,
    service_edit,
    services,
    source_texts,
    tip_changes,
    tips,
    todo_cards,
    translation_history,
    translations,
)

__all__ = [
    "assurance_queue",
    "contact_changes",
    "expired_checks",
    "figures",
    "notices",
    "organizations",
    "releases",
    "service_edit",
    "services",
    "source_texts",
    "tip_changes",
    "tips",
    "todo_cards",
    "translation_history",
    "translations",
]
