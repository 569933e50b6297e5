"""kombu's Redis transport, made to go on after acknowledgements that were lost.

kombu counts a message whose acknowledgement fails, as when Redis restarts, as one that is still being worked on. Celery logs the
failure and goes on. With as many such messages as a worker prefetches, kombu reads nothing more from the connection, and so does
not even notice that it has ended: the worker would take no wake-up until somebody starts it again.
"""

from __future__ import annotations

from kombu.transport import redis, virtual


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


class RedisTransport(redis.Transport):
    """The transport for redis:// and rediss://."""

    Channel = RedisChannel
