"""Translation files: texts to download for a translation agency, and translations to import, whose effect is shown first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from content.console.translation_status import differences
from content.console.unit_names import UnitNames
from content.exporting.text_batch import TextBatch, export_texts
from content.importing.translation_texts import FileOutcome, ImportEffect, import_texts, keep_import, kept_file, read_effect
from content.models import Locale, TextImport, Tip
from content.terms import SOURCE_LOCALE
from content.translation_files.file_text import FileRefused
from content.translation_files.formats import FORMATS, read_file
from core.console.pages import Link, Page, page
from core.errors import DomainError, Forbidden, Invalid, NotFound

#: Changed translations that the page of an import shows at a time.
_SHOWN = 50


class _FilePage(Page):
    """The base of pages about the files of one language."""

    menu = "Translations"
    menu_permissions = ("content.edit_words", "content.approve_words")
    permission_required = "content.edit_words"

    def load(self) -> None:
        locale = Locale.objects.translated().exclude(pk=SOURCE_LOCALE).filter(pk=self.kwargs["locale"]).first()
        if locale is None:
            raise NotFound("There is no such language to translate into.")
        self.locale = locale

    def breadcrumbs(self) -> Iterable[Link]:
        queue = reverse("admin:translation-queue", args=[self.locale.pk])
        return [Link("Translations", reverse("admin:translations")), Link(self.locale.name, queue)]


@page("text-files/<str:locale>/", "text-files")
class TextFilesPage(_FilePage):
    """The files of one language: download one, or choose one to import."""

    template_name = "content/text_files.html"
    actions = {"upload": ("content.edit_words",)}

    def heading(self) -> str:
        return f"Files of {self.locale.name} translations"

    def context(self) -> dict[str, Any]:
        tips = list(Tip.objects.current().order_by("order", "slug"))
        names = UnitNames(f"tip.{tip.slug}" for tip in tips)
        return {
            "locale": self.locale,
            "formats": FORMATS,
            "batches": TextBatch.choices,
            "tips": [(tip.slug, names.name(f"tip.{tip.slug}")) for tip in tips],
            "reads": self.user.reads(self.locale.pk),
            "waiting": TextImport.objects.of(self.user, self.locale.pk, at=self.at),
        }

    def action_upload(self, data: QueryDict) -> str | None:
        """Read the file, keep its texts until they are confirmed, and go on to what they would change."""
        upload = self.request.FILES.get("file")
        if not isinstance(upload, UploadedFile):
            raise Invalid("Choose a file of at most 16 MB.", code="file")
        file = read_file(upload.read())
        keep_import(file, name=upload.name or "", locale=self.locale.pk, by=self.user, at=self.at)
        return reverse("admin:text-import", args=[self.locale.pk])


@page("text-files/<str:locale>/download/", "text-file-download")
class TextFileDownload(_FilePage):
    """A file to download, as the query string says: `format`, `batch` and, for one tip, `tip`."""

    template_name = ""
    actions = {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self._file(request.GET)
        except DomainError as error:
            return self.render_error(error)

    def _file(self, wanted: QueryDict) -> HttpResponse:
        chosen = FORMATS.get(wanted.get("format", "xliff"))
        if chosen is None:
            raise Invalid(f"There is no such format. Choose one of: {', '.join(FORMATS)}.", code="format")
        batch, tip = wanted.get("batch", TextBatch.TO_DO), wanted.get("tip", "")
        file = export_texts(self.locale.pk, batch=batch, tip=tip, name_texts=lambda keys: UnitNames(keys).name)
        if not file.texts:
            raise NotFound(f"No text in {self.locale.name} is in this batch.")
        response = HttpResponse(chosen.write(file), content_type=chosen.media_type)
        name = f"fingerpost-{self.locale.pk}-{tip or batch}-{file.revision}{chosen.suffix}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        return response


@page("text-files/<str:locale>/import/", "text-import")
class TextImportPage(_FilePage):
    """What an import would change, text by text, and the button that carries it out."""

    template_name = "content/text_import.html"
    actions = {"import": ("content.edit_words",), "discard": ("content.edit_words",)}

    def heading(self) -> str:
        return f"Import {self.locale.name} translations"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link("Files", reverse("admin:text-files", args=[self.locale.pk]))]

    def context(self) -> dict[str, Any]:
        kept = TextImport.objects.of(self.user, self.locale.pk, at=self.at)
        effect = self._effect(kept)
        shown = self.paginate(effect.written if effect else [], _SHOWN)
        refused = effect.refused[:200] if effect else []
        names = UnitNames([*(text.key for text in shown), *(text.key for text in refused)])
        return {
            "locale": self.locale,
            "kept": kept,
            "effect": effect,
            "counts": {str(outcome): n for outcome, n in effect.counts.items()} if effect else {},
            "refused": [(text, names.name(text.key)) for text in refused],
            "part": shown,
            "changes": [(text, names.name(text.key), list(differences(text.old, text.new))) for text in shown],
        }

    def _effect(self, kept: TextImport | None) -> ImportEffect | None:
        if kept is None:
            return None
        try:
            return read_effect(kept_file(kept), locale=self.locale.pk, by=self.user)
        except (Forbidden, FileRefused):
            return None

    def action_import(self, data: QueryDict) -> str | None:
        kept = self._kept()
        effect = import_texts(kept_file(kept), locale=self.locale.pk, by=self.user, at=self.at, seen=data.get("seen", ""))
        kept.delete()
        n = len(effect.written)
        left = effect.counts[FileOutcome.REFUSED]
        self.success(
            f"Imported: {n} translation{'' if n == 1 else 's'}. Another person who reads {self.locale.name} must approve "
            f"{'it' if n == 1 else 'them'}.{f' {left} refused.' if left else ''}"
        )
        return f"{reverse('admin:translation-queue', args=[self.locale.pk])}?state=needs-review"

    def action_discard(self, data: QueryDict) -> str | None:
        self._kept().delete()
        self.success("Discarded. Nothing was imported.")
        return reverse("admin:text-files", args=[self.locale.pk])

    def _kept(self) -> TextImport:
        kept = TextImport.objects.of(self.user, self.locale.pk, at=self.at)
        if kept is None:
            raise Invalid("There is nothing to import any more. Choose the file again.", code="no-import")
        return kept
