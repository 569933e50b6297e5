"""Celery's consumer without the queues for delayed messages."""

from __future__ import annotations

from typing import ClassVar

from celery.worker.consumer import Consumer


class WakeUpConsumer(Consumer):  # type: ignore[misc]
    """The consumer of a worker. No wake-up is published to be delivered later.

    With quorum queues, Celery's own consumer would declare 28 queues and as many exchanges for such messages at each connection.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of the consumer."""

        default_steps: ClassVar[list[str]] = [
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]
