"""All paths of the API."""

from __future__ import annotations

from django.urls import path

from api import health, metrics
from api.hsds import taxonomies
from api.hsds import views as hsds
from api.pages import (
    alert_page,
    companion,
    correction_form,
    handout,
    handout_pdf,
    reading_form,
    security_txt,
    sent_alerts,
    transparency,
)
from api.sandbox import phones, start
from api.sandbox import views as sandbox
from api.v1 import (
    alert_documents,
    alerts,
    corrections,
    docs,
    figures,
    handouts,
    manifest,
    packs,
    problems,
    receipts,
    registrations,
    root,
    sent_counts,
    services,
    tips,
    topics,
)
from api.v1 import (
    help as help_resource,
)

urlpatterns = [
    path("", start.StartView.as_view(), name="start"),
    path("v1/", root.RootView.as_view(), name="root"),
    path("v1/manifest", manifest.ManifestView.as_view(), name="manifest"),
    path("v1/manifest/<str:country>", manifest.CountryManifestView.as_view(), name="country-manifest"),
    path("v1/manifest/<str:country>/<str:locale>", manifest.LocaleManifestView.as_view(), name="locale-manifest"),
    path(".well-known/jwks.json", manifest.KeysView.as_view(), name="jwks"),
    path(".well-known/security.txt", security_txt.SecurityTxtView.as_view(), name="security-txt"),
    path("v1/packs/<str:country>", packs.CountryPackView.as_view(), name="country-pack"),
    path("v1/packs/<str:country>/<str:locale>", packs.PackView.as_view(), name="pack"),
    path("v1/packs/<str:country>/<str:locale>/<str:digest>", packs.PackBytesView.as_view(), name="pack-bytes"),
    path("v1/tips", tips.TipsView.as_view(), name="tips"),
    path("v1/tips/<str:slug>", tips.TipView.as_view(), name="tip"),
    path("v1/services", services.ServicesView.as_view(), name="services"),
    path("v1/services/<str:service_id>", services.ServiceView.as_view(), name="service"),
    path("v1/facts", figures.FiguresView.as_view(), name="facts"),
    path("v1/handouts", handouts.HandoutsView.as_view(), name="handouts"),
    path("v1/help", help_resource.HelpView.as_view(), name="help"),
    path("v1/corrections", corrections.CorrectionsView.as_view(), name="corrections"),
    path("v1/alerts", alerts.AlertsView.as_view(), name="alerts"),
    path("v1/alerts.atom", alert_documents.AtomView.as_view(), name="alerts-atom"),
    path("v1/alerts/<str:alert_id>/cap", alert_documents.CapView.as_view(), name="alert-cap"),
    path("v1/alerts/<str:alert_id>", alerts.AlertView.as_view(), name="alert"),
    path("v1/receipts", receipts.ReceiptsView.as_view(), name="receipts"),
    path("v1/registrations", registrations.RegistrationsView.as_view(), name="registrations"),
    path("v1/registrations/<str:registration_id>", registrations.RegistrationView.as_view(), name="registration"),
    path("v1/topics", topics.TopicsView.as_view(), name="topics"),
    path("v1/sandbox/", sandbox.SandboxIndexView.as_view(), name="sandbox"),
    path("v1/sandbox/limited", sandbox.SandboxLimitedView.as_view(), name="sandbox-limited"),
    path("v1/sandbox/phones", phones.SandboxPhonesView.as_view(), name="sandbox-phones"),
    path("v1/sandbox/phones/<str:locale>/<str:alert_id>", phones.SandboxPhoneView.as_view(), name="sandbox-phone"),
    path("v1/sandbox/<str:name>", sandbox.SandboxStateView.as_view(), name="sandbox-state"),
    path("v1/problems/<str:code>", problems.ProblemView.as_view(), name="problem"),
    path("v1/schema", docs.SchemaView.as_view(), name="schema"),
    path("v1/docs", docs.DocsView.as_view(), name="docs"),
    path("hsds/", hsds.HsdsRootView.as_view(), name="hsds"),
    path("hsds/profile", hsds.HsdsProfileView.as_view(), name="hsds-profile"),
    path("hsds/services", hsds.HsdsServicesView.as_view(), name="hsds-services"),
    path("hsds/services/<str:service_id>", hsds.HsdsServiceView.as_view(), name="hsds-service"),
    path("hsds/taxonomies", taxonomies.HsdsTaxonomiesView.as_view(), name="hsds-taxonomies"),
    path("hsds/taxonomies/<str:taxonomy_id>", taxonomies.HsdsTaxonomyView.as_view(), name="hsds-taxonomy"),
    path("hsds/taxonomy_terms", taxonomies.HsdsTermsView.as_view(), name="hsds-terms"),
    path("hsds/taxonomy_terms/<str:term_id>", taxonomies.HsdsTermView.as_view(), name="hsds-term"),
    path("v1/transparency", sent_counts.SentCountsView.as_view(), name="sent-counts"),
    path("a/<str:alert_id>", alert_page.AlertPageView.as_view(), name="alert-page"),
    path("transparency", sent_alerts.SentAlertsView.as_view(), name="sent-alerts"),
    path("trust/<str:country>", transparency.TransparencyView.as_view(), name="transparency"),
    path("handout/<str:country>/<str:locale>/<str:slug>.pdf", handout_pdf.HandoutPdfView.as_view(), name="handout-pdf"),
    path("handout/<str:country>/<str:locale>/<str:slug>", handout.HandoutView.as_view(), name="handout"),
    path("companion/", companion.CompanionView.as_view(), name="companion"),
    path("companion/<path:name>", companion.CompanionFileView.as_view(), name="companion-file"),
    path("listed/<str:token>", correction_form.CorrectionFormView.as_view(), name="correction-form"),
    path("reading/<str:token>", reading_form.ReadingFormView.as_view(), name="reading-form"),
    path("healthz", health.LivenessView.as_view(), name="healthz"),
    path("readyz", health.ReadinessView.as_view(), name="readyz"),
    path("metrics", metrics.MetricsView.as_view(), name="metrics"),
]
