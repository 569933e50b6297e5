"""kombu's Redis transport, made to go on after acknowledgements that were lost, and after what is no message.

kombu counts a message whose acknowledgement fails, as when Redis restarts, as one that is still being worked on. Celery logs the
failure and goes on. With as many such messages as a worker prefetches, kombu reads nothing more from the connection, and so does
not even notice that it has ended: the worker would take no wake-up until somebody starts it again.

What somebody puts into a queue that kombu has not written ends the worker, and with it its polling. Here it is dropped.
"""

from __future__ import annotations

import logging
from json import JSONDecodeError
from typing import Any

from kombu.transport import redis, virtual

_logger = logging.getLogger(__name__)
_DROPPED = "Something in the queue is no message, and was dropped (%s)."


class RedisQoS(redis.QoS):
    """The messages that a channel is working on. One that was acknowledged or rejected is none, whether or not Redis knows of it.

    If Redis still has such a message, it is delivered again after kombu's visibility timeout of an hour. A wake-up that comes
    twice changes nothing.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message; raise what Redis or the connection to it raises."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or drop it; raise what Redis or the connection to it raises."""
        try:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class RedisChannel(redis.Channel):
    """A channel that counts its messages in this way."""

    QoS = RedisQoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (JSONDecodeError, UnicodeDecodeError) as error:
            _logger.error(_DROPPED, type(error).__name__)
            return True


class RedisTransport(redis.Transport):
    """The transport for redis:// and rediss://."""

    Channel = RedisChannel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The envelope lacks what kombu puts into it. What is wrong inside of it is the consumer's to handle.
            _logger.error(_DROPPED, type(error).__name__)
