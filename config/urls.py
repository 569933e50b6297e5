"""The console for staff, and everything else for the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("console/", admin.site.urls),
    path("", include("api.urls")),
]

handler400 = "api.http.errors.bad_request"
handler403 = "api.http.errors.permission_denied"
handler404 = "api.http.errors.not_found"
handler500 = "api.http.errors.server_error"
