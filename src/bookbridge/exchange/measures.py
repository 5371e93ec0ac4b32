"""Numbers of the whole installation, as its tables tell them now. None of them names an organisation."""

import json
from dataclasses import dataclass

from bookbridge.exchange import sql, workers
from bookbridge.kit import catalogue
from bookbridge.kit.budgets import call_limits

MEANINGS = {
    "workers_alive": "Workers whose heart beats",
    "jobs_waiting": "Jobs in the queue that no worker has taken yet",
    "runs_open": "Runs that wait or are worked on",
    "runs_broken_off": "Open runs on which work broke off three times or more in a row",
    "oldest_due_run_seconds": "How long the run that waits longest could have been worked on",
    "runs_ended_last_hour": "Runs that ended within the last hour",
    "documents_last_hour": "Documents of runs that ended within the last hour",
    "postings_uncertain": "Postings whose answer was unclear: to be looked up, or waiting for a person",
    "postings_refused": "Postings that were refused and not repaired yet",
    "snapshots_held": "Readings of outstanding items that wait for a decision",
    "accounts": "Accounts at packages",
    "call_budget_left_least": "Calls left in the window for the administration that has the fewest",
}


@dataclass(frozen=True)
class Measure:
    """One number. `labels` are codes of ours or of a package."""

    name: str
    labels: dict[str, str]
    value: float


def read() -> list[Measure]:
    """Every number, in three statements."""
    return [
        Measure("workers_alive", {}, len(workers.living())),
        Measure("jobs_waiting", {}, sql.jobs_waiting()),
        *(Measure(name, json.loads(labels), value) for name, labels, value in sql.measures(limits())),
    ]


def limits() -> str:
    """Each package's limits as its fact sheet has them, by window, as JSON."""
    by_package = {
        package: {
            limit.name: {"calls": limit.calls, "seconds": limit.seconds}
            for limit in call_limits(catalogue.fact_sheet(package).limits)
        }
        for package in catalogue.packages()
    }
    return json.dumps(by_package)
