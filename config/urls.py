"""Two doors: the console for staff, and everything else for the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("console/", admin.site.urls),
    path("", include("api.urls")),
]
