"""Celery's consumer without the queues for delayed messages, which no message ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from celery.worker.consumer import Consumer

_logger = logging.getLogger(__name__)


class WakeUpConsumer(Consumer):  # type: ignore[misc]
    """The consumer of a worker. No wake-up is published to be delivered later.

    With quorum queues, Celery's own consumer would declare 28 queues and as many exchanges for such messages at each connection.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of the consumer."""

        default_steps: ClassVar[list[str]] = [
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]

    def create_task_handler(self, *arguments: Any, **named: Any) -> Callable[[Any], None]:
        """Return what is called with each message: one that it cannot handle is dropped.

        Celery drops most of them by itself. One whose headers name a task of no version and no id, or a list as the task, would
        end the worker, and with it its polling.
        """
        handle = super().create_task_handler(*arguments, **named)

        def handle_or_drop(message: Any) -> None:
            try:
                handle(message)
            except self.connection_errors:
                raise
            except Exception:
                _logger.exception("A message from the broker was dropped, because no worker understands it.")
                if not message.acknowledged:
                    message.reject_log_error(_logger, self.connection_errors)

        return handle_or_drop
