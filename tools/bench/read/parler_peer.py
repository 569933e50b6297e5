"""A list of 20 tips as most teams would serve it, for comparison: DRF and django-parler on PostgreSQL.

`python -m tools.bench.read.parler_peer` creates its tables and rows. `application` serves /plain, and /cached (Django's
`cache_page` in the process, with ConditionalGetMiddleware). Needs DATABASE_URL, and django-parler on the path.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings

LOCALES, TIPS = ("en", "hi"), 20
_url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LANGUAGE_CODE="en",
    LANGUAGES=[(tag, tag) for tag in LOCALES],
    PARLER_LANGUAGES={None: [{"code": tag} for tag in LOCALES], "default": {"fallbacks": ["en"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "parler"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path.strip("/"),
            "USER": _url.username,
            "PASSWORD": _url.password,
            "HOST": _url.hostname,
            "PORT": _url.port,
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-c search_path=peer"},
        }
    },
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None, "DEFAULT_PERMISSION_CLASSES": []},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.cache import cache_page  # noqa: E402
from parler.models import TranslatableModel, TranslatedFields  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class ParlerTip(TranslatableModel):  # type: ignore[misc]  # it publishes no types
    slug = models.SlugField(unique=True)
    audience = models.CharField(max_length=20)
    translations = TranslatedFields(title=models.CharField(max_length=200), summary=models.TextField(), body=models.TextField())

    class Meta:
        app_label = "peer"


class ParlerLink(models.Model):
    tip = models.ForeignKey(ParlerTip, related_name="links", on_delete=models.CASCADE)
    label = models.CharField(max_length=80)
    address = models.URLField()

    class Meta:
        app_label = "peer"


class ParlerLinkSerializer(serializers.ModelSerializer[ParlerLink]):
    class Meta:
        model = ParlerLink
        fields = ("label", "address")


class ParlerTipSerializer(serializers.ModelSerializer[ParlerTip]):
    links = ParlerLinkSerializer(many=True)

    class Meta:
        model = ParlerTip
        fields = ("slug", "audience", "title", "summary", "body", "links")


class ParlerTipList(generics.ListAPIView[ParlerTip]):
    serializer_class = ParlerTipSerializer
    queryset = ParlerTip.objects.prefetch_related("translations", "links").order_by("pk")
    pagination_class = None


urlpatterns = [path("plain", ParlerTipList.as_view()), path("cached", cache_page(3600)(ParlerTipList.as_view()))]
application = get_wsgi_application()


def fill() -> None:
    """Create tables and rows: per tip a title of 60, a summary of 160 and a body of 600 characters, and three links."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS peer CASCADE")
        cursor.execute("CREATE SCHEMA peer")
    translation = ParlerTip._parler_meta.root_model
    with connection.schema_editor() as editor:
        for model in (ParlerTip, translation, ParlerLink):
            editor.create_model(model)
    words = {"en": "advice that helps now ", "hi": "अभी मदद करने वाली सलाह "}
    for number in range(TIPS):
        tip = ParlerTip(slug=f"tip-{number}", audience="teen")
        tip.save()
        for tag in LOCALES:
            text = f"{number} {words[tag] * 60}"
            translation.objects.create(master=tip, language_code=tag, title=text[:60], summary=text[:160], body=text[:600])
        for link in range(3):
            ParlerLink._default_manager.create(tip=tip, label=f"Link {link}", address=f"https://example.org/{number}/{link}")


if __name__ == "__main__":
    fill()
    sys.stdout.write(f"{ParlerTip.objects.count()} tips\n")
