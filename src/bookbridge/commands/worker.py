"""bookbridge worker"""

import os
from pathlib import Path

import click


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Runs worked on at once.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Make this file when work can begin.")
@click.option("--metrics", "metrics_at", metavar="HOST:PORT", help="Tell this worker's numbers to Prometheus there.")
@click.option("--again", is_flag=True, hidden=True)
def worker(concurrency: int, ready_file: Path | None, metrics_at: str | None, again: bool) -> None:
    """Work through runs until stopped. Start as many as you like, on as many machines as you like.

    A worker that loses its database starts anew by itself, and waits until the database is there again.
    """
    from bookbridge.server.start import load_django
    from bookbridge.server.starting_anew import StartAnew, starting_anew_when_it_fails

    # Before the address of an embedded database is added: started anew, it may have to start that one too.
    start_anew = StartAnew(os.environ)
    with starting_anew_when_it_fails(start_anew, again):
        load_django(patiently=again)
    from bookbridge.server import telemetry
    from bookbridge.server.worker import run_worker

    if metrics_at:
        _tell_numbers(metrics_at)
    stop_telemetry = telemetry.start("worker")
    try:
        run_worker(concurrency, ready_file, start_anew, again=again)
    finally:
        stop_telemetry()


def _tell_numbers(place: str) -> None:
    from bookbridge.server import metrics

    host, _, port = place.rpartition(":")
    try:
        metrics.serve(host.strip("[]"), int(port))
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{place}: give HOST:PORT, such as 127.0.0.1:9101", param_hint="--metrics") from None
    except OSError as error:
        raise click.ClickException(f"can't listen on {place}: {error.strerror}; choose another --metrics") from None
