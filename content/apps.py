"""The content app: words, helplines and releases."""

from django.apps import AppConfig

from content.linting.term_list import use_stored_lists


class ContentConfig(AppConfig):
    """Edit, freeze, approve and deliver what readers read."""

    name = "content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the checks of texts find the term lists of locales that were added in the console."""
        # The import registers the check of MACHINE_TRANSLATOR.
        from content.importing import machine_suggestions  # noqa: F401
        from content.models.stored_terms import stored_terms

        use_stored_lists(stored_terms)
