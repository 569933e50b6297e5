"""Two doors: the console for staff, where there is a database, and everything else for the apps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    *([] if settings.EDITION_ORIGIN else [path("console/", admin.site.urls)]),
    path("", include("api.urls")),
]

handler400 = "api.http.errors.bad_request"
handler403 = "api.http.errors.permission_denied"
handler404 = "api.http.errors.not_found"
handler500 = "api.http.errors.server_error"
