"""python -m tests.fuzz [NAME …] [--seconds N]: atheris on each target, in a process of its own."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.harness import target, target_names

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_INPUT = 20_000
_MOST_MEMORY_MB = 1024
_LONGEST_RUN_S = 20


def main(arguments: list[str]) -> int:
    """1 when a target failed; the bytes that did it stay in the named folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of {', '.join(target_names())}; all by default"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(target_names()):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; known are {', '.join(target_names())}")
    if asked.here:
        _fuzz(asked.names[0], Path(asked.here), asked.seconds)
    failed = [name for name in asked.names or target_names() if not _holds(name, asked.seconds)]
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "every target held\n")
    return 1 if failed else 0


def _holds(name: str, seconds: int) -> bool:
    folder = Path(tempfile.mkdtemp(prefix=f"bookbridge-fuzz-{name}-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target(name).SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    sys.stdout.write(f"== {name}, {seconds} s\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(seconds), "--here", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.stdout.write(f"{name} failed; the bytes that did it are in {folder}\n")
        return False
    shutil.rmtree(folder)
    return True


def _fuzz(name: str, folder: Path, seconds: int) -> None:
    """Never returns: the fuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=[*_parts_of(name)]):
        check = target(name).check
    options = [
        *(f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", f"-rss_limit_mb={_MOST_MEMORY_MB}"),
        *(f"-timeout={_LONGEST_RUN_S}", f"-artifact_prefix={folder}/", "-print_final_stats=1", "-verbosity=0"),
    ]
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], check)
    atheris.Fuzz()


def _parts_of(name: str) -> tuple[str, ...]:
    """What the target wants instrumented, read from its text: importing it would load that code uninstrumented."""
    import ast

    text = (ROOT / "tests" / "fuzz" / "targets" / f"{name}.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "INSTRUMENTED" for each in node.targets):
            found: tuple[str, ...] = ast.literal_eval(node.value)
            return found
    raise SystemExit(f"the target {name} names no INSTRUMENTED code")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
