"""The made-up history itself: runs with their files, lines, postings, attempts and trail, company by company.

Every other run takes a file, the others read outstanding items. A company's runs come in the order of their moments, as
its audit trail needs them.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from bookbridge.commands.seed import made_up
from bookbridge.commands.seed.chain import Chain, PostedPattern, by_a_worker
from bookbridge.commands.seed.companies import Place
from bookbridge.commands.seed.copying import Copier
from bookbridge.commands.seed.made_up import Numbered, Pattern
from bookbridge.exchange.reconciliation import Row

_TROUBLED = 0.15
"""The share of file runs in which something is refused."""
_REFUSED, _UNREAD, _AGAIN = 0.03, 0.001, 0.03
"""Shares of a run's lines: refused and unread in those runs, and posted before in every run."""
_TOOK = timedelta(seconds=14)
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to be; the last file run of the first integration has `largest_run` lines."""

    integrations: int
    runs: int
    lines: int
    largest_run: int
    days: int


@dataclass(slots=True)
class _Shop:
    """One integration while its history is told."""

    place: Place
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    posted: deque[tuple[int, Numbered]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


@dataclass(slots=True)
class _Sums:
    """What a run's lines come to."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    rows: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, outcome: str, document: Numbered) -> None:
        self.counts["total"] += 1
        self.counts[name] += 1
        row = self.rows.setdefault(
            document.journal, dict.fromkeys(("file", "posted", "refused", "skipped"), Decimal(0))
        )
        row["file"] += document.amount
        row[outcome] += document.amount
        self.documents[document.journal] = self.documents.get(document.journal, 0) + 1

    def add_unread(self) -> None:
        for name in ("total", "rejects", "unread"):
            self.counts[name] += 1

    @property
    def is_good(self) -> bool:
        return not self.counts["refused"] and not self.counts["unread"]

    @property
    def reconciliation(self) -> str:
        rows = [
            asdict(
                Row(journal, "EUR", self.documents[journal], uncertain="0.00", **{k: str(v) for k, v in row.items()})
            )
            for journal, row in sorted(self.rows.items())
        ]
        return json.dumps(rows)


_COUNTS = (
    *("total", "waiting", "posted", "already_posted", "refused", "uncertain", "skipped", "rejects", "held", "unread"),
    "set_aside",
)


