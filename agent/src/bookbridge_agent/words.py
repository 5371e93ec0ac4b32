"""Sentences in the language of whoever reads them: messages by their id, and the words of the screens."""

from collections.abc import Mapping
from functools import cache

from bookbridge_agent.messages import ENGLISH, Message

LANGUAGES = {"en": "English", "nl": "Nederlands", "fr": "Français"}


class Words:
    """One language's. English stands in for what another lacks; a test sees to it that none lacks anything."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words, self._messages = _catalogue(language)

    def __call__(self, name: str, /, **values: object) -> str:
        return self._words[name].format_map(values)

    def has(self, name: str) -> bool:
        return name in self._words

    def count(self, name: str, count: int, /, **values: object) -> str:
        """The form for one or for several: `name_one` or `name_many`."""
        is_one = count == 1 or (count == 0 and self.language == "fr")
        return self(f"{name}_{'one' if is_one else 'many'}", count=count, **values)

    def reason(self, name: str) -> str:
        """A reason that is a word of the screens, or a message without values."""
        return self._words[name] if name in self._words else self._messages[name]

    def say(self, message: Message) -> str:
        values = {name: self._inner(value) for name, value in message.values.items()}
        sentence = self._messages.get(message.code)
        # A journal may hold what another version said.
        return message.code if sentence is None else sentence.format_map(_Known(values))

    def _inner(self, value: str) -> str:
        """Some sentences name a reason that is a message itself."""
        code = _codes_of_reasons().get(value)
        return value if code is None else self._messages[code]


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


@cache
def _catalogue(language: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Imported by name, so that a build of one file finds them, and only when it is spoken."""
    if language == "nl":
        from bookbridge_agent.languages import dutch

        return dutch.WORDS, dutch.MESSAGES
    if language == "fr":
        from bookbridge_agent.languages import french

        return french.WORDS, french.MESSAGES
    from bookbridge_agent.languages import english

    return english.WORDS, ENGLISH


@cache
def _codes_of_reasons() -> Mapping[str, str]:
    return {sentence: code for code, sentence in ENGLISH.items() if code.startswith("name_") and "{" not in sentence}


def best_language(wanted: list[str]) -> str:
    """The first of some language tags that there are words for, otherwise English."""
    codes = [tag.replace("_", "-").partition("-")[0].lower() for tag in wanted]
    return next((code for code in codes if code in LANGUAGES), "en")
