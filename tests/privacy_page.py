"""What docs/privacy.md says, part by part, and the tests that hold it; or why it is for the operator to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PrivacyStatement:
    """A row, an item or a paragraph of the page, by its first words. `tests` are pytest ids without parameters."""

    begins: str
    tests: tuple[str, ...] = ()
    operators: str = ""


_CORRECTIONS = "tests/api/v1/test_corrections.py::"
_PROMISES = "tests/guards/test_privacy_promises.py::"
_API_PROMISES = "tests/guards/test_api_promises.py::"
_REGISTRATIONS = "tests/notifications/registrations/test_registrations.py::"
_REVIEW = "tests/content/console/test_tip_review.py::"
_RETENTION = "tests/notifications/delivery/test_retention.py::"
_TASKS = "tests/notifications/console/tasks/test_task_pages.py::"
_KEPT = "tests/notifications/console/tasks/test_kept_forms.py::"
_TEXTS = "tests/content/models/test_retention.py::"
_UNREGISTERED = "tests/notifications/registrations/test_unregistered.py::"
_TEST_PHONES = "tests/notifications/test_test_phones.py::"

STATEMENTS: Final = (
    PrivacyStatement(
        "Fingerpost is designed so that",
        (
            _API_PROMISES + "test_promise_1_an_image_is_refused_and_leaves_nothing_behind",
            "tests/api/test_routes.py::test_no_response_sets_a_cookie_or_depends_on_one",
        ),
    ),
    PrivacyStatement(
        "push address (Firebase",
        (
            "tests/notifications/registrations/test_sealed.py::test_a_sealed_address_can_be_opened_and_reveals_nothing",
            "tests/api/v1/test_registrations.py::test_a_deleted_registration_is_gone",
            _REGISTRATIONS + "test_a_gone_registration_is_erased_after_30_days_and_not_before",
            _REGISTRATIONS + "test_registrations_that_were_not_refreshed_are_purged",
        ),
    ),
    PrivacyStatement(
        "keyed digest of that address",
        ("tests/notifications/registrations/test_sealed.py::test_the_digest_depends_on_project_and_key",),
    ),
    PrivacyStatement(
        "that an installation has unregistered",
        (
            _UNREGISTERED + "test_a_digest_of_the_id_is_kept_and_nothing_else",
            _UNREGISTERED + "test_what_is_older_than_35_days_is_forgotten_in_both_places",
        ),
    ),
    PrivacyStatement(
        "app, country, region, locale, audience, time zone, platform",
        ("tests/notifications/delivery/test_empty_segments.py::test_an_empty_segment_is_deleted_and_made_again_when_needed",),
    ),
    PrivacyStatement(
        "app, country, region, locale, audience, time zone of a topic",
        (
            "tests/notifications/delivery/test_topics.py::test_topics_not_listed_for_270_days_are_purged_once_a_day",
            _PROMISES + "test_promise_4_requests_for_topics_store_nothing",
        ),
    ),
    PrivacyStatement(
        "the instant of registering",
        ("tests/notifications/registrations/test_proof.py::test_a_registration_counts_from_a_day_on",),
    ),
    PrivacyStatement(
        "of a phone with a test app",
        (
            _TEST_PHONES + "test_after_24_hours_the_phone_is_forgotten",
            _TEST_PHONES + "test_a_code_works_once_and_for_ten_minutes",
        ),
    ),
    PrivacyStatement("app version, day last seen", (_PROMISES + "test_promise_1_a_registration_has_the_named_columns_alone",)),
    PrivacyStatement(
        "the legal basis on which",
        ("tests/notifications/test_apps.py::test_a_legal_basis_that_two_record_lets_teenagers_register_there",),
    ),
    PrivacyStatement(
        "counts of a campaign's outcomes", (_PROMISES + "test_promise_4_after_a_campaign_nothing_says_who_was_in_its_audience",)
    ),
    PrivacyStatement(
        "anonymous, sampled counters",
        (
            "tests/notifications/test_feed.py::test_receipts_are_counted_anonymously",
            "tests/api/v1/test_alerts.py::test_an_app_that_stores_no_addresses_sends_no_receipts",
            _RETENTION + "test_receipts_are_kept_for_two_years_after_the_alert_has_finished",
        ),
    ),
    PrivacyStatement(
        "how often apps reported",
        (
            _CORRECTIONS + "test_a_report_is_counted_by_day_and_nothing_else_is_kept",
            "tests/content/console/test_assurance_queue.py::test_reports_end_with_a_check_or_with_their_age",
        ),
    ),
    PrivacyStatement(
        "the mailbox of a listed organization",
        ("tests/api/pages/test_correction_links.py::test_a_contact_is_in_no_pack",),
    ),
    PrivacyStatement("what a listed organization said", (_TEXTS + "test_a_reply_is_kept_for_two_years_after_it_was_dealt_with",)),
    PrivacyStatement(
        "staff names and their actions", ("tests/core/test_audit_chain.py::test_update_delete_and_truncate_are_refused",)
    ),
    PrivacyStatement("which member of staff was told", (_RETENTION + "test_messages_to_staff_are_kept_for_ninety_days",)),
    PrivacyStatement(
        "what a member of staff typed at a task",
        (
            _KEPT + "test_what_is_typed_is_kept_and_shown_again",
            _KEPT + "test_a_colleague_at_the_same_task_is_named",
            _TASKS + "test_a_draft_is_deleted_after_a_confirmation",
        ),
    ),
    PrivacyStatement(
        "which texts of a campaign were requested",
        ("tests/notifications/campaigns/test_translation_requests.py::test_what_an_editor_hands_in_becomes_a_text_of_the_draft",),
    ),
    PrivacyStatement(
        "what a member of staff typed in a text",
        (
            "tests/content/console/test_typed_texts.py::test_nobody_sees_what_another_person_has_typed",
            "tests/content/console/test_typed_texts.py::test_a_text_that_was_set_aside_is_its_authors_alone",
            _TEXTS + "test_what_was_typed_is_kept_for_a_year_after_its_last_change",
        ),
    ),
    PrivacyStatement(
        "who has the texts of a tip open",
        ("tests/content/console/test_tip_translation.py::test_colleagues_with_the_page_open_are_named_for_a_minute",),
    ),
    PrivacyStatement(
        "who cannot judge a text",
        (
            _REVIEW + "test_a_reader_who_cannot_judge_a_text_is_not_asked_again",
            _REVIEW + "test_an_accepted_suggestion_is_a_draft_of_its_author",
        ),
    ),
    PrivacyStatement(
        "what an outside reader said",
        (
            _TEXTS + "test_a_judgement_is_kept_for_a_year_after_it_was_dealt_with",
            "tests/api/pages/test_reading_form.py::test_an_answer_is_stored_shown_and_replaced",
        ),
    ),
    PrivacyStatement(
        "by which words staff know an outside reader",
        (_TEXTS + "test_who_a_link_was_for_is_erased_30_days_after_it_ended",),
    ),
    PrivacyStatement(
        "which texts a link for an outside reader opens",
        ("tests/api/pages/test_reading_form.py::test_a_reading_counts_only_where_a_lead_said_so",),
    ),
    PrivacyStatement(
        "the texts of a translation file",
        ("tests/content/console/test_text_files.py::test_an_import_is_the_persons_own_and_waits_for_a_day",),
    ),
    PrivacyStatement(
        "**Not stored and not logged**",
        (
            "tests/test_journey.py::test_no_log_of_any_process_holds_what_clients_sent",
            _API_PROMISES + "test_promise_4_no_log_contains_an_address_situation_or_age",
            _PROMISES + "test_promise_4_no_table_joins_an_installation_to_a_campaign",
        ),
    ),
    PrivacyStatement(
        "The packaged teen app leaves no address",
        (
            _PROMISES + "test_promise_4_the_packaged_teen_app_never_uses_registrations",
            _PROMISES + "test_promise_4_an_app_in_topics_mode_stores_no_address_or_secret",
        ),
    ),
    PrivacyStatement(
        "`/hsds/` has no filter",
        (
            "tests/api/hsds/test_hsds_requests.py::test_invalid_and_unknown_parameters_are_refused_by_name",
            "tests/api/pages/test_transparency.py::test_the_page_is_html_without_content_from_elsewhere",
        ),
    ),
    PrivacyStatement(
        "Sessions that have ended",
        ("tests/core/test_headers.py::test_ended_sessions_and_old_entries_of_the_admin_log_are_deleted",),
    ),
    PrivacyStatement(
        "The console sets three cookies",
        (
            "tests/core/test_sign_in.py::test_the_cookie_of_a_browser_does_not_name_the_person",
            "tests/core/test_sign_in.py::test_a_sign_in_is_recorded_and_leads_to_the_first_page",
        ),
    ),
    PrivacyStatement(
        "There is no access log",
        (
            _API_PROMISES + "test_promise_4_nothing_starts_a_server_with_an_access_log",
            "tests/api/http/test_throttles.py::test_a_shared_cache_holds_one_key_a_day_and_drops_it_afterwards",
            "tests/api/http/test_throttles.py::test_a_local_cache_is_used_with_a_random_key_of_the_process",
            "tests/api/http/test_throttles.py::test_the_cache_holds_no_address",
            "tests/api/reads/test_miss_budget.py::test_a_budget_forgets_every_network_with_its_window",
        ),
    ),
    PrivacyStatement("`POST /v1/help` carries", (_API_PROMISES + "test_promise_4_asking_for_help_leaves_no_row_and_no_cookie",)),
    PrivacyStatement(
        "[The companion](companion.md)", ("tests/browser/companion/test_first_visit.py::test_from_the_first_visit_to_the_plan",)
    ),
    PrivacyStatement(
        "Batches of a campaign hold", (_PROMISES + "test_promise_4_after_a_campaign_nothing_says_who_was_in_its_audience",)
    ),
    PrivacyStatement(
        "The shipped proxies log nothing",
        (
            "tests/faults/test_front.py::test_the_front_logs_nothing_of_clients",
            "tests/faults/test_front.py::test_a_proxy_with_exported_packs_logs_nothing_of_clients",
        ),
    ),
    PrivacyStatement("Another proxy or a CDN in front", operators="Its configuration is not part of the product."),
    PrivacyStatement(
        "A draft of the impact assessment", operators="The assessment, the legal basis and the texts are the operator's."
    ),
)
