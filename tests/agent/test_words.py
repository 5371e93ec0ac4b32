"""Every sentence of the agent in every language, with the same things named in it."""

import re
import string
from pathlib import Path

import pytest

import bookbridge_agent
from bookbridge_agent.languages import dutch, english, french
from bookbridge_agent.masks import KINDS
from bookbridge_agent.messages import ENGLISH, Message, message
from bookbridge_agent.screens import activity, form, settings_page
from bookbridge_agent.words import Words, best_language

ROOM = Path(bookbridge_agent.__file__).parent
OTHERS = {"nl": dutch, "fr": french}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_and_nothing_is_left_over(language: str) -> None:
    for english_ones, others in ((ENGLISH, OTHERS[language].MESSAGES), (english.WORDS, OTHERS[language].WORDS)):
        assert set(others) == set(english_ones)
        assert [name for name, sentence in others.items() if fields(sentence) != fields(english_ones[name])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language: str) -> None:
    same = {"agent", "menu", "ok", "field_bucket", "field_proxy", "synchronisation", "synchronisations", "pages"}
    words = {**OTHERS[language].MESSAGES, **OTHERS[language].WORDS}
    alike = {name for name, sentence in {**ENGLISH, **english.WORDS}.items() if words[name] == sentence}
    assert alike <= same


def used() -> set[str]:
    """The words that templates and code name outright."""
    templates = [path.read_text() for path in (ROOM / "screens" / "templates").glob("*.html")]
    named = {name for text in templates for name in re.findall(r'\bt\(["\'](\w+)["\'][,)]', text)}
    counted = {name for text in templates for name in re.findall(r't\.count\("(\w+)"', text)}
    code = [path.read_text() for path in [ROOM / "cli.py", *(ROOM / "screens").glob("*.py")]]
    named |= {name for text in code for name in re.findall(r'words(?:\(home\))?\(["\'](\w+)["\']', text)}
    done = {name for text in code for name in re.findall(r'asked\.go\([^)]*, "(\w+)"\)', text)}
    return (
        named | {f"{name}_{form}" for name in counted for form in ("one", "many")} | {f"done_{name}" for name in done}
    )


BUILT = {
    *(f"field_{name}" for name in (*form.TEXTS, *settings_page.TEXTS, "secret", "code") if name not in form.MASKS),
    *(f"state_{name}" for name in ("off", "starting", "attention", "busy", "good")),
    *(f"what_{name}" for name in activity.WHATS),
    *(f"help_mask_{kind}" for kind in KINDS),
    *(f"sign_{number}" for number in range(1, 9)),
    *(f"trouble_{what}_title" for what in ("mistake", "fault", "foreign", "absent", "large")),
    *(f"trouble_{what}" for what in ("mistake", "foreign", "absent", "large")),
    *(f"done_{done}{how}" for done in ("added", "saved") for how in ("", "_unchecked")),
    *("type_accountancy", "try_no_mask", "try_unfinished", "activity", "settings"),
    *("cli_installed", "cli_installed_not_running", "cli_runs", "cli_runs_not"),
    *("cli_starts_computer", "cli_starts_login"),
}
"""Words whose names are put together."""


def test_every_word_that_is_used_is_there_and_every_word_is_used() -> None:
    assert used() | BUILT == set(english.WORDS)


def test_one_and_many() -> None:
    assert [Words("en").count("files", count) for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert [Words("fr").count("files", count) for count in (0, 1, 2)] == ["0 fichier", "1 fichier", "2 fichiers"]


def test_a_reason_within_a_sentence_is_said_in_its_language() -> None:
    bad = message("bad_name", name="a.csv", reason=message("name_edges"))
    assert Words("nl").say(bad) == (
        "a.csv kan niet worden verstuurd: de naam begint of eindigt met een spatie, of eindigt met een punt. "
        "Geef het een andere naam."
    )


def test_what_another_version_wrote_is_shown_all_the_same() -> None:
    assert Words("fr").say(Message("of_another_version")) == "of_another_version"
    assert Words("nl").say(Message("unreachable")).startswith("De opslag is niet bereikbaar op …")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(["nl_BE.UTF-8"], "nl"), (["FR-be"], "fr"), (["de", "fr"], "fr"), (["C"], "en"), ([], "en"), ([""], "en")],
)
def test_the_first_language_that_is_known(wanted: list[str], found: str) -> None:
    assert best_language(wanted) == found
