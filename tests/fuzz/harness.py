"""Finds the targets, damages seeds, and runs a target over them."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Protocol, cast

_TARGETS = Path(__file__).parent / "targets"
_INTERESTING = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b'"',
    b"'",
    b",",
    b";",
    b"\x1a",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x81",
    b"\xc3",
)
_MOST_COPIED = 200


class Target(Protocol):
    SEEDS: Sequence[bytes]
    INSTRUMENTED: Sequence[str]

    def check(self, data: bytes) -> None: ...


def target_names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules([str(_TARGETS)]))


def target(name: str) -> Target:
    return cast(Target, importlib.import_module(f"tests.fuzz.targets.{name}"))


def run(name: str, damaged_ones: int) -> None:
    """The target over its seeds and over so many damaged ones, the same each time."""
    module, chance = target(name), Random(name)
    for seed in module.SEEDS:
        told(module.check, seed)
    for _ in range(damaged_ones):
        told(module.check, damaged(chance.choice(module.SEEDS), chance))


def told(check: Callable[[bytes], None], data: bytes) -> None:
    """Check, and say with which bytes it went wrong."""
    try:
        check(data)
    except Exception as error:
        error.add_note(f"with the bytes {data!r}")
        raise


def damaged(data: bytes, chance: Random) -> bytes:
    """The data with some bytes flipped, cut, doubled, swapped or put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.randint(1, _MOST_COPIED))
        match chance.randrange(6):
            case 0 if start < len(changed):
                changed[start] ^= 1 << chance.randrange(8)
            case 1:
                changed[start:start] = chance.choice(_INTERESTING) * chance.randint(1, 4)
            case 2:
                del changed[start:end]
            case 3:
                changed[start:start] = changed[start:end]
            case 4:
                changed[start:end] = changed[end : 2 * end - start] + changed[start:end]
            case 5:
                changed[start:start] = chance.randbytes(chance.randint(1, 8))
    return bytes(changed)
