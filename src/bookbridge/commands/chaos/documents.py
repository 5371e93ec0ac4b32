"""Made-up deliveries for the chaos run: valid documents that a package's simulated books can hold, and the many ways
in which the same documents are dropped again."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.stage import Codes

_WIDTH = 40
ENTRIES = "fmuta6.csv"


@dataclass(frozen=True)
class Delivery:
    """Relations as files by name, entries one by one, and what must be in the books in the end: kind → numbers."""

    relations: dict[str, bytes]
    entries: tuple[bytes, ...]
    expected: dict[DocumentKind, set[str]]

    @property
    def document_count(self) -> int:
        return sum(len(numbers) for numbers in self.expected.values())

    @property
    def files(self) -> dict[str, bytes]:
        return {**self.relations, ENTRIES: b"".join(self.entries)}

    def in_parts(self, parts: int, chance: Random, *, shuffled: bool) -> dict[str, bytes]:
        """The entries cut into so many files of unlike sizes, in their order or in one of chance."""
        entries = list(self.entries)
        if shuffled:
            chance.shuffle(entries)
        cuts = sorted(chance.randrange(len(entries) + 1) for _ in range(parts - 1))
        pieces = [entries[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(entries)], strict=True)]
        # The name decides the format, so that the parts of one file differ by their folder.
        return {f"part-{number}/{ENTRIES}": b"".join(piece) for number, piece in enumerate(pieces, 1) if piece}

    def renamed(self, chance: Random) -> dict[str, bytes]:
        """The same files under other names that mean the same format."""
        return {_other_name(name, chance): content for name, content in self.files.items()}


def make_delivery(documents: int, codes: Codes, chance: Random) -> Delivery:
    """About a tenth relations, the rest sales, purchase and memorial entries in a mixed order."""
    return _Maker(codes, chance).delivery(documents)


def _other_name(name: str, chance: Random) -> str:
    capitals = "".join(chance.choice((letter, letter.upper())) for letter in name)
    return chance.choice((name.upper(), f"again/{name}", f"{chance.randrange(1000)}/{capitals}"))


class _Maker:
    def __init__(self, codes: Codes, chance: Random) -> None:
        self._codes = codes
        self._chance = chance

    def delivery(self, documents: int) -> Delivery:
        relations = max(documents // 20, 1)
        customers = [f"1{number:05}" for number in range(relations)]
        suppliers = [f"2{number:05}" for number in range(relations)]
        expected: dict[DocumentKind, set[str]] = {
            "customer": set(customers),
            "supplier": set(suppliers),
            "sales_invoice": set(),
            "purchase_invoice": set(),
            "journal_entry": set(),
        }
        entries: list[bytes] = []
        for position in range(max(documents - 2 * relations, 0)):
            kind: DocumentKind = self._chance.choice(("sales_invoice", "purchase_invoice", "journal_entry"))
            number = str(26_000_000 + position)
            expected[kind].add(number)
            if kind == "journal_entry":
                entries.append(_file(self._memorial(number)))
            elif kind == "sales_invoice":
                entries.append(_file(self._sale(number, self._chance.choice(customers))))
            else:
                entries.append(_file(self._purchase(number, self._chance.choice(suppliers))))
        files = {
            "debitr.csv": _relation_file(customers, "Customer", 53),
            "credit.csv": _relation_file(suppliers, "Supplier", 51),
        }
        return Delivery(files, tuple(entries), expected)

    def _sale(self, number: str, customer: str) -> list[list[str]]:
        codes = self._codes
        head = self._row(0, "V", codes.sales_journal, number)
        head[9] = customer
        return [head, *self._invoice_lines(head, codes.revenue_account, codes.sales_vat)]

    def _purchase(self, number: str, supplier: str) -> list[list[str]]:
        codes = self._codes
        head = self._row(0, "I", codes.purchase_journal, number)
        head[10] = supplier
        return [head, *self._invoice_lines(head, codes.cost_account, codes.purchase_vat)]

    def _invoice_lines(self, head: list[str], account: str, vat_code: str) -> list[list[str]]:
        """One to three lines at 21 % on top, one invoice in ten a credit note; writes the total on the header."""
        sign = -1 if self._chance.random() < 0.1 else 1
        amounts = [sign * Decimal(self._chance.randint(100, 99_999)) / 100 for _ in range(self._chance.randint(1, 3))]
        vats = [(amount * Decimal("0.21")).quantize(Decimal("0.01")) for amount in amounts]
        head[12] = str(sum(amounts) + sum(vats))
        lines = []
        for position, (amount, vat) in enumerate(zip(amounts, vats, strict=True), 1):
            line = self._row(position, head[1], head[2], head[5])
            line[8], line[12], line[20], line[21] = account, str(amount), vat_code, str(vat)
            lines.append(line)
        return lines

    def _memorial(self, number: str) -> list[list[str]]:
        journal = self._codes.general_journal
        amount = Decimal(self._chance.randint(100, 99_999)) / 100
        rows = [self._row(0, "M", journal, number)]
        for position, (account, signed) in enumerate(
            zip(self._codes.balance_accounts, (amount, -amount), strict=True), 1
        ):
            line = self._row(position, "M", journal, number)
            line[8], line[12] = account, str(signed)
            rows.append(line)
        return rows

    def _row(self, line: int, kind: str, journal: str, number: str) -> list[str]:
        day = self._codes.open_day
        head = [str(line), kind, journal, str(day.month), str(day.year), number, f"Chaos {number}", f"{day:%d%m%Y}"]
        return head + [""] * (_WIDTH - len(head))


def _relation_file(numbers: Sequence[str], word: str, width: int) -> bytes:
    return _file([[number, f"{word} {number}", "", "", "", "", "NL", *[""] * (width - 7)] for number in numbers])


def _file(rows: list[list[str]]) -> bytes:
    return "".join(",".join(f'"{field}"' for field in row) + "\r\n" for row in rows).encode("cp1252")
