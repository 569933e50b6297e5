"""Staff: everybody can see who has which role; superusers manage accounts with Django's own forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core import audit, credentials, roles
from core.audit_verbs import Verb
from core.console.display import MODEL_NAMES
from core.console.pages import Page, page
from core.credentials import Credential
from core.models import User

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    DjangoUserAdmin = UserAdmin[User]
else:
    AnyModelAdmin = admin.ModelAdmin
    DjangoUserAdmin = UserAdmin


@page("people/", "people", order=80)
class PeoplePage(Page):
    """The staff with their roles and languages, and what each role can do."""

    template_name = "core/people.html"
    title = "People"
    menu = "People"
    menu_permissions = ("core.change_user",)

    def context(self) -> dict[str, Any]:
        people = User.objects.filter(is_staff=True).prefetch_related("groups").order_by("-is_active", "username")
        names = {
            f"{permission.content_type.app_label}.{permission.codename}": permission.name
            for permission in Permission.objects.select_related("content_type")
        }
        given = {role: [names[permission] for permission in permissions] for role, permissions in roles.ROLES.items()}
        return {"people": people, "roles": given}


class DenyAllAdmin(AnyModelAdmin):
    """An admin that refuses every request; subclasses allow single views."""

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
class AccountAdmin(DjangoUserAdmin, DenyAllAdmin):
    """Staff accounts, for superusers. An account is made inactive, never deleted, so that the audit log keeps its names."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ("groups",)
    actions = None
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "locales")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_superuser(request)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Reset a password; the account cannot approve anything for a day, and its owner is told."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
                assert isinstance(request.user, User)
                account = User.objects.get(pk=id)
                credentials.record_change(account, Credential.RESET, by=request.user, at=timezone.now())
        return response

    def save_related(self, request: HttpRequest, form: forms.BaseForm, formsets: Any, change: bool) -> None:
        """Save the roles, then record in the audit log what the person may do from now on."""
        super().save_related(request, form, formsets, change)
        assert isinstance(request.user, User)
        account: User = form.instance  # type: ignore[attr-defined]
        audit.record(
            by=request.user,
            verb=Verb.STAFF_CHANGED if change else Verb.STAFF_ADDED,
            row=account,
            at=timezone.now(),
            roles=sorted(group.name for group in account.groups.all()),
            superuser=account.is_superuser,
            active=account.is_active and account.is_staff,
        )


MODEL_NAMES["core.User"] = "Account"
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(DenyAllAdmin):
    """The roles, for superusers to read; `core.roles.ROLES` decides what each may do."""

    list_display = ("name",)
    actions = None
    fields = ("name", "permissions")

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
