"""The api app, which has no models."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """HTTP for the apps."""

    name = "api"
    label = "api"

    def ready(self) -> None:
        """Register the checks of the system."""
        from api import checks  # noqa: F401
