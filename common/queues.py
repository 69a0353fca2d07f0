"""The queues of Celery in Redis: each is a list, and others for messages that let those before them go first."""

from kombu.transport.redis import PRIORITY_STEPS, Channel

# The priority of a message that lets all others of its queue go first; one which names none is among the first.
LATER = PRIORITY_STEPS[-1]


def lists_of(queue: str) -> list[str]:
    """Their names, by what goes first."""
    return [f"{queue}{Channel.sep}{step}" if step else queue for step in PRIORITY_STEPS]


def priority_after(number: int, few: int) -> int:
    """
    The priority of the message before which the same sender has sent `number` others: so `few` go first, twice as many
    after those of everybody, and so on. Of two who send many, whoever has sent more waits for the other.
    """
    return PRIORITY_STEPS[min((number // few + 1).bit_length(), len(PRIORITY_STEPS)) - 1]
