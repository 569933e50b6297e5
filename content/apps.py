"""The content app: words, helplines and releases."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Edit, freeze, approve and deliver what readers read."""

    name = "content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
