"""The console for staff, and everything else for the apps."""

from django.contrib import admin
from django.urls import include, path

from core.console import oidc

urlpatterns = [
    # The names are django-allauth's.
    path("console/oidc/<slug:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("console/oidc/<slug:provider_id>/callback/", oidc.callback, name="openid_connect_callback"),
    path("console/", admin.site.urls),
    path("", include("api.urls")),
]

handler400 = "api.http.errors.bad_request"
handler403 = "api.http.errors.permission_denied"
handler404 = "api.http.errors.not_found"
handler500 = "api.http.errors.server_error"
