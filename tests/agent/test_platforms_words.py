"""What the platform knows of the agent without importing it: the shipped version, and what its messages mean."""

import ast
import re
from importlib.metadata import version
from pathlib import Path

from bookbridge.integrations.agents import NEWEST_VERSION
from bookbridge.portal.agent_words import REASON, TROUBLE
from bookbridge_agent import messages

SOURCE = Path(messages.__file__).parent
NOT_ABOUT_WORK = re.compile(
    r"mask_|name_(?!refused)|code_|no_such_|no_identifier|no_address|no_proxy|no_word|folder_|setting_|needed|path_|number_|not_"
    r"|service_|outputs_|output_is|output_taken|left_behind|still_at_work|old_version"
)
"""What is said when somebody enters something, and of the configuration: it is never told to the platform."""


def test_the_shipped_agent_is_the_newest() -> None:
    assert version("bookbridge-agent") == NEWEST_VERSION


def test_the_platform_has_words_for_all_that_agents_tell() -> None:
    told = {code for code in messages.ENGLISH if not NOT_ABOUT_WORK.match(code)}
    assert told - {"configuration_damaged", "runs_already"} == set(TROUBLE)


def test_both_sentences_name_the_same_values() -> None:
    for code, words in TROUBLE.items():
        ours, theirs = re.findall(r"%\((\w+)\)s", str(words)), re.findall(r"{(\w+)}", messages.ENGLISH[code])
        assert sorted(ours) == sorted(theirs), code


def test_the_reasons_are_the_agents_own() -> None:
    reasons = {text for code, text in messages.ENGLISH.items() if code.startswith("name_") and text[0].islower()}
    assert {text for text in reasons if text.startswith("its name")} == set(REASON)


def test_troubles_are_told_under_ids_alone() -> None:
    """Every id that the agent's code gives stands in its own table, so that the comparison above is of all."""
    given = set()
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("AgentError", "message") and node.args:
                first = node.args[0]
                given |= {first.value} if isinstance(first, ast.Constant) else set()
    assert given
    assert given <= set(messages.ENGLISH)
