"""Let a broker deliver each message twice: Redis through a proxy, RabbitMQ by a second queue that sends its messages on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tools.faults.proxy import DelayingProxy

#: Milliseconds after which the copy of a message arrives.
_COPY_AFTER = 100


class EachPushTwice:
    """Rewrites what one client of Redis sends: each LPUSH, by which messages enter a queue, has its last value twice."""

    def __init__(self) -> None:
        self._rest = b""

    def __call__(self, data: bytes) -> bytes:
        """Return the whole commands so far, rewritten; keep the beginning of one that has not ended."""
        self._rest += data
        passed_on = b""
        while (found := _first_command(self._rest)) is not None:
            words, size = found
            if words[0].upper() == b"LPUSH":
                words.append(words[-1])
            passed_on += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
            self._rest = self._rest[size:]
        return passed_on


def _first_command(data: bytes) -> tuple[list[bytes], int] | None:
    """Return the words of the first command and its bytes in the Redis protocol (RESP); None if it is not whole yet."""
    head, end, _ = data.partition(b"\r\n")
    if not end:
        return None
    words, at = [], len(head) + 2
    for _ in range(int(head.removeprefix(b"*"))):
        size, end, _ = data[at:].partition(b"\r\n")
        if not end:
            return None
        begins = at + len(size) + 2
        at = begins + int(size.removeprefix(b"$")) + 2
        if len(data) < at:
            return None
        words.append(data[begins : at - 2])
    return words, at


@contextmanager
def doubling_redis(url: str) -> Iterator[str]:
    """Yield the URL of a Redis that puts each message into its queue twice."""
    port = urlsplit(url).port or 0
    proxy = DelayingProxy(port, delay=0.0, rewriter=EachPushTwice)
    try:
        yield url.replace(f":{port}/", f":{proxy.port}/")
    finally:
        proxy.stop()


@contextmanager
def doubling_rabbitmq(url: str) -> Iterator[str]:
    """Yield the same URL, while each message goes into a second queue too, whose messages expire into the first one."""
    from kombu.connection import Connection
    from kombu.entity import Queue

    from config.celery import app

    with Connection(url) as connection:
        copies = []
        for name, queue in app.amqp.queues.items():
            arguments = {
                "x-message-ttl": _COPY_AFTER,
                # The exchange without a name passes a message to the queue that its routing key names.
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": name,
            }
            copy = Queue(f"copies-of-{name}", queue.exchange, queue.routing_key, queue_arguments=arguments)
            copies.append(copy(connection.default_channel))
            copies[-1].declare()
        try:
            yield url
        finally:
            for copy in copies:
                copy.delete()
