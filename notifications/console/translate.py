"""The screen on which an editor translates a campaign: its texts, the deadline and who requested them, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse

from content.linting.style_notes import style_notes
from core.console.display import language_text, sentence_case, time_text
from core.console.pages import Link, Page, page
from core.errors import ChangedMeanwhile, DomainError, Forbidden, Invalid, NotFound
from notifications.campaigns import draft_entries, draft_tasks, texts, translation_requests, translation_texts
from notifications.campaigns.messages import MAX_INNER
from notifications.campaigns.translation_requests import TextsRefused
from notifications.campaigns.translators import TRANSLATOR
from notifications.console.campaign_display import use_clock_of
from notifications.console.rights import APPROVER
from notifications.console.tasks.task_page import typed_fields
from notifications.console.tasks.translation_display import differences_by_place, due_text
from notifications.console.translation_rows import TranslationForm, changed_texts, facts_of, field_name, text_groups
from notifications.models import CampaignState, TranslationRequest
from notifications.models.draft_task import DraftTask, TaskEntry

_WRITES = (TRANSLATOR,)


@page("campaigns/<int:id>/translate/<str:locale>/", "campaign-translate")
class TranslatePage(Page):
    """One language of one campaign, for its editors."""

    template_name = "notifications/translate.html"
    menu = "My work"
    permission_required = TRANSLATOR
    actions = {"save": _WRITES, "hand-in": _WRITES, "keep": _WRITES, "discard": _WRITES}
    #: What the user typed earlier and did not save.
    entry: TaskEntry | None = None

    def load(self) -> None:
        self.locale = self.kwargs["locale"]
        if not self.user.reads(self.locale):
            raise Forbidden("Only editors whose account lists this language can open its texts.", code="language")
        people = ("campaign", "requested_by", "translated_by", "handed_in_by")
        requests = TranslationRequest.objects.filter(campaign=self.kwargs["id"], locale=self.locale)
        # The current request, or else the one that was withdrawn last.
        found = requests.select_related(*people).order_by("-id").first()
        if found is None:
            raise NotFound("Nobody has requested these texts.")
        self.translation, self.campaign = found, found.campaign
        use_clock_of(self.campaign)
        self.__dict__.pop("source", None)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, with what the user typed earlier and did not save."""
        self.entry = draft_entries.opened(self.campaign, self.place, by=self.user, at=self.at)
        return self.render()

    def heading(self) -> str:
        return f"Texts in {language_text(self.locale)}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("My work", reverse("admin:my-work"))]

    @property
    def place(self) -> str:
        """Return the name under which typed values of this page are kept."""
        return f"translation.{self.locale}"

    @cached_property
    def source(self) -> translation_texts.SourceTexts:
        """Return the source texts that the campaign has now."""
        return translation_texts.source_of(self.campaign)

    @property
    def in_campaign(self) -> Mapping[str, str]:
        """Return the texts that the campaign has in this language."""
        return translation_texts.flat(self.campaign.words.get(self.locale, {}))

    def form(self) -> TranslationForm:
        """Return the form with what was sent just now, else with what was typed earlier, else with what is saved."""
        shown = self.translation.texts
        data: Any = None
        if self.submitted is not None:
            data = self.submitted
        elif self.entry is not None:
            data = {name: values[0] if values else "" for name, values in self.entry.fields.items()}
        return TranslationForm(data, places=self.source.texts, locale=self.locale, shown=shown)

    def context(self) -> dict[str, Any]:
        form = self.form()
        request, source = self.translation, self.source
        typed = form.texts(source.texts)
        changed = differences_by_place(translation_texts.source_in(request).texts, source.texts)
        theirs = request.texts if self._is_stale() else None
        others = [e for e in draft_entries.others_at(self.campaign, by=self.user, at=self.at) if e.place == self.place]
        has_begun = bool(any(typed.values()))
        groups = text_groups(self.campaign, self.locale, form, changed=changed, theirs=theirs, checked=has_begun)
        beside = self.in_campaign
        return {
            "translation": request,
            "campaign": self.campaign,
            "language": language_text(self.locale),
            "locale": self.locale,
            "dir": texts.direction(self.locale),
            "source": source,
            "source_language": language_text(source.locale),
            "source_dir": texts.direction(source.locale),
            "due": sentence_case(due_text(request.deadline, self.campaign.home_zone, at=self.at)),
            "overdue": request.deadline <= self.at,
            "is_writable": request.is_open and self.campaign.state == CampaignState.DRAFT,
            "is_withdrawn": request.state == "withdrawn",
            "groups": groups,
            "problems": [problem for group in groups for row in group.rows for problem in row.problems],
            "changed": changed_texts(changed),
            # The campaign's own text, where somebody has written one beside the request.
            "beside": changed_texts(differences_by_place(beside, typed)) if beside and beside != request.texts else [],
            "revision": request.revision,
            "campaign_version": draft_tasks.version(self.campaign, DraftTask.WORDS, locale=self.locale),
            "is_stale": theirs is not None,
            "entry": self.entry,
            "place": self.place,
            "others": others,
            "notes": style_notes(self.locale),
            "facts": json.dumps(facts_of(self.campaign, self.locale, source.texts.values()), ensure_ascii=False),
            "max_bytes": MAX_INNER,
            "app_title": "Fingerpost",
            "is_approver": self.has_any_perm(APPROVER),
            "has_edited": self.user.pk in self.campaign.touched_by,
        }

    def _is_stale(self) -> bool:
        """Return whether somebody has saved the translation since the text in the boxes was begun."""
        if isinstance(self.error, ChangedMeanwhile) and self.submitted is not None:
            return self.submitted.get("version", "") != str(self.translation.revision)
        return self.entry is not None and self.entry.version != str(self.translation.revision)

    def action_keep(self, data: QueryDict) -> HttpResponse:
        """Keep what is typed; the script of the page asks for it every few seconds."""
        if "version" not in data:
            raise Invalid("The form is incomplete. Reload the page and try again.", code="version")
        kept = self._keep(data)
        return JsonResponse({"kept": time_text(self.at) if kept else None})

    def action_save(self, data: QueryDict) -> str | None:
        revision, texts_typed = self._typed(data)
        with self._kept(data):
            translation_requests.save(self.translation, texts_typed, from_revision=revision, by=self.user, at=self.at)
        draft_entries.discard(self.campaign, self.place, by=self.user)
        self.success("Saved. The campaign does not have the texts until you hand them in.")
        return None

    def action_hand_in(self, data: QueryDict) -> str | None:
        revision, texts_typed = self._typed(data)
        with self._kept(data):
            if translation_texts.has_changed(self.translation, self.campaign) and not data.get("read_changes"):
                raise Invalid(
                    "The source has changed since it was translated. Read what changed, and tick that you have.",
                    code="changes",
                    field="read_changes",
                )
            translation_requests.hand_in(
                self.translation,
                texts_typed,
                from_revision=revision,
                source=data.get("source", ""),
                campaign_version=data.get("campaign_version", ""),
                by=self.user,
                at=self.at,
            )
        draft_entries.discard(self.campaign, self.place, by=self.user)
        self.success(f"Handed in: the texts in {language_text(self.locale)}. A second reader has to confirm them.")
        return reverse("admin:my-work")

    def action_discard(self, data: QueryDict) -> str | None:
        draft_entries.discard(self.campaign, self.place, by=self.user)
        self.success("What you had typed is removed. The page shows what is saved.")
        return None

    def _typed(self, data: QueryDict) -> tuple[int, dict[str, str]]:
        """Return the revision that the form began from, and its texts; raise Invalid for a form without one."""
        revision = data.get("version", "")
        if not revision.isdecimal() or len(revision) > 9:
            raise Invalid("The form is incomplete. Reload the page and try again.", code="version")
        form = TranslationForm(data, places=self.source.texts, locale=self.locale, shown={})
        if not form.is_valid():
            self._keep(data)
            raise Invalid("Nothing is saved yet: a text is far too long. What you typed is kept.", code="form")
        return int(revision), form.texts(self.source.texts)

    @contextmanager
    def _kept(self, data: QueryDict) -> Iterator[None]:
        """Keep what the user typed where the act inside is refused, unless it saved the texts all the same."""
        try:
            yield
        except TextsRefused:
            draft_entries.discard(self.campaign, self.place, by=self.user)
            raise
        except DomainError:
            self._keep(data)
            raise

    def _keep(self, data: QueryDict) -> bool:
        names = {field_name(place) for place in self.source.texts}
        fields = {name: values for name, values in typed_fields(data).items() if name in names}
        return draft_entries.keep(
            self.campaign, self.place, fields, from_version=data.get("version", "")[:64], by=self.user, at=self.at
        )
