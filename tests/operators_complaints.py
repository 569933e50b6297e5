"""What operators of comparable products complain about, and the tests that would see it here; a guard checks that they exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_COMPOSE = "tests/guards/test_compose.py::"
_SETTINGS = "tests/guards/test_settings.py::"
_HEARTBEATS = "tests/notifications/delivery/test_heartbeats.py::"
_READINESS = "tests/api/test_readiness.py::"
_DRILL = "tests/notifications/delivery/test_restore_drill.py::"
_STAFF = "tests/core/test_staff.py::"

#: The complaint → pytest ids without parameters.
COMPLAINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "A container is unhealthy because the probe's host is not among the allowed ones": (
        _READINESS + "test_a_probe_by_address_is_answered",
        _COMPOSE + "test_what_runs_all_the_time_is_watched_by_its_progress",
    ),
    "The timetable stops, and nothing says so": (
        _HEARTBEATS + "test_a_campaign_for_tomorrow_says_today_that_nobody_would_send_it",
        _HEARTBEATS + "test_the_strip_says_since_when_nobody_sends",
        "tests/api/test_health.py::test_half_a_minute_without_the_scheduler_is_an_alarm",
    ),
    "Workers take nothing any more after the broker was restarted": (
        "tests/faults/test_lost_acknowledgements.py::test_a_worker_takes_wake_ups_after_redis_crashed_before_it_acknowledged_any",
        "tests/faults/test_without_broker.py::test_a_campaign_is_sent_while_the_broker_is_broken",
        _HEARTBEATS + "test_a_worker_process_shows_life_until_a_step_is_stuck",
    ),
    "Connections to the database are used up while every container stays healthy": (
        _READINESS + "test_a_database_without_a_free_connection_takes_no_writes",
    ),
    "Behind a proxy, everybody shares one limit": (
        _COMPOSE + "test_the_limits_see_the_address_of_the_client",
        "tests/core/test_deploy_checks.py::test_what_is_missing_is_named",
    ),
    "Special characters in the database's password break the connection": (
        _COMPOSE + "test_a_password_of_the_database_may_have_any_characters",
        _SETTINGS + "test_a_database_password_may_have_any_characters",
    ),
    "A restore fails half-way, or what it restores is not whole": (
        _DRILL + "test_a_backup_is_restored_held_checked_and_resumed_without_a_doubt",
        _DRILL + "test_a_damaged_or_foreign_dump_changes_nothing",
    ),
    "A restore brings back what people had erased": (
        _DRILL + "test_phones_that_unregistered_after_the_backup_stay_away",
        "tests/notifications/registrations/test_unregistered.py"
        "::test_a_worker_keeps_the_list_outside_and_removes_whom_a_restore_brought_back",
    ),
    "A migration failed, and the container counts as healthy": (_READINESS + "test_a_missing_migration_is_a_fault",),
    "Lines about received and finished tasks drown the log": (
        "tests/core/test_log_context.py::test_a_tick_writes_no_line_and_an_error_of_a_task_does",
        "tests/core/test_repeated_errors.py::test_a_hundred_of_the_same_are_two_lines_and_a_number",
    ),
    "The beat's schedule file cannot be written": ("tests/notifications/test_beat.py::test_the_product_s_beat_uses_it",),
    "Forms are refused behind a proxy that ends TLS": (
        "tests/core/test_headers.py::test_hsts_is_sent_behind_a_proxy_that_ends_tls",
        "tests/core/test_headers.py::test_a_form_is_taken_behind_a_proxy_that_ends_tls",
    ),
    "An upgrade over several versions breaks": (
        "tests/notifications/test_migrations.py::test_the_renamed_columns_keep_their_rows_in_both_directions",
        "tests/guards/test_migrations_sql.py::test_no_migration_blocks_a_table_or_breaks_the_running_release",
    ),
    "It does not run as an ordinary user on a read-only file system": (
        _COMPOSE + "test_every_container_is_read_only_and_gains_no_privileges",
        "tests/guards/test_kubernetes.py::test_no_pod_has_a_right_that_it_does_not_need",
    ),
    "Secrets cannot come from files": (_SETTINGS + "test_a_secret_can_be_in_a_file",),
    "Nothing says how to get a first account or a new password, and failed sign-ins leave no trace": (
        _STAFF + "test_adding_a_person_gives_the_role_and_prints_the_password_once",
        _STAFF + "test_a_new_password_is_printed_once_and_on_record",
        "tests/api/test_request_counts.py::test_the_metrics_have_requests_by_route_and_failed_sign_ins",
    ),
}
