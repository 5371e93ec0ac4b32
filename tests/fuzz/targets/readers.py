"""Every reader of files, under every shipped profile. The first byte chooses the profile, the rest is the file."""

from tests.formats.invariants import PAIRS, SAMPLES, check_invariants, check_kept, read_all

INSTRUMENTED = ("bookbridge.formats", "bookbridge.documents")
SEEDS = [
    *(bytes([number]) + SAMPLES[format] for number, (format, _) in enumerate(PAIRS)),
    *(b"\0" + SAMPLES["fmuta6"].decode("cp1252").encode(encoding) for encoding in ("utf-8-sig", "utf-16", "cp850")),
    *(b"\0" + start for start in (b"PK\x03\x04", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml", b"{")),
    b'\0"0","V","open\r\n' * 80,
    b"\x00" + b'0""' * 100,
    b"\0" + SAMPLES["fmuta6"].replace(b'"26600045"', b'"' + b"9" * 61 + b'"'),
]


def check(data: bytes) -> None:
    if not data:
        return
    _, name = PAIRS[data[0] % len(PAIRS)]
    results = read_all(data[1:], name)
    check_invariants(results, data[1:], name)
    check_kept(results)
