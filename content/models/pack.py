"""Packs: the bytes that readers get."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from content.models.country import Country
from content.models.locale import Locale
from content.models.release import Release


class Pack(models.Model):
    """All that one country and locale needs offline; stored once for each digest and never changed."""

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.TextField()
    size = models.PositiveIntegerField(help_text="Bytes of the body as UTF-8.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="pack_digest"),)
        triggers = (
            pgtrigger.Trigger(
                name="digest_is_of_body",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.digest <> encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex')
                        OR NEW.size <> octet_length(NEW.body) THEN
                        RAISE EXCEPTION 'the digest of a pack is that of its bytes' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),
        )

    def __str__(self) -> str:
        return self.digest[:12]


class ReleasePack(models.Model):
    """The pack that a release holds for a country and locale."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="release_packs")
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="release_packs")

    class Meta:
        ordering = ("release", "country", "locale")
        constraints = (
            models.UniqueConstraint(fields=("release", "country", "locale"), name="releasepack_one_for_country_and_locale"),
        )
        triggers = (
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="only_candidates",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func="""
                    PERFORM 1 FROM content_release r
                        WHERE r.number = COALESCE(NEW.release_id, OLD.release_id) AND r.state = 'candidate' FOR SHARE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'the packs of a published release do not change' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.release_id} {self.country_id}/{self.locale_id}"
