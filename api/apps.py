"""The api app, which has no models."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """HTTP for the apps."""

    name = "api"
    label = "api"
