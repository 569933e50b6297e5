"""Faults that a campaign survives, and the tests and runs that show it; a section of docs/operations.md is made from this.

python -m tests.survived_faults        writes the section
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "operations.md"
HEADING: Final = "## Faults that were tried"
#: Runs without a row of the long form in docs/measurements/faults.md, and what the table says of them.
NOT_MEASURED: Final[dict[str, str]] = {}


@dataclass(frozen=True)
class SurvivedFault:
    """One fault. `tests` are pytest ids without parameters, `runs` names of `./run faults`; without any, `why_not` says why."""

    number: int
    fault: str
    outcome: str
    tests: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    why_not: str = ""


_DELIVERY = "tests/notifications/delivery/"
_PROMISES = "tests/guards/test_delivery_promises.py::"
_TABLE = _DELIVERY + "test_error_table.py::"
_WORKER = _DELIVERY + "test_worker.py::"
_CLAIMS = _DELIVERY + "test_claims.py::"
_ISOLATION = _DELIVERY + "test_isolation.py::"
_READINESS = "tests/api/test_readiness.py::"
_KILL = "tests/faults/test_kill_worker.py::test_promise_5_a_killed_worker_misses_nobody"
_WAKE_UPS = _PROMISES + "test_promise_5_doubled_and_lost_wake_ups_change_nothing"
_NO_BROKER = "tests/faults/test_without_broker.py::test_a_campaign_is_sent_while_the_broker_is_broken"
_ACKNOWLEDGEMENTS = "tests/faults/test_lost_acknowledgements.py::"
_LOST_ACKNOWLEDGEMENTS = (
    _ACKNOWLEDGEMENTS + "test_a_channel_notices_that_redis_crashed_before_its_messages_were_acknowledged",
    _ACKNOWLEDGEMENTS + "test_a_worker_takes_wake_ups_after_redis_crashed_before_it_acknowledged_any",
)
_ENDED_PROCESSES = "tests/faults/test_ended_processes.py::"
_FROZEN = _ENDED_PROCESSES + "test_another_worker_of_the_machine_takes_up_what_has_ended_and_not_what_stands_still"
_ENDED = (
    _ENDED_PROCESSES + "test_the_other_process_of_a_worker_takes_up_what_a_killed_one_held",
    _ENDED_PROCESSES + "test_a_worker_that_starts_takes_up_what_one_held_that_was_killed_as_a_whole",
    _FROZEN,
)
_VOID = _CLAIMS + "test_a_settlement_after_its_lease_or_by_an_older_claim_is_void"
_FROZEN_ONCE = _DELIVERY + "test_planner.py::test_a_campaign_is_frozen_once_however_many_planners_there_are"

FAULTS: Final = (
    SurvivedFault(
        1,
        "kill -9 of a worker between claim and first request",
        "another process sends the batch once: of the same machine within two seconds, of another one when the lease has ended",
        (_CLAIMS + "test_a_batch_of_a_dead_worker_is_sent_by_another", *_ENDED, _KILL),
        ("worker-killed", "crash-points"),
    ),
    SurvivedFault(
        2,
        "kill -9 between FCM's answer and its record",
        "repeats are at most what was claimed and unsettled, with the same tag",
        (_KILL, _DELIVERY + "test_random_histories.py::test_nobody_is_missed_or_doubled_in_any_order_of_events"),
        ("worker-killed", "crash-points"),
    ),
    SurvivedFault(
        3,
        "kill -9 of a worker with all its processes, at random",
        "nobody is missed, and sending goes on within ten seconds of the restart",
        (_KILL, *_ENDED),
        ("worker-killed", "random-kills"),
    ),
    SurvivedFault(
        4,
        "kill -9 after a wake-up was published, before that is recorded",
        "nothing records wake-ups; one that comes again changes nothing",
        (_WAKE_UPS,),
        ("crash-points",),
    ),
    SurvivedFault(
        5,
        "kill -9 of a web process after an approval is committed, before its answer",
        "if it was committed, it holds and a second one is refused; if not, it is given again; both are sent once",
        (
            "tests/faults/test_killed_approval.py::test_an_approval_whose_answer_was_lost_holds_or_is_given_again",
            "tests/notifications/campaigns/test_lifecycle.py::test_every_forbidden_change_of_state_is_refused_by_the_database",
            _FROZEN_ONCE,
        ),
    ),
    SurvivedFault(
        6,
        "SIGTERM in the middle of a batch",
        "requests that are under way are settled, and nothing stays claimed",
        ("tests/faults/test_without_broker.py::test_a_worker_that_is_stopped_while_it_polls_leaves_nothing_claimed",),
        ("worker-terminated",),
    ),
    SurvivedFault(
        7,
        "a process or its connection ends during COMMIT",
        "the settlement counts once or not at all",
        (_VOID, "tests/faults/test_lost_connections.py::test_promise_5_workers_survive_the_loss_of_their_connections"),
        ("connections-ended",),
    ),
    SurvivedFault(
        8,
        "a worker stands still for longer than its lease and goes on",
        "its claims are kept for it until then; afterwards its settlement is void, and it starts no request",
        (_FROZEN, _VOID, _DELIVERY + "test_campaign_end.py::test_no_request_starts_in_the_last_fifteen_seconds_of_a_lease"),
        ("worker-frozen",),
    ),
    SurvivedFault(
        9,
        "kill -9 of the broker, ten times",
        "sending goes on; the connection is made anew, even if acknowledgements were lost",
        (_NO_BROKER, *_LOST_ACKNOWLEDGEMENTS),
        ("broker-killed",),
    ),
    SurvivedFault(
        10,
        "the broker is away for long",
        "workers poll the database, and readers notice nothing",
        (
            _NO_BROKER,
            "tests/notifications/test_broker_connection.py::test_a_broker_that_is_away_for_an_hour_is_tried_every_five_seconds",
            "tests/faults/test_survival.py::test_promise_7_reads_and_help_survive_without_database_broker_and_cache",
        ),
        ("broker-away",),
    ),
    SurvivedFault(
        11,
        "the broker loses everything",
        "nothing is missed: the work is rows",
        (_WAKE_UPS,),
        ("snapshot-all-stopped", "dump-in-place"),
    ),
    SurvivedFault(12, "the broker takes no messages", "approval and sending go on", (_NO_BROKER,), ("broker-full",)),
    SurvivedFault(
        13,
        "the network to the broker is slow and loses packets",
        "nothing is slower: no step of sending waits for the broker, and wake-ups are taken late",
        (_NO_BROKER, _DELIVERY + "test_polling.py::test_a_tick_that_finds_work_wakes_its_own_process"),
        ("broker-slow",),
    ),
    SurvivedFault(
        14,
        "the network drops all packets to database, broker and FCM",
        "connections are given up within 20 s, and another worker takes over",
        (_ISOLATION + "test_connections_notice_a_database_that_is_out_of_reach",),
        ("black-hole", "hosts-partitioned"),
    ),
    SurvivedFault(
        15,
        "each wake-up arrives many times",
        "no message more",
        (_WAKE_UPS, "tests/notifications/test_tasks.py::test_wake_ups_that_piled_up_run_once"),
        ("broker-doubling",),
    ),
    SurvivedFault(
        16,
        "messages in the queue that no version knows, or that are no JSON",
        "they are dropped with an error in the log; arguments of a newer version are ignored",
        (
            "tests/faults/test_strange_messages.py::test_strange_messages_hold_up_nothing",
            "tests/faults/test_strange_messages.py::test_strange_messages_in_redis_hold_up_nothing",
            _WAKE_UPS,
            "tests/core/test_headers.py::test_a_message_to_the_broker_cannot_control_a_worker",
        ),
    ),
    SurvivedFault(
        17,
        "RabbitMQ is out of memory; a message is delivered again and again",
        "sending goes on; messages are acknowledged when they arrive, so none waits for long",
        (_WAKE_UPS,),
        ("broker-full", "broker-doubling"),
    ),
    SurvivedFault(
        18,
        "PostgreSQL crashes in the middle of a campaign",
        "what was answered with success is there; nobody is missed",
        ("tests/faults/test_lost_connections.py::test_promise_5_workers_survive_the_loss_of_their_connections",),
        ("database-killed", "approvals"),
    ),
    SurvivedFault(
        19,
        "all connections to the database end, again and again",
        "workers connect again",
        ("tests/faults/test_lost_connections.py::test_promise_5_workers_survive_the_loss_of_their_connections",),
        ("connections-ended",),
    ),
    SurvivedFault(
        20,
        "the database has no connection left",
        "registrations get 503, `/readyz` says so, readers notice nothing",
        (
            _READINESS + "test_a_database_without_a_free_connection_takes_no_writes",
            "tests/api/test_bad_input.py::test_without_a_database_a_write_is_503_with_retry_after",
        ),
        ("pgbouncer",),
    ),
    SurvivedFault(
        21,
        "the database becomes read-only",
        "outcomes are kept in memory and written later; nobody is told twice",
        (
            _ISOLATION + "test_a_database_that_is_read_only_for_seconds_doubles_nobody",
            _READINESS + "test_a_read_only_database_takes_no_writes",
        ),
        ("read-only",),
    ),
    SurvivedFault(
        22,
        "another session locks the row of a campaign for a minute",
        "a stop works all the same, and other campaigns go on",
        (
            _DELIVERY + "test_brakes.py::test_a_stop_does_not_wait_for_a_lock_on_the_campaigns_row",
            _ISOLATION + "test_a_locked_campaign_holds_up_no_settlement",
        ),
        ("locked-campaign",),
    ),
    SurvivedFault(
        23,
        "the disk of PostgreSQL's log is full",
        "PostgreSQL ends, and nothing is sent; once there is room and it runs again, sending goes on by itself",
        runs=("log-disk-full",),
    ),
    SurvivedFault(
        24,
        "one single write of outcomes fails",
        "that batch is written later, and all others meanwhile",
        (_ISOLATION + "test_a_write_that_fails_for_one_batch_holds_up_no_other",),
        ("failing-write",),
    ),
    SurvivedFault(
        25,
        "deadlocks",
        "what was ended is tried again",
        (_DELIVERY + "test_unwritten.py::test_outcomes_that_are_refused_outlast_the_run_and_are_written_later",),
        ("resume-and-settle",),
    ),
    SurvivedFault(
        26,
        "the database is 200 to 800 ms away",
        "slower; no lease ends while it is sent under",
        (_DELIVERY + "test_unwritten.py::test_the_lease_is_renewed_while_the_outcomes_are_refused",),
        ("200-ms-away", "400-ms-away", "800-ms-away"),
    ),
    SurvivedFault(
        27,
        "FCM answers 503 to everything",
        "the project is blocked with growing waits; all is sent afterwards",
        (
            _TABLE + "test_an_unavailable_fcm_is_blocked_and_tried_again",
            _DELIVERY + "test_odd_devices.py::test_an_outage_of_fcm_uses_up_no_devices_tries",
        ),
        ("fcm-down",),
    ),
    SurvivedFault(
        28,
        "FCM answers 429 with Retry-After",
        "no worker sends to that project in that time",
        (
            _DELIVERY + "test_storms.py::test_no_request_leaves_while_fcm_asked_for_silence",
            _TABLE + "test_a_429_blocks_the_project_for_as_long_as_retry_after_says",
        ),
        ("quota-used-up",),
    ),
    SurvivedFault(
        29,
        "Retry-After is a date, negative, enormous or nonsense",
        "read or ignored, and never longer than the limit",
        (_DELIVERY + "test_outcomes.py::test_retry_after_is_read_in_both_forms_and_nonsense_is_ignored",),
    ),
    SurvivedFault(
        30,
        "429 without Retry-After",
        "waits that double",
        (
            _WORKER + "test_consecutive_blocks_grow_and_simultaneous_ones_count_once",
            _WORKER + "test_a_429_blocks_the_whole_project",
        ),
    ),
    SurvivedFault(
        31,
        "FCM accepts and never answers",
        "one more try, then *unknown*",
        (_TABLE + "test_a_response_that_never_ends_is_retried_once_and_then_unknown",),
    ),
    SurvivedFault(
        32,
        "404 without FCM's reason to everything",
        "nobody is taken off, and the campaign halts",
        (_PROMISES + "test_promise_8_a_response_to_all_marks_no_installation_gone",),
    ),
    SurvivedFault(
        33,
        "FCM calls everybody unregistered",
        "a canary and a second group fail, it halts, and nobody is taken off",
        (_DELIVERY + "test_canary.py::test_a_canary_mostly_gone_halts_and_marks_nobody",),
        ("all-unregistered",),
    ),
    SurvivedFault(
        34,
        "401 or 403 to everything, or from one platform's push service",
        "the token is renewed once; then it halts, and nobody is taken off",
        (
            _DELIVERY + "test_odd_devices.py::test_a_second_rejected_token_halts_for_everybody",
            _DELIVERY + "test_odd_devices.py::test_one_platform_whose_key_fails_halts_and_marks_nobody",
        ),
    ),
    SurvivedFault(
        35,
        "FCM refuses the message itself",
        "halted after the canary",
        (_TABLE + "test_a_response_that_concerns_all_halts_after_the_canary",),
    ),
    SurvivedFault(
        36,
        "an answer of one byte a second, of a gigabyte, or one that breaks off",
        "cut off by time and size",
        (
            _DELIVERY + "test_fcm.py::test_an_endless_response_is_cut_off",
            _TABLE + "test_a_response_of_a_gigabyte_is_cut_off_and_halts_the_campaign",
            _DELIVERY + "test_over_http2.py::test_a_stream_reset_after_acceptance_makes_one_device_uncertain",
        ),
    ),
    SurvivedFault(
        37,
        "Google gives no access tokens, or the worker's clock is wrong",
        "the known token is used to its end; then the project waits, and other projects go on",
        (
            _DELIVERY + "test_access_tokens.py::test_a_failed_renewal_is_reported_when_the_old_token_expires",
            _DELIVERY + "test_access_tokens.py::test_a_worker_whose_clock_is_wrong_leaves_the_project_to_others",
            _DELIVERY + "test_storms.py::test_a_token_endpoint_that_hangs_holds_up_its_own_project_alone",
        ),
    ),
    SurvivedFault(38, "two schedulers at the same time", "a campaign begins once", (_FROZEN_ONCE,)),
    SurvivedFault(
        39,
        "one scheduler stands still, another goes on, the first wakes up",
        "there is no leader: each step checks the state first",
        (_FROZEN_ONCE, _VOID),
        ("worker-frozen",),
    ),
    SurvivedFault(
        40,
        "nothing runs for two hours",
        "what is due begins on return; what has ended meanwhile never does",
        (
            "tests/notifications/campaigns/test_schedule.py::test_a_campaign_that_should_have_begun_begins_now",
            _DELIVERY + "test_planner.py::test_a_campaign_past_its_last_instant_never_begins",
        ),
        ("beat-killed", "nothing-for-two-hours"),
    ),
    SurvivedFault(
        41,
        "the database's clock steps forward or back",
        "leases follow; nothing starts twice",
        (
            _DELIVERY + "test_clock_steps.py::test_a_campaign_that_has_begun_goes_on",
            _DELIVERY + "test_clock_steps.py::test_leases_and_blocks_end_by_the_new_clock",
        ),
        ("clock-forward", "clock-back", "failover-ahead"),
    ),
    SurvivedFault(
        42,
        "clocks change at the time of a campaign, in every zone",
        "exactly once",
        (
            "tests/notifications/campaigns/test_all_zones.py"
            "::test_a_local_time_comes_exactly_once_around_every_change_of_every_clock",
        ),
    ),
    SurvivedFault(
        43,
        "workers' and the beat's clocks are wrong",
        "no effect: the database's clock counts",
        ("tests/notifications/test_tasks.py::test_no_wake_up_is_dropped_by_the_clock_of_a_machine",),
        ("worker-clock", "beat-clock"),
    ),
    SurvivedFault(
        44,
        "old code on the new schema, new code on the old one",
        "the first sends (`./run test --previous`); the second takes no writes, and `doctor` names the migration that is missing",
        (
            "tests/tools/sandbox/test_test_modes.py::test_the_baseline_names_a_whole_commit_and_tests_of_sending",
            _READINESS + "test_a_missing_migration_is_a_fault",
            "tests/core/test_doctor.py::test_the_first_missing_migration_is_named",
        ),
    ),
    SurvivedFault(
        45,
        "a migration meets a long transaction",
        "`migrate` gives up a lock that is not free within a second, and tries again; nothing queues behind it for longer",
        (
            "tests/core/test_migrate.py::test_readers_and_writers_do_not_queue_behind_a_migration_that_waits",
            "tests/guards/test_migrations_sql.py::test_no_migration_blocks_a_table_or_breaks_the_running_release",
        ),
    ),
    SurvivedFault(
        46,
        "the same batch ends its worker each time (out of memory)",
        "the campaign halts after three claims",
        (_CLAIMS + "test_a_batch_that_is_never_settled_halts_the_campaign",),
    ),
    SurvivedFault(
        47,
        "a process has no file descriptors left",
        "connections wait; it answers again as soon as some are closed",
        ("tests/faults/test_slow_clients.py::test_a_process_without_file_descriptors_answers_again_by_itself",),
    ),
    SurvivedFault(
        48,
        "the disk of the logs is full",
        "nothing is logged, and everything goes on",
        ("tests/core/test_repeated_errors.py::test_a_full_disk_of_the_log_stops_nothing",),
    ),
    SurvivedFault(
        49,
        "FCM's name is not found, or its certificate is not trusted",
        "nothing is sent; the campaign waits and says so",
        (
            _DELIVERY + "test_fcm.py::test_a_server_without_a_trusted_certificate_is_sent_nothing",
            _WORKER + "test_while_fcm_is_unreachable_the_campaign_waits_and_says_so",
        ),
    ),
    SurvivedFault(
        50,
        "a stop in the middle of sending",
        "nothing is sent two seconds later, but for a message that a worker had checked when the system stopped it for a while",
        (
            _PROMISES + "test_promise_9_two_seconds_after_a_stop_nothing_is_sent",
            _DELIVERY + "test_brakes.py::test_a_pause_works_within_two_seconds_and_resuming_sends_the_rest",
        ),
        ("paused",),
    ),
    SurvivedFault(
        51,
        "an edit and an approval at the same instant",
        "what nobody read is never approved",
        (
            "tests/notifications/campaigns/test_racing_approvals.py"
            "::test_racing_edits_and_approvals_never_approve_what_nobody_read",
        ),
    ),
    SurvivedFault(
        52,
        "a backup, a snapshot or a point in time of the database is put back in mid-campaign, or a standby promoted",
        "everything in flight is held until a person resumes",
        (
            _DELIVERY + "test_restore_drill.py::test_a_backup_is_restored_held_checked_and_resumed_without_a_doubt",
            _PROMISES + "test_promise_9_a_database_that_was_restored_sends_nothing_by_itself",
            _DELIVERY + "test_restores.py::test_a_restore_is_noticed_after_all_workers_were_stopped",
            _DELIVERY + "test_point_in_time.py::test_a_recovery_to_a_point_in_time_is_held_until_a_person_resumes",
        ),
        ("snapshot", "snapshot-all-stopped", "dump-in-place", "point-in-time", "standby-promoted"),
    ),
    SurvivedFault(
        53,
        "the keys of App Check cannot be fetched",
        "known keys stay in use; without any, writes get 503, and readers notice nothing",
        (
            "tests/api/http/test_app_check.py::test_known_keys_stay_in_use_while_google_cannot_be_reached",
            "tests/api/http/test_app_check.py::test_without_any_key_writing_is_unavailable_and_reading_goes_on",
        ),
    ),
    SurvivedFault(
        54,
        "mail server or webhook of staff messages is down",
        "tried five times, beside the sending; metrics are fetched, and wait for nobody",
        (
            "tests/notifications/staff_messages/test_staff_messages.py"
            "::test_a_mail_server_that_fails_is_tried_again_and_not_for_ever",
            "tests/notifications/staff_messages/test_staff_messages.py::test_a_webhook_that_fails_is_tried_again",
        ),
    ),
)

_INTRODUCTION = """Each row is a fault in the middle of a campaign, what happens, and what shows it: a test, or a run
of `./run faults` with its figures in [measurements/faults.md](measurements/faults.md). A run that
has no figures yet says so, and shows nothing yet. The table is made from `tests/survived_faults.py`
(`python -m tests.survived_faults`), and a test keeps the two equal.
"""


def _run(name: str) -> str:
    return f"run `{name}`" + (f" ({NOT_MEASURED[name]})" if name in NOT_MEASURED else "")


def section() -> str:
    """Return the section of docs/operations.md."""
    rows = ["| | fault | what happens | shown by |", "| --- | --- | --- | --- |"]
    for one in FAULTS:
        shown = [f"`{test.rpartition('::')[2]}`" for test in one.tests] + [_run(run) for run in one.runs]
        rows.append(
            f"| F{one.number} | {one.fault} | {one.outcome or '–'} | {'<br>'.join(shown) or f'*not tried:* {one.why_not}'} |"
        )
    return f"{HEADING}\n\n{_INTRODUCTION}\n" + "\n".join(rows) + "\n"


def document(present: str) -> str:
    """Return docs/operations.md with the section as its end."""
    return present.partition(HEADING)[0] + section()


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
