"""Files to measure with: made up, the same for the same size."""

from random import Random

_LINES_OF_A_DOCUMENT = 2.7
"""What the maker's documents come to on average."""


def fmuta6(lines: int) -> bytes:
    """An FMUTA6 file of about so many lines, every column quoted, 40 columns."""
    return delivery(int(lines / _LINES_OF_A_DOCUMENT), seed=1)["fmuta6.csv"]


def delivery(documents: int, seed: int) -> dict[str, bytes]:
    """The three files of a delivery, by name."""
    from bookbridge.commands.chaos.documents import make_delivery
    from bookbridge.kit import catalogue

    return make_delivery(documents, catalogue.stage("exact_online").codes, Random(seed)).files  # noqa: S311
