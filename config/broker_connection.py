"""The connection to the broker: while the broker is away it is tried again and again, soon after its return too."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport import redis

from config.redis_broker import RedisTransport

#: Seconds between two tries to connect: from the first to the third value, more by the second each time.
FIRST_WAIT, MORE_EACH_TIME, LONGEST_WAIT = 1.0, 1.0, 5.0
#: Seconds after which a connection ends on which the broker acknowledges nothing that was sent: the network drops its packets.
#: Otherwise TCP would repeat them for a quarter of an hour (https://www.rfc-editor.org/rfc/rfc5482).
UNACKNOWLEDGED = 15.0


class BrokerConnection(Connection):
    """A connection that never gives up.

    Celery passes no intervals, and kombu's own grow to 30 s. Without a limit (`broker_connection_max_retries`) a worker outlives
    any outage: with Celery's default of 100 tries it would end after three quarters of an hour, in the middle of a campaign.
    """

    def ensure_connection(
        self, errback: Callable[..., object] | None = None, max_retries: int | None = None, **named: Any
    ) -> Connection:
        """Connect, and try again until it succeeds; `errback` is called with the exception and the seconds until the next try."""
        intervals = {"interval_start": FIRST_WAIT, "interval_step": MORE_EACH_TIME, "interval_max": LONGEST_WAIT}
        super().ensure_connection(errback, max_retries, **{**intervals, **named})  # type: ignore[no-untyped-call]
        return self

    def get_transport_cls(self) -> Any:
        """Return the class of the transport; for Redis one that goes on after acknowledgements that were lost."""
        found = super().get_transport_cls()  # type: ignore[no-untyped-call]
        return RedisTransport if found is redis.Transport else found


class BrokerAMQP(AMQP):  # type: ignore[misc]
    """What Celery makes its connections and messages with."""

    Connection: ClassVar[type[Connection]] = BrokerConnection


def transport_options(url: str) -> dict[str, Any]:
    """Return kombu's options for the transport of a broker; none for RabbitMQ, whose client gives up after a second by itself."""
    # macOS has no such limit.
    if urlsplit(url).scheme not in {"redis", "rediss"} or not hasattr(socket, "TCP_USER_TIMEOUT"):
        return {}
    milliseconds = int(UNACKNOWLEDGED * 1000)
    return {"socket_keepalive": True, "socket_keepalive_options": {socket.TCP_USER_TIMEOUT: milliseconds}}
