"""bookbridge worker"""

from pathlib import Path

import click


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Runs worked on at once.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Make this file when work can begin.")
def worker(concurrency: int, ready_file: Path | None) -> None:
    """Work through runs until stopped. Start as many as you like, on as many machines as you like."""
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.server.worker import run_worker

    run_worker(concurrency, ready_file)
