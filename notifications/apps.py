"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Edit, freeze, approve and deliver alerts."""

    name = "notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
