"""The thinnest whole way: added, once, and the files of a folder are in the real drop box."""

import os
from collections import Counter

from tests.agent.pc import Pc

SALES = b"0;V;70;1;26000001;x\r\n"


def test_files_go_and_outstanding_items_come(pc: Pc) -> None:
    pc.add()
    (pc.source / "fmuta6.csv").write_bytes(SALES)
    (pc.source / "Debitr ü 票据.CSV").write_bytes(b"100;Jansen\r\n")
    (pc.source / "holiday.jpg").write_bytes(b"not for the books")
    pc.offer_outstanding(b"open items\r\n")

    done = pc.agent("once")

    assert (done.returncode, done.stderr) == (0, "")
    assert pc.arrived() == [("Debitr ü 票据.CSV", b"100;Jansen\r\n"), ("fmuta6.csv", SALES)]
    assert pc.archived() == [SALES, b"100;Jansen\r\n"]
    assert pc.waiting() == []
    assert sorted(path.name for path in pc.source.iterdir()) == [".bookbridge", "archive", "holiday.jpg"]
    assert pc.output.read_bytes() == b"open items\r\n"
    assert [path.name for path in pc.output.parent.iterdir()] == ["dbopen.csv"]
    [sign] = pc.signs()
    [told] = sign["synchronisations"]
    assert (told["name"], told["waiting"], told["troubles"], told["last_sent_name"]) == ("ERP", 0, [], "fmuta6.csv")
    assert "last sent fmuta6.csv" in pc.agent("status").stdout


def test_large_files_and_odd_names_go_as_they_are(pc: Pc) -> None:
    pc.add()
    files = {
        "fmuta6 large.csv": os.urandom(12 * 1024 * 1024),
        "fmuta6 empty.csv": b"",
        "fmuta6 100%25 #a+b=c&d;e,f@g!'.csv": b"a\r\n",
        'fmuta6 [1]{2}^`|*?"<>.csv': b"b\r\n",
        "fmuta6 é Ωλ票据😀.csv": b"c\r\n",
    }
    for name, content in files.items():
        (pc.source / name).write_bytes(content)
    done = pc.agent("once")
    assert (done.returncode, done.stderr) == (0, "")
    assert Counter(pc.arrived()) == Counter(files.items())
