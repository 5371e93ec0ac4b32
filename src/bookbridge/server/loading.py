"""What a process that serves pages does once, before the first of them."""

import gc

from django.urls import get_resolver


def load_pages() -> None:
    """Load the pages' code, and keep it out of the garbage collector's way: it stays for as long as the process does,
    and walking through all of it takes a tenth of a second, which some page would have to wait for."""
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
