"""The queues of Celery in Redis: each is a list, and another for messages that let all others of it go first."""

from kombu.transport.redis import Channel

# The priority of a message: that of any which names none, and the last of the steps that kombu has.
FIRST, LATER = 0, 9


def lists_of(queue: str) -> tuple[str, str]:
    """Their names: of what goes first, and of the rest."""
    return queue, f"{queue}{Channel.sep}{LATER}"
