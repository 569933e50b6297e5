"""Files of translations in the console: download, choose a file, read what it would change, then import or discard it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content import tasks
from content.models import Target, TextImport, Unit
from content.translation_files.formats import FORMATS
from core.server import FILES
from tests import make

pytestmark = pytest.mark.django_db
FILES_URL, IMPORT_URL = "/console/text-files/cy/", "/console/text-files/cy/import/"
TITLE = "tip.first-hour.title"


@pytest.fixture(autouse=True)
def words() -> None:
    make.world()
    make.tip()
    make.person("eva", "localisation-editor", locales=("cy",))
    make.person("rhys", "localisation-reviewer", locales=("cy",))


@pytest.fixture
def eva(client: Client) -> Client:
    client.force_login(make.User.objects.get(username="eva"))
    return client


def downloaded(client: Client, **query: str) -> str:
    response = client.get(f"{FILES_URL}download/", query)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def upload(client: Client, text: str, name: str = "cy.po", **more: Any) -> Any:
    return client.post(FILES_URL, {"action": "upload", "file": SimpleUploadedFile(name, text.encode()), **more}, follow=True)


def titled(text: str, title: str = "Arhoswch ac anadlwch") -> str:
    return text.replace('msgid "Stop and breathe"\nmsgstr ""', f'msgid "Stop and breathe"\nmsgstr "{title}"')


def test_the_pages_are_where_the_server_takes_large_bodies() -> None:
    assert reverse("admin:text-files", args=["cy"]).startswith(FILES)


def test_an_editor_imports_a_file_after_seeing_its_effect(eva: Client) -> None:
    text = titled(downloaded(eva, format="po"))

    shown = upload(eva, text.replace('msgid "Do not pay."\nmsgstr ""', 'msgid "Do not pay."\nmsgstr "Ffoniwch 0800 1111"'))
    page = shown.content.decode()
    stored = Target.objects.count()
    done = eva.post(IMPORT_URL, {"action": "import", "seen": shown.context["effect"].token}, follow=True)

    assert "Nothing is imported yet." in page
    assert "Arhoswch ac anadlwch" in page
    assert "Stop and breathe: do not, step 1" in page
    assert stored == 0
    assert "Imported: 1 translation. Another person who reads Welsh must approve it. 1 refused." in done.content.decode()
    assert Target.objects.get().state == "needs-review"
    assert not TextImport.objects.exists()


def test_the_import_of_what_has_changed_since_is_shown_again(eva: Client) -> None:
    shown = upload(eva, titled(downloaded(eva, format="po")))
    make.target(TITLE, "cy", "Stopiwch")

    again = eva.post(IMPORT_URL, {"action": "import", "seen": shown.context["effect"].token})

    assert again.status_code == 409
    assert "Texts have changed since the effect was shown." in again.content.decode()
    assert "The translation has changed since the file was exported." in again.content.decode()
    assert Target.objects.get().text == "Stopiwch"


def test_a_discarded_import_leaves_nothing(eva: Client) -> None:
    upload(eva, titled(downloaded(eva, format="po")))

    done = eva.post(IMPORT_URL, {"action": "discard"}, follow=True)

    assert "Discarded. Nothing was imported." in done.content.decode()
    assert not TextImport.objects.exists()
    assert "There is nothing to import." in eva.get(IMPORT_URL).content.decode()
    assert eva.post(IMPORT_URL, {"action": "import", "seen": ""}).status_code == 400


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!DOCTYPE x><xliff/>", "document type declaration"),
        ('msgid ""\nmsgstr "Language: ar\\n"\n\nmsgctxt "a"\nmsgid "b"\nmsgstr "c"\n', "in the language ar, not in cy"),
        ("nothing", "has no column Source"),
        ("", "empty"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(text: str, says: str, eva: Client) -> None:
    refused = upload(eva, text)

    assert (refused.status_code, says in refused.content.decode()) == (400, True)
    assert not TextImport.objects.exists()


def test_a_form_without_a_file_is_refused_in_a_sentence(eva: Client) -> None:
    refused = eva.post(FILES_URL, {"action": "upload"})

    assert "Choose a file of at most 16 MB." in refused.content.decode()


def test_a_file_of_more_than_a_form_may_have_is_taken_here_alone(eva: Client) -> None:
    text = titled(downloaded(eva, format="po")) + "#. note\n" * 100_000

    assert upload(eva, text).context["effect"].written
    elsewhere = eva.post(reverse("admin:my-work"), {"action": "upload", "file": SimpleUploadedFile("a", b"a" * 400_000)})
    assert not elsewhere.wsgi_request.FILES


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_downloaded_under_its_name(name: str, eva: Client) -> None:
    response = eva.get(f"{FILES_URL}download/", {"format": name, "batch": "missing", "tip": "first-hour"})

    assert response.headers["Content-Disposition"].startswith('attachment; filename="fingerpost-cy-first-hour-')
    assert response.headers["Content-Disposition"].endswith(f'{FORMATS[name].suffix}"')
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"] == FORMATS[name].media_type


@pytest.mark.parametrize(
    ("query", "status"),
    [({"format": "doc"}, 400), ({"batch": "x"}, 400), ({"tip": "none"}, 404), ({"batch": "outdated"}, 404)],
)
def test_a_download_that_cannot_be_is_explained(query: dict[str, str], status: int, eva: Client) -> None:
    assert eva.get(f"{FILES_URL}download/", query).status_code == status


def test_a_person_who_does_not_read_the_language_downloads_but_does_not_import(client: Client) -> None:
    client.force_login(make.person("ana", "localisation-editor", locales=("ar",)))
    text = titled(downloaded(client, format="po"))

    assert "is not one of your languages" in client.get(FILES_URL).content.decode()
    assert upload(client, text).status_code == 403
    assert client.get("/console/text-files/en/").status_code == 404


def test_an_import_is_the_persons_own_and_waits_for_a_day(eva: Client) -> None:
    upload(eva, titled(downloaded(eva, format="po"), "Un"))
    upload(eva, titled(downloaded(eva, format="po"), "Dau"))
    kept = TextImport.objects.get()
    other = make.person("other", "localisation-editor")
    tasks.forget_imports()

    assert "Dau" in eva.get(IMPORT_URL).content.decode()
    assert TextImport.objects.of(other, "cy", at=timezone.now()) is None
    TextImport.objects.filter(pk=kept.pk).update(at=timezone.now() - timedelta(hours=25))
    assert "There is nothing to import." in eva.get(IMPORT_URL).content.decode()
    tasks.forget_imports(added_by_a_newer_version=True)
    assert not TextImport.objects.exists()


def test_the_page_of_a_language_leads_to_its_files(eva: Client) -> None:
    assert FILES_URL in eva.get(reverse("admin:translation-queue", args=["cy"])).content.decode()
    assert Unit.objects.filter(owner="tip:first-hour").count() == 4
