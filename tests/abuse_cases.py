"""What people may try against the product, what it answers, and the tests that hold it; `docs/security.md` is made from this.

python -m tests.abuse_cases        writes docs/security.md
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.security_weaknesses import section

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "security.md"


@dataclass(frozen=True)
class AbuseCase:
    """One attempt. `tests` are pytest ids without parameters; a case without any says why it does not apply."""

    number: int
    attempt: str
    answer: str
    tests: tuple[str, ...] = ()
    why_not: str = ""


_APP_CHECK = "tests/api/http/test_app_check.py::"
_BAD_INPUT = "tests/api/test_bad_input.py::"
_LINKS = "tests/content/assurance/test_links.py::"
_READING = "tests/api/pages/test_reading_form.py::"
_TEXT = "tests/content/linting/test_text.py::"
_FORMATS = "tests/content/translation_files/test_formats.py::"
_IMPORT = "tests/content/importing/test_translation_texts.py::"
_LIMITS = "tests/content/translation_files/test_limits.py::test_a_hostile_file_costs_two_seconds_and_256_megabytes_at_most"

CASES: Final = (
    AbuseCase(
        1,
        "Register without App Check",
        "401 `app-check-missing` where `APP_CHECK=enforce`",
        (_APP_CHECK + "test_a_registration_without_a_token_is_refused", _APP_CHECK + "test_each_write_and_topics_need_a_token"),
    ),
    AbuseCase(
        2,
        "A malformed or expired token, or one of another project or issuer",
        "401 `app-check-invalid`",
        (_APP_CHECK + "test_a_token_with_a_wrong_part_is_invalid",),
    ),
    AbuseCase(
        3,
        "A thousand tokens with invented key ids",
        "401; the keys are fetched from Google at most once a minute",
        (_APP_CHECK + "test_a_thousand_invented_key_ids_cost_one_request_to_google_a_minute",),
    ),
    AbuseCase(
        4,
        "A token without a signature, or signed with the public key as an HMAC secret",
        "401 `app-check-invalid`",
        (_APP_CHECK + "test_a_token_without_a_signature_or_signed_with_the_public_key_is_invalid",),
    ),
    AbuseCase(
        5,
        "A valid token of another app",
        "403 `app-not-allowed`",
        (_APP_CHECK + "test_an_app_that_is_not_listed_or_names_another_is_not_allowed",),
    ),
    AbuseCase(
        6,
        "A limited-use token sent twice",
        "401 `app-check-replayed`",
        (_APP_CHECK + "test_a_limited_use_token_is_good_for_one_request",),
    ),
    AbuseCase(
        7,
        "A token in the query string",
        "400; it is neither repeated nor logged",
        (_APP_CHECK + "test_a_token_in_the_address_is_refused", _BAD_INPUT + "test_an_invalid_query_is_refused"),
    ),
    AbuseCase(
        8,
        "Thousands of registrations from one address or one IPv6 network, also in parallel",
        "429 with Retry-After; the limit is exact",
        (
            "tests/api/http/test_throttles.py::test_three_of_thirty_concurrent_requests_pass",
            "tests/faults/test_shared_limits.py::test_a_limit_is_exact_among_a_thousand_simultaneous_requests",
            "tests/api/http/test_throttles.py::test_new_subnets_of_one_ipv6_network_share_a_limit",
            "tests/api/v1/test_registrations.py::test_registrations_from_one_address_are_limited",
        ),
    ),
    AbuseCase(
        9,
        "Another X-Forwarded-For for each request",
        "limited by the address of the connection",
        ("tests/api/http/test_throttles.py::test_a_client_cannot_choose_its_own_address",),
    ),
    AbuseCase(
        10,
        "Invented addresses that look right",
        "201, in no audience, canary or count until proven",
        (
            "tests/notifications/registrations/test_proof.py"
            "::test_ten_thousand_invented_registrations_change_neither_reach_nor_canary_nor_audience",
            "tests/notifications/registrations/test_proof.py::test_nineteen_invented_registrations_do_not_help_an_alert_to_twenty",
        ),
    ),
    AbuseCase(
        11,
        "One address registered many times at once",
        "one row",
        (
            "tests/notifications/registrations/test_registrations.py"
            "::test_twenty_simultaneous_registrations_of_an_address_make_one_row",
        ),
    ),
    AbuseCase(
        12,
        "An address of one byte, of 10 kB, with control characters, or a picture as text",
        "422",
        (
            "tests/notifications/registrations/test_values.py::test_an_address_of_the_wrong_shape_is_refused_and_never_repeated",
            _BAD_INPUT + "test_a_registration_with_invalid_fields_is_refused",
            "tests/guards/test_api_promises.py::test_promise_1_an_image_is_refused_and_leaves_nothing_behind",
        ),
    ),
    AbuseCase(
        13,
        "Read or delete an installation by a guessed id",
        "404, the same as for an unknown one",
        ("tests/api/v1/test_registrations.py::test_unknown_id_and_wrong_secret_look_the_same",),
    ),
    AbuseCase(
        14,
        "Delete an installation without its secret",
        "401",
        ("tests/api/v1/test_registrations.py::test_without_a_secret_nothing_is_shown",),
    ),
    AbuseCase(
        15,
        "List, filter or sort installations",
        "404 or 405: there is no such route, for anybody",
        (
            "tests/api/test_routes.py::test_every_route_is_listed_with_its_methods",
            "tests/guards/test_privacy_promises.py::test_promise_1_a_registration_has_the_named_columns_alone",
        ),
    ),
    AbuseCase(
        16,
        "Find one family by the size of a small audience",
        "numbers are rounded; fewer than 20 are shown as that and get no alert",
        ("tests/notifications/console/test_campaigns.py::test_the_page_rounds_the_number_of_phones_and_hides_fewer_than_twenty",),
    ),
    AbuseCase(
        17,
        "Fields that a request may not set, such as a role or a state",
        "422",
        (_BAD_INPUT + "test_a_registration_with_invalid_fields_is_refused",),
    ),
    AbuseCase(
        18,
        "Duplicate keys, NaN, 1e999, a depth of a thousand",
        "400 `unreadable-body`",
        (
            "tests/api/http/test_parsers.py::test_ambiguous_or_unstorable_json_is_refused",
            "tests/api/http/test_parsers.py::test_sixteen_levels_are_parsed_and_seventeen_refused",
            "tests/api/http/test_parsers.py::test_hostile_bodies_are_refused_within_100_ms",
        ),
    ),
    AbuseCase(
        19,
        "A body over 64 KiB, or in chunks without a length",
        "413, 411",
        (
            "tests/api/http/test_parsers.py::test_a_body_that_announces_too_much_is_not_read",
            "tests/api/http/test_parsers.py::test_reading_an_endless_body_stops_after_64_kib",
            _BAD_INPUT + "test_a_chunked_body_is_411",
        ),
    ),
    AbuseCase(
        20,
        "A compressed body, or another media type",
        "415",
        (_BAD_INPUT + "test_a_compressed_body_is_refused", _BAD_INPUT + "test_a_body_that_is_not_a_small_json_object_is_refused"),
    ),
    AbuseCase(
        21,
        "A method that a resource has not, or a header that overrides the method",
        "405 with Allow; the header is ignored",
        (_BAD_INPUT + "test_an_unsupported_method_is_405_with_allow", _BAD_INPUT + "test_odd_headers_do_not_prevent_reading"),
    ),
    AbuseCase(
        22,
        "NUL, lone surrogates or bytes that are no UTF-8, in any text, field or query",
        "400, never 500",
        (
            "tests/api/http/test_parsers.py::test_any_bytes_are_parsed_or_raise_unreadable",
            "tests/core/test_error_pages.py::test_a_nul_in_the_address_is_a_bad_request",
            "tests/core/test_error_pages.py::test_a_nul_in_a_form_is_a_bad_request_and_nothing_is_saved",
        ),
    ),
    AbuseCase(
        23,
        "Whole numbers beyond eight bytes, page 10⁹, a negative limit",
        "400 or 422",
        (
            "tests/api/hsds/test_hsds_requests.py::test_invalid_and_unknown_parameters_are_refused_by_name",
            "tests/api/v1/test_alerts.py::test_an_invalid_alert_query_is_refused",
        ),
    ),
    AbuseCase(
        24,
        "Accept-Language of 8 kB, or with unknown tags",
        "200 with the fallback",
        (_BAD_INPUT + "test_odd_headers_do_not_prevent_reading",),
    ),
    AbuseCase(
        25,
        "Direction overrides and unbalanced isolates in a text",
        "refused on the field",
        (_TEXT + "test_a_disguised_number_address_or_letter_is_refused",),
    ),
    AbuseCase(
        26,
        "Invisible characters, or a pile of combining marks",
        "refused on the field; what a script needs is accepted",
        (
            _TEXT + "test_a_letter_with_more_marks_than_any_language_writes_is_refused",
            _TEXT + "test_digits_joiners_and_marks_of_a_script_are_accepted",
        ),
    ),
    AbuseCase(
        27,
        "A host that looks like another one",
        "refused on the field; texts hold no links",
        ("tests/content/linting/test_channel.py::test_an_address_that_readers_could_not_trust_is_refused",),
    ),
    AbuseCase(
        28,
        "`javascript:`, `data:`, `file:` or `intent:` as an address",
        "refused on the field",
        ("tests/content/linting/test_channel.py::test_an_address_that_readers_could_not_trust_is_refused",),
    ),
    AbuseCase(
        29,
        "An address with a password, an odd port or a bare IP address",
        "refused on the field",
        ("tests/content/linting/test_channel.py::test_an_address_that_readers_could_not_trust_is_refused",),
    ),
    AbuseCase(
        30,
        "Markup, scripts or SVG in a text",
        "shown as text and never run; the policy allows no inline script",
        (
            "tests/content/console/test_translations.py::test_markup_in_a_text_is_shown_and_never_run",
            "tests/content/importing/test_words_data.py::test_no_text_holds_a_link_an_image_or_markup",
            "tests/guards/test_console_rights.py::test_no_page_has_inline_scripts_styles_or_handlers",
        ),
    ),
    AbuseCase(
        31,
        "A text that makes its checks slow",
        "the length is checked first, and the checks take linear time",
        ("tests/content/linting/test_linear_time.py::test_the_longest_text_is_checked_at_once",),
    ),
    AbuseCase(
        32,
        "A placeholder that a translation loses, adds or repeats",
        "refused on the field",
        (_TEXT + "test_a_target_with_missing_added_or_repeated_tokens_is_refused",),
    ),
    AbuseCase(
        33,
        "A helpline's number changed by one person",
        "a proposal, which a second person approves; the database refuses anything else",
        (
            "tests/guards/test_content_four_eyes.py::test_promise_6_no_statement_changes_a_number_alone",
            "tests/content/models/test_channel_revisions.py::test_the_proposer_cannot_approve",
        ),
    ),
    AbuseCase(
        34,
        "A number of another country, in other digits, with letters, of premium rate, or a code that controls the phone",
        "refused on the field",
        (
            "tests/content/linting/test_channel.py::test_a_code_that_controls_the_phone_is_no_number",
            "tests/content/importing/test_contact.py::test_a_premium_rate_short_number_is_refused",
        ),
    ),
    AbuseCase(
        35,
        "A translation, or a file of translations, that touches a number",
        "no target can hold a digit that its unit does not allow; an import touches no fact",
        (
            "tests/guards/test_content_packs.py::test_promise_6_no_target_can_change_add_or_drop_a_digit",
            _IMPORT + "test_a_changed_token_number_or_address_is_refused",
            _IMPORT + "test_an_import_touches_no_source_and_no_fact",
        ),
    ),
    AbuseCase(
        36,
        "Publishing a channel whose check has run out",
        "it is left out of the packs; emergency numbers and the last crisis line stay, marked",
        ("tests/content/publishing/test_expiry.py::test_emergency_numbers_and_the_last_crisis_line_are_retained",),
    ),
    AbuseCase(
        37,
        "A file of translations with a DTD: entities that read files, or that multiply",
        "refused in a sentence",
        (_FORMATS + "test_a_bad_file_is_refused_with_its_line", _LIMITS),
    ),
    AbuseCase(
        38,
        "A file that names a schema, a style sheet or an entity elsewhere",
        "refused; nothing is fetched or opened",
        (_FORMATS + "test_a_bad_file_is_refused_with_its_line",),
    ),
    AbuseCase(
        39,
        "A file of great depth, with a million attributes, or of 50 MB",
        "refused within seconds and 256 MB",
        (_LIMITS,),
    ),
    AbuseCase(
        40,
        "A file in another encoding than it says",
        "refused with the line",
        (
            _FORMATS + "test_a_bad_file_is_refused_with_its_line",
            _FORMATS + "test_any_bytes_are_a_file_or_refused_in_a_sentence",
        ),
    ),
    AbuseCase(
        41,
        "A zip bomb, nested archives, entries that lead outside",
        "",
        why_not="No archive is read anywhere.",
    ),
    AbuseCase(
        42,
        "A formula in a downloaded CSV file",
        "the cell begins with an apostrophe",
        (
            "tests/notifications/console/test_campaign_list.py::test_a_cell_is_never_a_formula",
            "tests/notifications/console/test_report.py::test_no_cell_begins_a_formula",
            _FORMATS + "test_no_cell_of_a_spreadsheet_is_a_formula",
        ),
    ),
    AbuseCase(
        43,
        "An address of this machine, a private network or a metadata service for the link checker",
        "no packet leaves",
        (
            _LINKS + "test_special_purpose_addresses_are_not_public",
            "tests/content/assurance/test_links_no_packet.py::test_no_packet_leaves_for_an_address_that_is_not_public",
        ),
    ),
    AbuseCase(
        44,
        "A name that resolves to a private address the second time",
        "resolved once; the connection goes to the address that was checked",
        (_LINKS + "test_a_request_resolves_once_and_connects_to_the_checked_address",),
    ),
    AbuseCase(
        45,
        "A redirect to a private address or a file, or thirty redirects",
        "each is checked like the first; three are followed",
        (
            _LINKS + "test_a_redirect_is_checked_like_the_first_url",
            _LINKS + "test_three_redirects_are_followed_and_a_fourth_is_not",
        ),
    ),
    AbuseCase(
        46,
        "A checked site that sends without end, or slowly",
        "cut off at 64 KiB and at the time limit; nothing of it is shown",
        (
            _LINKS + "test_an_endless_response_is_cut_off_at_64_kib",
            _LINKS + "test_a_slow_response_ends_at_the_limit_shared_with_redirects",
        ),
    ),
    AbuseCase(
        47,
        "A campaign that is changed after its approval",
        "it is never sent; raw SQL cannot change what was submitted",
        (
            "tests/notifications/delivery/test_campaign_end.py::test_a_campaign_that_differs_from_its_approval_is_never_sent",
            "tests/notifications/campaigns/test_lifecycle.py::test_raw_sql_cannot_change_what_was_submitted",
        ),
    ),
    AbuseCase(
        48,
        "An author who approves their own campaign, by any way in",
        "403; the database refuses it as well",
        (
            "tests/guards/test_notifications_promises.py::test_promise_2_an_author_cannot_approve_by_any_way_in",
            "tests/notifications/campaigns/test_lifecycle.py::test_nobody_approves_what_they_wrote_edited_or_submitted",
            "tests/guards/test_campaign_four_eyes.py::test_promise_2_no_statement_approves_a_campaign_alone_or_changes_it",
            "tests/core/test_staff_changes.py::test_the_database_takes_two_active_administrators",
            "tests/guards/test_account_rules.py::test_no_statement_gives_a_right_or_takes_the_last_administrators",
        ),
    ),
    AbuseCase(
        49,
        "A person who calls the pages of another role",
        "403 for every page, method and act that the table of roles does not name",
        (
            "tests/guards/test_access.py::test_every_page_and_act_of_the_console_answers_as_the_table_says",
            "tests/notifications/campaigns/test_limits.py::test_an_approver_of_another_country_decides_nothing_about_a_campaign",
        ),
    ),
    AbuseCase(
        50,
        "An approval in a session that was left open",
        "a fresh sign-in is required after five minutes, and the form is kept",
        (
            "tests/core/test_step_up.py::test_every_act_that_reaches_readers_needs_a_fresh_sign_in_and_no_stop_does",
            "tests/core/test_step_up.py::test_a_sign_in_is_fresh_for_five_minutes",
            "tests/browser/test_passkey.py::test_a_passkey_is_added_opens_the_console_and_confirms_an_approval",
        ),
    ),
    AbuseCase(
        51,
        "Two approvals, or an approval and an edit, at the same instant",
        "one succeeds, the others get 409",
        (
            "tests/notifications/campaigns/test_racing_approvals.py"
            "::test_racing_edits_and_approvals_never_approve_what_nobody_read",
            "tests/core/test_staff_changes.py::test_of_two_who_approve_at_once_one_does",
        ),
    ),
    AbuseCase(
        52,
        "An approval of a page that is out of date",
        "409; the page names the fingerprint that it showed",
        ("tests/notifications/console/test_campaigns.py::test_an_approval_of_an_earlier_version_is_refused",),
    ),
    AbuseCase(
        53,
        "The same Idempotency-Key with another body",
        "",
        why_not=(
            "The header is not used: to know it again would mean to keep something about each sender. A registration is one row "
            "for each address, and a campaign changes its state once; a receipt or correction sent twice counts twice, in "
            "figures that are estimates."
        ),
    ),
    AbuseCase(
        54,
        "A campaign to everybody without a look at the number",
        "above 100,000 phones the number is typed",
        (
            "tests/notifications/campaigns/test_approval.py::test_the_number_of_a_large_audience_is_entered_by_the_author_and_by_the_approver",
        ),
    ),
    AbuseCase(
        55,
        "An exercise to real phones, or an alert to test phones",
        "refused on the field of the apps; an exercise replaces no real alert",
        (
            "tests/notifications/campaigns/test_refusals.py"
            "::test_an_exercise_to_readers_and_an_alert_to_test_devices_are_refused_on_the_apps",
            "tests/notifications/delivery/test_last_word.py::test_an_exercise_replaces_no_real_alert",
            "tests/guards/test_campaign_four_eyes.py::test_promise_2_no_statement_changes_an_app_alone",
        ),
    ),
    AbuseCase(
        56,
        "A message that FCM would not accept",
        "refused at submission, for each language",
        ("tests/notifications/campaigns/test_messages.py::test_the_longest_outer_text_and_many_services_still_go_to_topics",),
    ),
    AbuseCase(
        57,
        "A start in the past, in a gap of the clock, or more than a year ahead",
        "refused on the field at submission",
        (
            "tests/notifications/campaigns/test_refusals.py::test_a_start_in_the_past_is_refused",
            "tests/notifications/campaigns/test_schedule.py::test_a_local_time_in_a_gap_or_a_fold_comes_once",
        ),
    ),
    AbuseCase(
        58,
        "Guessing passwords, from many networks or at many accounts",
        "limited before the password is looked at; the real person still signs in from their own browser",
        (
            "tests/core/test_sign_in.py::test_tries_over_the_limit_are_refused_before_the_password_is_looked_at",
            "tests/core/test_sign_in.py::test_a_person_signs_in_from_their_own_browser_while_others_guess",
            "tests/core/test_sign_in.py::test_one_network_cannot_try_many_accounts",
        ),
    ),
    AbuseCase(
        59,
        "A page of staff without a second factor",
        "leads to setting one up; no page opens",
        (
            "tests/core/test_factors.py::test_without_a_factor_every_page_leads_to_its_set_up",
            "tests/guards/test_access.py::test_every_other_route_of_the_console_answers_as_the_table_says",
            "tests/core/test_factors.py::test_the_password_alone_opens_nothing_once_there_is_a_factor",
        ),
    ),
    AbuseCase(
        60,
        "A form of another site, a session that somebody else prepared or that is older than a change of roles",
        "403; a sign-in gets a new session, and sessions end with the password, the role and the account",
        (
            "tests/core/test_error_pages.py::test_a_form_of_another_site_is_refused_without_its_fields",
            "tests/core/test_sessions.py::test_a_sign_in_gets_a_new_session_and_a_new_token_of_forms",
            "tests/core/test_sessions.py::test_every_open_session_ends_with_what_opened_it",
            "tests/core/test_console.py::test_an_inactive_account_is_signed_out_at_once",
        ),
    ),
    AbuseCase(
        61,
        "A foreign Host",
        "400; no address in a response comes from a header",
        (
            _BAD_INPUT + "test_an_unknown_host_is_refused",
            "tests/api/pages/test_handout.py::test_the_address_comes_from_the_setting_and_never_from_the_host",
        ),
    ),
    AbuseCase(
        62,
        "Two lengths, oversized heads, a head or body that never ends",
        "400, 411, 431, 408; nobody waits for it",
        (
            "tests/faults/test_survival.py::test_malformed_requests_get_the_right_status_and_never_500",
            "tests/faults/test_slow_clients.py::test_promise_13_a_thousand_stalled_connections_keep_nobody_waiting",
            "tests/faults/test_slow_clients.py::test_a_body_that_never_arrives_is_408_and_keeps_nobody_waiting",
        ),
    ),
    AbuseCase(
        63,
        "Line breaks and escapes in what is logged",
        "nothing that a client sends is logged",
        (
            "tests/guards/test_api_promises.py::test_promise_4_no_log_contains_an_address_situation_or_age",
            "tests/guards/test_api_promises.py::test_promise_4_nothing_starts_a_server_with_an_access_log",
        ),
    ),
    AbuseCase(
        64,
        "Paths with dots, double slashes or odd cases",
        "404",
        (_BAD_INPUT + "test_an_unknown_path_is_404", "tests/faults/test_static_export.py::test_no_path_leads_out_of_the_tree"),
    ),
    AbuseCase(
        65,
        "A filter or order by a column that a list does not offer",
        "400, or ignored",
        (
            "tests/notifications/console/test_calendar.py::test_any_value_in_the_address_shows_a_calendar",
            "tests/api/hsds/test_hsds_requests.py::test_invalid_and_unknown_parameters_are_refused_by_name",
        ),
    ),
    AbuseCase(
        66,
        "Tracebacks, settings or a debug page from outside",
        "404; an unexpected error says nothing of itself",
        (
            _BAD_INPUT + "test_an_unexpected_error_reveals_nothing",
            "tests/api/test_routes.py::test_every_route_is_listed_with_its_methods",
        ),
    ),
    AbuseCase(
        67,
        "A forged message in the broker",
        "nothing is sent: messages carry no campaign, and workers cannot be controlled by the broker",
        (
            "tests/guards/test_delivery_promises.py::test_promise_5_doubled_and_lost_wake_ups_change_nothing",
            "tests/core/test_headers.py::test_a_message_to_the_broker_cannot_control_a_worker",
        ),
    ),
    AbuseCase(
        68,
        "A forged, ended, finished or withdrawn link for an outside reader, or a form about a text outside its batch",
        "404, 410 or 422 in one sentence, without a text",
        (
            _READING + "test_forged_ended_used_and_revoked_links_answer_in_a_sentence",
            _READING + "test_a_text_outside_the_batch_cannot_be_judged",
            _READING + "test_a_form_from_another_site_is_refused",
            _READING + "test_requests_are_limited",
        ),
    ),
    AbuseCase(
        69,
        "Approve one's own translation as an outside reader, or one without the right to approve",
        "the judgement is stored and approves nothing",
        (
            _READING + "test_nobody_approves_their_own_text_through_a_reader",
            _READING + "test_an_editor_cannot_make_a_reader_count",
            _READING + "test_a_reading_counts_only_while_the_lead_could_approve",
            _READING + "test_no_statement_records_a_reading_that_does_not_count",
        ),
    ),
    AbuseCase(
        70,
        "A lead who hands out a right that they do not have, alone or through an account that has more languages",
        "403 with the right that is missing; the database refuses it as well",
        (
            "tests/core/test_lead_rights.py::test_a_lead_hands_out_and_withdraws_nothing_beyond_their_own_rights",
            "tests/core/test_lead_rights.py::test_a_role_is_not_handed_out_to_somebody_who_has_more_languages",
            "tests/core/test_lead_rights.py::test_the_database_takes_a_lead_only_within_their_rights",
            "tests/guards/test_account_rules.py::test_no_statement_gives_a_right_or_takes_the_last_administrators",
        ),
    ),
    AbuseCase(
        71,
        "A person for one country who changes a number, a text or a check of another",
        "403; the database refuses approvals and checks as well",
        (
            "tests/content/models/test_country_rights.py::test_a_person_for_another_country_is_refused",
            "tests/content/models/test_country_rights.py::test_the_database_takes_approvals_and_checks_of_own_countries_alone",
        ),
    ),
)

_INTRODUCTION = """# Security: what was tried, and what holds it

Who might attack, what they want and what is left is in [threat-model.md](threat-model.md); what is
stored, and for how long, in [privacy.md](privacy.md). Each row below is an attempt, the answer to
it, and the tests that fail when the answer changes. The table is made from `tests/abuse_cases.py`
(`python -m tests.abuse_cases`), and a test keeps the two equal. A second table, from
`tests/security_weaknesses.py`, lists weaknesses that earlier versions had.

To report a weakness, write to the address in `/.well-known/security.txt` of the server.
"""


def document() -> str:
    """Return the text of docs/security.md."""
    rows = ["| | attempt | answer | held by |", "| --- | --- | --- | --- |"]
    for case in CASES:
        held = "<br>".join(f"`{one.rpartition('::')[2]}`" for one in case.tests) or f"*does not apply:* {case.why_not}"
        rows.append(f"| A{case.number} | {case.attempt} | {case.answer or '–'} | {held} |")
    return _INTRODUCTION + "\n" + "\n".join(rows) + "\n\n" + section()


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
