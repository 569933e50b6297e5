"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Edit, freeze, approve and deliver what the apps are told."""

    name = "notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
