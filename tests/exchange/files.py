"""Small FMUTA6, debtor and creditor files for tests, one call a document."""

from collections.abc import Iterable


def _row(width: int, **columns: str) -> str:
    fields = [""] * width
    for column, value in columns.items():
        fields[int(column.removeprefix("c")) - 1] = value.replace('"', '""')
    return ",".join(f'"{field}"' for field in fields)


def joined(*parts: Iterable[str]) -> bytes:
    return "".join(row + "\r\n" for part in parts for row in part).encode("cp1252")


def customer(number: str, name: str = "Customer", **columns: str) -> list[str]:
    return [_row(53, **{"c1": number, "c2": name, "c7": "NL", **columns})]


def supplier(number: str, name: str = "Supplier", **columns: str) -> list[str]:
    return [_row(51, **{"c1": number, "c2": name, "c7": "NL", **columns})]


def sale(
    number: str, *, customer: str = "100", amount: str = "100.00", vat: str = "21.00", account: str = "8000",
    code: str = "2", day: str = "03112026", description: str = "Sale",
) -> list[str]:  # fmt: skip
    total = f"{_cents(amount) + _cents(vat):.2f}"
    head = {"c2": "V", "c3": "70", "c4": day[2:4], "c5": day[4:], "c6": number, "c7": description, "c8": day}
    return [
        _row(40, **{"c1": "0", **head, "c10": customer, "c13": total}),
        _row(40, **{"c1": "1", **head, "c9": account, "c13": amount, "c21": code, "c22": vat}),
    ]


def purchase(number: str, *, supplier: str = "200", amount: str = "100.00", vat: str = "21.00") -> list[str]:
    total = f"{_cents(amount) + _cents(vat):.2f}"
    head = {"c2": "I", "c3": "60", "c4": "11", "c5": "2026", "c6": number, "c8": "03112026"}
    return [
        _row(40, **{"c1": "0", **head, "c11": supplier, "c13": total, "c24": f"F-{number}"}),
        _row(40, **{"c1": "1", **head, "c9": "7000", "c13": amount, "c21": "5", "c22": vat}),
    ]


def memorial(number: str, *, amount: str = "50.00", accounts: tuple[str, str] = ("4300", "1400")) -> list[str]:
    head = {"c2": "M", "c3": "90", "c4": "11", "c5": "2026", "c6": number, "c8": "03112026"}
    return [
        _row(40, **{"c1": "0", **head}),
        _row(40, **{"c1": "1", **head, "c9": accounts[0], "c13": amount}),
        _row(40, **{"c1": "2", **head, "c9": accounts[1], "c13": f"-{amount}"}),
    ]


def _cents(amount: str):
    from decimal import Decimal

    return Decimal(amount)
