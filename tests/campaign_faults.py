"""What once went wrong on the campaign pages, and the tests that would see it again; a guard checks that each test exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_N = "tests/notifications/"
_CAMPAIGNS = _N + "campaigns/"
_CONSOLE = _N + "console/"
_TASKS = _CONSOLE + "tasks/test_task_pages.py::"
_WORDS = _CONSOLE + "tasks/test_message_page.py::"
_KEPT = _CONSOLE + "tasks/test_kept_forms.py::"
_REFUSALS = _CAMPAIGNS + "test_refusals.py::"
_FEED = _N + "test_feed.py::"
_DOCUMENTS = "tests/api/v1/test_alert_documents.py::"
_OPENINGS = _CAMPAIGNS + "test_openings.py::"
_CAMPAIGN_PAGE = _CONSOLE + "test_campaigns.py::"
_HISTORY = _CONSOLE + "test_history.py::"
_LIVE = _CONSOLE + "test_live.py::"
_TODAY = _CONSOLE + "test_today.py::"

#: What went wrong → pytest ids without parameters.
FAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "A text that nobody was due to get was in the feed as soon as it was approved": (
        _REFUSALS + "test_a_night_that_lasts_until_the_end_is_refused_on_the_quiet_hours",
        _REFUSALS + "test_a_local_time_after_the_end_is_refused_on_the_end",
        _OPENINGS + "test_no_country_opens_before_its_own_phones_and_none_before_the_first",
        _DOCUMENTS + "test_without_a_country_nothing_answers_before_the_first_due_instant_of_all",
    ),
    "Quiet hours moved the start, and every page showed the time that was typed": (
        _CAMPAIGNS + "test_forecast.py::test_the_planner_does_what_the_forecast_says",
        _REFUSALS + "test_an_exact_second_that_quiet_hours_would_move_needs_a_decision",
        _TODAY + "test_a_start_that_quiet_hours_move_is_the_deadline",
    ),
    "A time or a choice that was typed had no effect": (
        _CONSOLE + "tasks/test_controls.py::test_promise_15_every_control_changes_what_is_stored_or_is_refused",
        _TASKS + "test_nothing_that_is_chosen_for_the_readers_is_ignored",
        _TASKS + "test_a_time_that_cannot_be_is_refused_on_its_field",
    ),
    "A date in the past was sent at once": (
        _REFUSALS + "test_a_start_in_the_past_is_refused",
        _REFUSALS + "test_a_local_time_that_has_passed_in_one_of_the_zones_is_refused",
    ),
    "A lock screen said what the alert is about, and harmful advice was sent": (
        _CAMPAIGNS + "test_lifecycle.py::test_a_lock_screen_that_says_what_the_alert_is_about_is_not_submitted",
        _WORDS + "test_a_text_that_harms_is_refused_with_what_to_do",
        _TASKS + "test_a_caution_is_answered_before_the_draft_is_submitted",
    ),
    "The feed kept the wrong alert beside its correction": (
        _FEED + "test_a_correction_takes_the_place_of_the_alert_in_the_feed",
        _DOCUMENTS + "test_an_earlier_alert_of_a_thread_names_the_newest",
        _CONSOLE + "test_approve.py::test_an_update_is_shown_against_the_alert_that_it_corrects",
    ),
    "A campaign that could not be sent was approved": (
        _REFUSALS + "test_an_audience_of_fewer_than_twenty_or_of_nobody_is_refused",
        _REFUSALS + "test_an_exercise_to_readers_and_an_alert_to_test_devices_are_refused_on_the_apps",
    ),
    "A text was lost when the session ended or somebody signed in elsewhere": (
        "tests/core/test_error_pages.py::test_a_form_sent_after_the_session_has_ended_survives_the_sign_in_and_is_saved",
        "tests/core/test_error_pages.py::test_a_form_opened_before_another_sign_in_can_be_sent_again",
        "tests/browser/test_campaign_interruptions.py::test_a_text_outlives_the_end_of_the_session",
        _KEPT + "test_what_is_typed_is_kept_and_shown_again",
    ),
    "One tick approved languages that the approver does not read": (
        _CAMPAIGNS + "test_approval.py::test_an_approver_does_not_approve_a_language_that_nobody_has_read",
        _CONSOLE + "test_approve.py::test_an_approver_ticks_each_language_that_they_read",
        _WORDS + "test_english_in_the_field_for_arabic_is_noticed",
    ),
    "The page stayed still after the approval": (
        _LIVE + "test_the_page_after_approval_counts_down_and_refreshes_by_itself",
        "tests/browser/test_campaign_decisions.py::test_the_page_after_an_approval_becomes_live_by_itself",
    ),
    "Nothing could be planned for more than 28 days ahead": (
        _REFUSALS + "test_a_campaign_is_planned_up_to_a_year_ahead_and_lasts_28_days_from_its_start",
    ),
    "The help was of another country, for other readers, or about to lapse": (
        _CAMPAIGNS + "test_help.py::test_a_service_of_another_country_is_no_help",
        _CAMPAIGNS + "test_help.py::test_a_tip_of_another_country_is_refused",
        _CAMPAIGNS + "test_help.py::test_each_reader_of_a_mixed_audience_needs_a_service",
        _CAMPAIGNS + "test_help.py::test_a_check_that_lapses_is_named_with_its_date",
    ),
    "Times, dates, ages and services could not be written, and Markdown was shown with its signs": (
        _WORDS + "test_what_is_typed_as_a_date_a_time_or_ages_is_inserted",
        _WORDS + "test_facts_are_inserted_and_written_out_for_each_language",
        _CAMPAIGNS + "test_inserted_facts.py::test_the_name_of_a_service_is_frozen_with_the_campaign",
        _CAMPAIGNS + "test_plain_text.py::test_markdown_is_a_problem_of_its_text_and_never_offered",
    ),
    "Refusals came one at a time and in the words of the file": (
        _REFUSALS + "test_all_reasons_are_named_at_once_each_with_its_field",
        _CONSOLE + "tasks/test_refused_forms.py::test_a_refusal_of_a_task_names_no_field_of_the_file",
        _CONSOLE + "tasks/test_refused_forms.py::test_check_lists_every_problem_of_an_empty_draft_at_once_each_with_its_task",
    ),
    "An exact local time could not be had": (_TASKS + "test_a_local_time_keeps_the_seconds_that_were_typed",),
    "Seconds were shown nowhere": (
        _LIVE + "test_a_waiting_line_shows_seconds",
        _TASKS + "test_a_time_is_typed_as_people_write_it",
    ),
    "A second press overwrote a colleague": (_KEPT + "test_a_colleague_s_save_is_shown_beside_mine_with_a_choice",),
    "Edits and reasons were not in the audit, and TRUNCATE emptied it": (
        _HISTORY + "test_an_edit_is_kept_with_the_words_before_and_after",
        _HISTORY + "test_every_reason_is_kept_after_the_campaign_went_on",
        "tests/core/test_audit_chain.py::test_update_delete_and_truncate_are_refused",
    ),
    "The home page showed everything alike, in order of number, with a query for each": (
        _TODAY + "test_what_needs_an_approver_is_in_the_order_of_its_deadline",
        _TODAY + "test_a_halted_campaign_comes_first_with_its_reason_and_what_helps",
        _TODAY + "test_what_an_author_wrote_is_not_theirs_to_approve_and_is_among_theirs",
        _TODAY + "test_at_most_seven_cards_and_rows_are_shown_and_the_rest_is_a_link_away",
        _TODAY + "test_today_needs_the_same_queries_for_any_number_of_campaigns",
    ),
    "Each view counted the registrations": (_CAMPAIGN_PAGE + "test_no_page_of_a_campaign_counts_registrations",),
    "Anybody could register with a test app": (_N + "test_test_phones.py::test_nobody_registers_with_a_test_app_from_outside",),
    "Campaigns that cannot reach anybody were marked live": (
        _CAMPAIGN_PAGE + "test_only_what_can_still_reach_readers_is_marked_live",
    ),
    "A send that did not move said nothing": (
        _LIVE + "test_a_campaign_that_stands_still_says_why",
        _CAMPAIGNS + "test_progress.py::test_a_campaign_says_when_no_worker_has_sent_for_five_seconds",
    ),
    "The back button made a second draft, and no draft could be deleted or copied": (
        _TASKS + "test_the_back_button_and_start_again_lead_to_the_draft_that_nobody_has_written_in",
        _TASKS + "test_a_draft_is_deleted_after_a_confirmation",
        _CONSOLE + "test_campaign_list.py::test_drafts_are_duplicated_and_deleted_and_others_only_duplicated",
    ),
    "Atom was dated by the submission, and links led to JSON": (
        _DOCUMENTS + "test_atom_says_when_the_thread_was_published_and_when_its_entry_was_updated",
        _DOCUMENTS + "test_atom_and_cap_lead_to_the_public_page_and_to_the_help",
    ),
    "Every country's feed opened with the first time zone, and unknown pages were bare": (
        _OPENINGS + "test_the_feed_of_each_country_opens_at_its_first_due_instant",
        "tests/core/test_error_pages.py::test_an_unknown_page_is_a_page_of_the_console",
    ),
}
