"""Two doors: the console for staff, where there is a database, and everything else for the apps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    *([] if settings.EDITION_ORIGIN else [path("console/", admin.site.urls)]),
    path("", include("api.urls")),
]

handler400 = "api.errors.bad_request"
handler403 = "api.errors.permission_denied"
handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"
