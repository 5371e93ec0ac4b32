"""This agent's version, and whether another is newer. Pure but for the question what is installed."""

import re
from importlib.metadata import version

OWN = version("bookbridge-agent")
_NUMBERS = re.compile(r"\d{1,6}(\.\d{1,6}){0,4}")


def is_newer(other: str, own: str = OWN) -> bool:
    """By the release numbers alone: of a preview and its release none is newer. What is no version never is."""
    return _numbers(other) > _numbers(own)


def _numbers(said: str) -> tuple[int, ...]:
    found = _NUMBERS.match(said)
    numbers = [int(number) for number in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
