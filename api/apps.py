"""The api app: HTTP for the apps, without models of its own."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Serve what is published and take registrations."""

    name = "api"
    label = "api"