class History:
    """Tells everything to a copier. The same size, moment and chance give the same rows."""

    def __init__(self, size: Size, until: datetime, copier: Copier, chance: Random) -> None:
        self._size, self._until, self._copier, self._chance = size, until, copier, chance
        self._patterns: dict[date, Sequence[Pattern]] = {}
        self._told = PostedPattern()
        self._run_ids, self._delivery_ids, self._snapshot_ids, self._posting_ids = (count(1) for _ in range(4))
        self._lines_left, self._files_left = size.lines - size.largest_run, self._file_runs() - 1
        self._is_first = True

    def _file_runs(self) -> int:
        return sum((runs + 1) // 2 for runs in self._runs_of_each())

    def _runs_of_each(self) -> list[int]:
        share, more = divmod(self._size.runs, self._size.integrations)
        return [share + (number < more) for number in range(self._size.integrations)]

    def tell(self, companies: Iterable[list[Place]]) -> None:
        runs = iter(self._runs_of_each())
        for places in companies:
            self._tell_of([_Shop(place) for place in places], [next(runs) for _ in places])
            self._is_first = False

    def _tell_of(self, shops: list[_Shop], runs: list[int]) -> None:
        chain = Chain(shops[0].place.organisation_id)
        most = max(runs)
        step = timedelta(days=self._size.days) / most
        for turn in range(most):
            for number, shop in enumerate(shops):
                if turn < runs[number]:
                    moment = self._until - step * (most - turn) + step * number / len(shops)
                    self._tell_run(
                        shop, chain, moment, turn, is_last=self._is_first and not number and turn >= runs[0] - 2
                    )
        self._copier.add("organisations_audithead", (chain.organisation_id, chain.count, chain.hash))

    def _tell_run(self, shop: _Shop, chain: Chain, moment: datetime, turn: int, *, is_last: bool) -> None:
        run = next(self._run_ids)
        if turn % 2:
            self._tell_reading(shop, chain, run, moment)
        else:
            self._tell_file(shop, chain, run, moment, self._size.largest_run if is_last else self._a_share())

    def _a_share(self) -> int:
        share = self._lines_left // max(self._files_left, 1)
        self._lines_left -= share
        self._files_left -= 1
        return share

    def _tell_file(self, shop: _Shop, chain: Chain, run: int, moment: datetime, lines: int) -> None:
        place, delivery = shop.place, next(self._delivery_ids)
        digest = f"{self._chance.getrandbits(256):064x}"
        received = {"run": (None, run), "sha256": (None, digest), "size": (None, lines * 180)}
        self._note(chain, moment, by_a_worker("file.received", "delivery", delivery, received))
        key = f"{place.organisation_id}/{place.integration_id}/{{}}/{delivery}/fmuta6.csv"
        row = (
            *(
                delivery,
                place.organisation_id,
                place.integration_id,
                run,
                "fmuta6.csv",
                key.format("inbox"),
                digest[:32],
            ),
            *(key.format("archive"), lines * 180, digest, "fmuta6_default", "fmuta6", "taken_in", lines * 2, moment),
        )
        sums = _Sums()
        is_troubled = lines == self._size.largest_run or self._chance.random() < _TROUBLED
        for position in range(1, lines + 1):
            at = moment + _TOOK * position / (lines + 1)
            self._tell_line(shop, chain, (run, delivery, position), at, sums, is_troubled=is_troubled)
        result = "good" if sums.is_good else "with_errors"
        self._add_run(shop, run, "out", "file", moment, result, json.dumps(sums.counts), sums.reconciliation)
        self._copier.add("exchange_delivery", row)
        changes = {name: (None, number) for name, number in sums.counts.items() if number}
        self._note(chain, moment + _TOOK, by_a_worker("run.ended", "run", run, {"result": ("", result), **changes}))

    def _tell_reading(self, shop: _Shop, chain: Chain, run: int, moment: datetime) -> None:
        place, snapshot, items = shop.place, next(self._snapshot_ids), 150 + self._chance.randrange(100)
        self._add_run(shop, run, "in", "schedule", moment, "good", json.dumps({"items": items}), "[]")
        values = (
            *(snapshot, place.organisation_id, place.configuration_id, run, moment + _TOOK, "[]", items),
            *(json.dumps({"sales": {"EUR": "12345.67"}}), "written", 0, "[]"),
        )
        self._copier.add("exchange_outstandingsnapshot", values)
        changes = {"state": (None, "written"), "items": (None, items), "vanished": (None, 0), "run": (None, run)}
        self._note(chain, moment + _TOOK, by_a_worker("outstanding.written", "snapshot", snapshot, changes))

    def _tell_line(
        self, shop: _Shop, chain: Chain, where: tuple[int, int, int], at: datetime, sums: _Sums, *, is_troubled: bool
    ) -> None:
        drawn = self._chance.random()
        if is_troubled and drawn < _UNREAD:
            sums.add_unread()
            self._add_unread(shop, where, at)
        elif is_troubled and drawn < _UNREAD + _REFUSED:
            document = self._next_document(shop, at)
            posting = self._add_posting(shop, document, "refused", at)
            sums.add("refused", "refused", document)
            self._add_line(shop, where, document, posting, at, "refused", "", made_up.refusal(where[2], self._chance))
        elif drawn > 1 - _AGAIN and shop.posted:
            posting, document = self._chance.choice(shop.posted)
            sums.add("already_posted", "skipped", document)
            self._add_line(shop, where, document, posting, at, "skipped", "already_posted", "[]")
        else:
            document = self._next_document(shop, at)
            posting = self._add_posted(shop, chain, document, where[0], at)
            sums.add("posted", "posted", document)
            self._add_line(shop, where, document, posting, at, "posted", "", "[]")

    def _next_document(self, shop: _Shop, at: datetime) -> Numbered:
        month = at.date().replace(day=1)
        if month not in self._patterns:
            self._patterns[month] = made_up.patterns(month, self._chance)
        pattern = self._chance.choice(self._patterns[month])
        return pattern.numbered(f"{at:%y}{next(shop.numbers):07}")

    # --- rows, in the order of copying.COLUMNS

    def _add_posted(self, shop: _Shop, chain: Chain, document: Numbered, run: int, at: datetime) -> int:
        external_id, token, worker = (f"{self._chance.getrandbits(128):032x}" for _ in range(3))
        posting = self._add_posting(shop, document, "posted", at, external_id)
        shop.posted.append((posting, document))
        organisation = shop.place.organisation_id
        attempt = (organisation, posting, run, token, worker, "post", document.fingerprint, "{}", at, at, "posted", "")
        self._copier.add("exchange_attempt", attempt)
        self._note(chain, at, self._told.told(posting, run, document.fingerprint, external_id, document.number))
        return posting

    def _add_posting(self, shop: _Shop, document: Numbered, state: str, at: datetime, external_id: str = "") -> int:
        posting, place = next(self._posting_ids), shop.place
        number = document.number if external_id else ""
        row = (
            *(posting, place.organisation_id, place.configuration_id, document.kind, document.key, document.reference),
            *(state, document.fingerprint, document.document, external_id, number, 0, 0, "[]", at),
            at if external_id else None,
        )
        self._copier.add("exchange_posting", row)
        return posting

    def _add_line(
        self,
        shop: _Shop,
        where: tuple[int, int, int],
        document: Numbered,
        posting: int,
        at: datetime,
        outcome: str,
        reason: str,
        problems: str,
    ) -> None:
        run, delivery, position = where
        number = document.number if outcome != "refused" else ""
        row = (
            *(shop.place.organisation_id, run, delivery, posting, position, document.phase, document.kind),
            *(document.number, document.journal, "EUR", document.amount, document.document, document.fingerprint),
            *(f"[{position * 2 - 1}, {position * 2}]", document.raw, outcome, reason, problems, number, at),
        )
        self._copier.add("exchange_line", row)

    def _add_unread(self, shop: _Shop, where: tuple[int, int, int], at: datetime) -> None:
        run, delivery, position = where
        row = (
            *(
                shop.place.organisation_id,
                run,
                delivery,
                None,
                position,
                made_up.PHASE_OF_UNREAD,
                "",
                f"row {position * 2}",
            ),
            *("", "", None, None, "", f"[{position * 2}]", made_up.UNREAD_RAW, "refused", "not_read"),
            *(made_up.unread(position * 2), "", at),
        )
        self._copier.add("exchange_line", row)

    def _add_run(
        self,
        shop: _Shop,
        run: int,
        direction: str,
        trigger: str,
        moment: datetime,
        result: str,
        counts: str,
        reconciliation: str,
    ) -> None:
        place = shop.place
        row = (
            *(run, place.organisation_id, place.configuration_id, direction, trigger, "ended", moment, 0),
            *(moment, moment, moment + _TOOK, result, counts, reconciliation),
        )
        self._copier.add("exchange_run", row)

    def _note(self, chain: Chain, moment: datetime, told: dict[str, str]) -> None:
        self._copier.add("organisations_auditentry", chain.link(moment, told))
