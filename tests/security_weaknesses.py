"""Weaknesses that earlier versions had, by what somebody could do with them, and the tests that hold each one closed.

`python -m tests.abuse_cases` writes them into docs/security.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Weakness:
    """One weakness. `tests` are pytest ids without parameters."""

    harm: str
    remedy: str
    tests: tuple[str, ...]


_CANARY = "tests/notifications/delivery/test_canary.py::"
_CHANGES = "tests/core/test_staff_changes.py::"
_COMMANDS = "tests/notifications/test_commands.py::"
_EFFECT = "tests/content/compiling/test_service_effect.py::"
_FACTORS = "tests/core/test_factors.py::"
_FOUR_EYES = "tests/guards/test_content_four_eyes.py::"
_LINEAR = "tests/content/linting/test_linear_time.py::"
_MISSES = "tests/api/reads/test_miss_budget.py::"
_PROOF = "tests/notifications/registrations/test_proof.py::"
_ROLES = "tests/guards/test_database_roles.py::"
_SECOND = "tests/notifications/delivery/test_second_groups.py::"
_SIGN_IN = "tests/core/test_sign_in.py::"
_SLOW = "tests/faults/test_slow_clients.py::"
_TEXT = "tests/content/linting/test_text.py::"
_THROTTLES = "tests/api/http/test_throttles.py::"
_TRIGGERS = "tests/core/test_triggers.py::"
_VALUES = "tests/notifications/registrations/test_values.py::"

WEAKNESSES: Final = (
    Weakness(
        "One request whose body never arrives freezes a web process",
        "bodies are received on the event loop, with a deadline; a process that falls silent ends itself and is started again",
        (
            _SLOW + "test_a_body_that_never_arrives_is_408_and_keeps_nobody_waiting",
            _SLOW + "test_a_console_form_that_never_arrives_keeps_nobody_waiting",
            _SLOW + "test_a_proxy_receives_a_body_before_it_passes_the_request_on",
            _SLOW + "test_a_process_that_is_silent_ends_itself",
            _SLOW + "test_a_worker_that_ends_is_started_again",
        ),
    ),
    Weakness(
        "Guessing passwords, which is not counted, takes the processor time of readers",
        "tries are counted before the password is looked at; a process for readers has no console",
        (
            _SIGN_IN + "test_tries_over_the_limit_are_refused_before_the_password_is_looked_at",
            _SIGN_IN + "test_a_person_signs_in_from_their_own_browser_while_others_guess",
            "tests/core/test_served_paths.py::test_a_reader_process_has_no_console",
        ),
    ),
    Weakness(
        "A few hundred invented registrations fill the first group of phones and halt an alert",
        "an installation counts once proven; when the first group fails, another one, drawn by size, decides; staff are told",
        (
            _CANARY + "test_made_up_installations_of_today_are_not_in_a_canary",
            _CANARY + "test_two_canaries_are_different_devices",
            _SECOND + "test_invented_installations_that_fill_a_canary_do_not_halt_an_alert",
            _SECOND + "test_invented_installations_of_a_platform_that_nobody_has_do_not_halt_an_alert",
            _SECOND + "test_a_few_addresses_of_another_project_do_not_halt_an_alert_after_its_canary",
            _SECOND + "test_a_second_group_that_does_not_decide_in_time_halts",
            _CANARY + "test_made_up_installations_in_every_small_language_are_a_minority_of_a_canary",
            _PROOF + "test_ten_thousand_invented_registrations_change_neither_reach_nor_canary_nor_audience",
            "tests/notifications/staff_messages/test_staff_messages.py::test_a_halted_campaign_is_told_to_those_who_can_resume_it",
        ),
    ),
    Weakness(
        "Anonymous requests for topics multiply the requests of each alert",
        "a closed list of topics, which no request changes; a time zone is one of the country",
        (
            "tests/api/v1/test_topics.py::test_no_question_changes_which_topics_an_alert_goes_to",
            "tests/api/v1/test_topics.py::test_what_is_not_in_the_list_gets_the_nearest_topic",
            "tests/api/v1/test_topics.py::test_a_zone_is_one_of_the_country",
            "tests/notifications/delivery/test_topic_list.py::test_every_answer_is_in_the_list",
            "tests/faults/test_invented_questions.py::test_invented_questions_and_installations_change_nothing_of_the_next_alert",
            _VALUES + "test_a_zone_of_the_country_is_stored_under_its_current_name_and_no_other",
        ),
    ),
    Weakness(
        "One administrator acts as both people of an approval, through a new account, a reset or the product's own account",
        "two administrators change accounts; a reset pauses approvals and is recorded; the product's account cannot sign in",
        (
            _CHANGES + "test_the_database_takes_two_active_administrators",
            _CHANGES + "test_a_reset_takes_two_and_pauses_approvals",
            _CHANGES + "test_a_superuser_has_no_rights_outside_the_sandbox",
            "tests/core/test_staff.py::test_the_database_keeps_the_account_of_the_product_closed",
            "tests/core/test_staff.py::test_the_account_of_the_product_acts_by_no_command",
            "tests/guards/test_account_rules.py::test_a_changed_credential_pauses_approvals_in_the_database",
        ),
    ),
    Weakness(
        "One person changes whom a service or a tip is for, and it is published unseen",
        "a proposal with its effect in words, which a second person approves; the database refuses anything else",
        (
            _FOUR_EYES + "test_promise_2_no_statement_changes_the_facts_of_a_service_alone",
            _FOUR_EYES + "test_promise_2_no_statement_changes_the_facts_of_a_tip_alone",
            "tests/guards/test_facts_take_two.py::test_every_column_that_the_compiler_reads_says_what_holds_it",
            _EFFECT + "test_an_adult_tool_that_loses_its_age_is_named_to_children",
            _EFFECT + "test_an_emergency_number_of_one_region_alone_leaves_another_without_it",
        ),
    ),
    Weakness(
        "App Check is switched on and does nothing",
        "`enforce` refuses each write without a valid token; the start is refused without a list of apps",
        (
            "tests/api/http/test_app_check.py::test_each_write_and_topics_need_a_token",
            "tests/api/http/test_app_check.py::test_a_bad_list_of_apps_stops_the_start",
            "tests/guards/test_settings_are_used.py::test_every_setting_that_is_read_from_the_environment_is_used",
        ),
    ),
    Weakness(
        "One long text keeps a process busy for minutes",
        "the length is checked first and alone, and every pattern takes linear time",
        (
            _LINEAR + "test_the_longest_text_is_checked_at_once",
            _LINEAR + "test_a_text_of_256_kilobytes_is_refused_for_its_length_alone",
        ),
    ),
    Weakness(
        "A number or an address reaches children as a comment in opening hours",
        "opening hours hold times alone",
        ("tests/content/linting/test_channel.py::test_hours_hold_no_comment",),
    ),
    Weakness(
        "A code that diverts a phone's calls is listed as a number",
        "`*` and `#` only in known codes",
        ("tests/content/linting/test_channel.py::test_a_code_that_controls_the_phone_is_no_number",),
    ),
    Weakness(
        "The product runs as a role of the database that can switch its rules off",
        "a runtime role that owns nothing; the start is refused as a superuser or owner",
        (
            _ROLES + "test_the_database_refuses_the_runtime_role_every_way_around_a_rule",
            _ROLES + "test_the_product_starts_as_the_runtime_role_and_not_as_the_owner",
        ),
    ),
    Weakness(
        "A migration that fails or is killed leaves a database in which each session can turn the triggers off",
        "the function that decides it is replaced in the statement that creates a trigger; doctor and restore_check look for it",
        (
            _TRIGGERS + "test_a_trigger_of_a_migration_cannot_be_turned_off_before_the_migration_ends",
            _TRIGGERS + "test_a_trigger_that_the_command_installs_cannot_be_turned_off",
            _TRIGGERS + "test_a_database_in_which_they_can_be_turned_off_is_named_and_repaired",
        ),
    ),
    Weakness(
        "Limits put all clients behind one proxy together, and one client of a large network in many places",
        "mapped addresses and ports are read, IPv6 is counted by /64, /56 and /48, and a setting says how many proxies there are",
        (
            _THROTTLES + "test_a_client_cannot_choose_its_own_address",
            _THROTTLES + "test_new_subnets_of_one_ipv6_network_share_a_limit",
            "tests/guards/test_compose.py::test_the_limits_see_the_address_of_the_client",
        ),
    ),
    Weakness(
        "Invented variants of a read take processor time without limit and push packs out of memory",
        "one compressed form for each digest, one page for all sizes above the largest, a budget for each network, and a "
        "thread of its own for what is not in memory",
        (
            _MISSES + "test_a_pack_is_compressed_once_whatever_locales_are_requested",
            _MISSES + "test_invented_responses_do_not_replace_packs",
            _MISSES + "test_a_page_of_services_is_made_once_and_bounded_whatever_size_is_requested",
            _MISSES + "test_a_network_over_its_budget_gets_429_and_packs",
            "tests/core/test_server.py::test_what_is_ready_waits_neither_for_a_response_that_is_made_nor_for_django",
            "tests/core/test_server.py::test_a_process_that_is_at_one_response_for_too_long_ends_itself",
        ),
    ),
    Weakness(
        "Counters of networks can be traced back by anyone who has SECRET_KEY",
        "a random key that is kept nowhere else and ends with the day",
        (
            _THROTTLES + "test_the_key_has_nothing_to_do_with_the_secret_key",
            _THROTTLES + "test_a_shared_cache_holds_one_key_a_day_and_drops_it_afterwards",
        ),
    ),
    Weakness(
        "A picture is stored as the push address of a registration",
        "an address has the form that Firebase gives it",
        (
            _VALUES + "test_an_address_of_the_wrong_shape_is_refused_and_never_repeated",
            "tests/guards/test_api_promises.py::test_promise_1_an_image_is_refused_and_leaves_nothing_behind",
        ),
    ),
    Weakness(
        "Addresses of teenagers are stored without a legal basis",
        "409 until two administrators have recorded one for the app and the country",
        (
            "tests/api/v1/test_registrations.py::test_teenagers_register_only_where_a_legal_basis_is_recorded",
            "tests/notifications/test_apps.py::test_a_legal_basis_that_two_record_lets_teenagers_register_there",
        ),
    ),
    Weakness(
        "Invented registrations help an alert for one family over the smallest audience",
        "only proven installations count towards the twenty",
        (_PROOF + "test_nineteen_invented_registrations_do_not_help_an_alert_to_twenty",),
    ),
    Weakness(
        "A NUL in an address or a form of the console is a server error",
        "400 in words, and nothing is saved",
        (
            "tests/core/test_error_pages.py::test_a_nul_in_the_address_is_a_bad_request",
            "tests/core/test_error_pages.py::test_a_nul_in_a_form_is_a_bad_request_and_nothing_is_saved",
        ),
    ),
    Weakness(
        "A person with a shell acts in the name of others",
        "each verb takes that person's token, once, from a file or standard input; stopping takes none",
        (
            _COMMANDS + "test_outside_the_sandbox_a_person_is_named_with_their_token",
            _COMMANDS + "test_a_token_is_read_from_standard_input",
            _COMMANDS + "test_no_verb_takes_a_name_without_a_token",
            _COMMANDS + "test_stopping_needs_no_token_and_puts_nobody_on_record",
            "tests/core/test_staff.py::test_a_token_works_once_and_a_rolled_back_use_leaves_it_unused",
            "tests/core/test_staff.py::test_a_weak_first_password_is_refused",
            "tests/content/test_commands.py::test_the_loader_of_facts_cannot_approve_them",
        ),
    ),
    Weakness(
        "A member of staff answers a correction link of their own in the organization's name",
        "a link goes to the contact on file, and nobody accepts an answer to a link that they created",
        (
            "tests/api/pages/test_correction_form.py::test_nobody_accepts_an_answer_to_a_link_that_they_created",
            "tests/api/pages/test_correction_links.py::test_a_link_goes_to_the_contact_on_file_and_no_member_of_staff_sees_it",
            "tests/api/pages/test_correction_links.py::test_without_a_contact_the_creator_alone_sees_the_link",
        ),
    ),
    Weakness(
        "Anyone who reaches the broker stops the workers, and nobody notices",
        "workers take no orders from the broker, which has a password; silence of the scheduler is an alarm",
        (
            "tests/core/test_headers.py::test_a_message_to_the_broker_cannot_control_a_worker",
            "tests/guards/test_compose.py::test_the_broker_asks_for_a_password",
            "tests/api/test_health.py::test_half_a_minute_without_the_scheduler_is_an_alarm",
            "tests/notifications/test_tasks.py::test_a_wake_up_that_a_loaded_machine_delays_still_sends",
        ),
    ),
    Weakness(
        "Browsers are not told to keep to HTTPS",
        "Strict-Transport-Security, also behind a proxy that ends TLS",
        ("tests/core/test_headers.py::test_hsts_is_sent_behind_a_proxy_that_ends_tls",),
    ),
    Weakness(
        "A stopped alert stays in caches for up to a day",
        "every form of an alert is kept for five seconds at most, and not at all when the origin fails",
        (
            "tests/api/v1/test_alerts.py::test_every_form_of_an_alert_leaves_caches_within_five_seconds",
            "tests/api/pages/test_alert_page.py::test_it_is_kept_in_caches_for_at_most_five_seconds",
        ),
    ),
    Weakness(
        "One password opens approval, and no record shows who signed in",
        "a second factor for every page, a fresh sign-in for approvals, and sign-ins in the audit log",
        (
            _FACTORS + "test_without_a_factor_every_page_leads_to_its_set_up",
            _SIGN_IN + "test_a_sign_in_is_recorded_and_leads_to_the_first_page",
            "tests/core/test_step_up.py::test_every_act_that_reaches_readers_needs_a_fresh_sign_in_and_no_stop_does",
            "tests/guards/test_access.py::test_every_page_and_act_of_the_console_answers_as_the_table_says",
        ),
    ),
    Weakness(
        "A disguised number, address or letter passes the checks of texts, and an alert starts in the past",
        "refused on the field",
        (
            _TEXT + "test_a_disguised_number_address_or_letter_is_refused",
            _TEXT + "test_a_letter_with_more_marks_than_any_language_writes_is_refused",
            "tests/content/linting/test_channel.py::test_an_address_that_readers_could_not_trust_is_refused",
            "tests/content/linting/test_text_limits.py::test_a_telling_lock_screen_is_refused",
            "tests/notifications/campaigns/test_refusals.py::test_a_start_in_the_past_is_refused",
        ),
    ),
)


def section() -> str:
    """Return the section of docs/security.md, with its heading."""
    rows = ["| weakness | now | held by |", "| --- | --- | --- |"]
    for one in WEAKNESSES:
        held = "<br>".join(f"`{test.rpartition('::')[2]}`" for test in one.tests)
        rows.append(f"| {one.harm} | {one.remedy} | {held} |")
    return "## Weaknesses that earlier versions had\n\n" + "\n".join(rows) + "\n"
