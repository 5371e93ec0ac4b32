"""Text from elsewhere in a form that PostgreSQL takes: every character but NUL and halves of UTF-16 pairs."""

from typing import Any


def storable(text: str, longest: int | None = None) -> str:
    """The text, at most so many characters of it, with what can't be stored made visible."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()[:longest]


def storable_values(value: Any) -> Any:
    """The same for every text in JSON values."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): storable_values(content) for name, content in value.items()}
    if isinstance(value, list | tuple):
        return [storable_values(content) for content in value]
    return value
