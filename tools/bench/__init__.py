"""Speed as ratios measured in one run, printed as JSON: what a test can't hold on a machine it doesn't know.

`python -m tools.bench` runs every measure, `python -m tools.bench NAME …` some; each in a process of its own. A measure
is a module in this folder:

    GOALS = {"ratio": "<= 8"}           what must hold of which of its numbers
    SIZES = {"lines": 1_000_000}        what can be asked otherwise, here by `--lines`
    def measure(asked) -> dict          the numbers; `asked.lines` is the size that was asked for
"""
