"""Fuzzing: whatever bytes come from outside, no exception, nothing lost, no unbounded memory.

`make fuzz` (ARGS="--seconds 60 NAME …") lets atheris look for such bytes, led by what code they reach; the suite runs
each target over its seeds and a fixed number of damaged ones. A target is a module in `tests/fuzz/targets/`:

    SEEDS = [b"…"]                        where to begin
    INSTRUMENTED = ("bookbridge.formats",)    the code whose branches lead the search
    def check(data: bytes) -> None        raises when something is wrong

What was found is mended with a test of its own beside the code's other tests, and its bytes join the SEEDS.
"""
