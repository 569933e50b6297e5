"""Who works here: everybody may read it, and superusers give roles with Django's own forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone

from core import audit, roles
from core.console.pages import Page, page
from core.models import User

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    DjangosPersonAdmin = UserAdmin[User]
else:
    AnyAdmin = admin.ModelAdmin
    DjangosPersonAdmin = UserAdmin


@page("people/", "people", order=80)
class PeoplePage(Page):
    """The staff with their roles and languages."""

    template = "core/people.html"
    title = "People"
    menu = "People"

    def context(self) -> dict[str, Any]:
        people = User.objects.filter(is_staff=True).prefetch_related("groups").order_by("-is_active", "username")
        return {"people": people, "roles": {role: [name.split(".")[1] for name in given] for role, given in roles.ROLES.items()}}


class Closed(AnyAdmin):
    """Refuses everything to everybody; what a class opens, it says."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(DjangosPersonAdmin, Closed):
    """Superusers add people and give roles; a person who goes is made inactive, never deleted."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ("groups",)
    actions = None
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "locales")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _superuser(request)

    def save_related(self, request: HttpRequest, form: forms.BaseForm, formsets: Any, change: bool) -> None:
        """Save the roles too, and write down what the person may do from now on."""
        super().save_related(request, form, formsets, change)
        assert isinstance(request.user, User)
        person: User = form.instance  # type: ignore[attr-defined]
        audit.record(
            by=request.user,
            verb="change-staff" if change else "add-staff",
            row=person,
            at=timezone.now(),
            roles=sorted(group.name for group in person.groups.all()),
            superuser=person.is_superuser,
            active=person.is_active and person.is_staff,
        )


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(Closed):
    """The roles, for superusers to look at: what each may do is a table in the code, never edited here."""

    list_display = ("name",)
    actions = None
    fields = ("name", "permissions")

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _superuser(request)


def _superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
