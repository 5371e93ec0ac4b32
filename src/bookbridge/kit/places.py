"""Where a reading of several resources, one after the other, goes on: the resource, and the package's next page."""


def place(after: str | None) -> tuple[int, str | None]:
    """The number of the resource, and the address of its next page; None for its first one."""
    if after is None:
        return 0, None
    number, _, address = after.partition(" ")
    return int(number), address or None


def following(number: int, address: str | None, of: int) -> str | None:
    """What `place` reads after a page of the resource with this number, whose next page is at the address; `of`: how
    many resources there are."""
    if address:
        return f"{number} {address}"
    return f"{number + 1} " if number + 1 < of else None
