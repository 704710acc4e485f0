# ruff: noqa
"""A zip of a quarter of a million files, whose table is about as large as may be read.

defence: a zip's entries are bounded + the time limit of a submission
control: naive
wins: time
"""

import struct, zlib


def build(folder, arena):
    path = folder / "hand-in.zip"
    body, table = bytearray(), bytearray()
    entries = [("attacked.ipynb", arena.notebook(None).encode())]
    entries += [
        (f"d{number % 9}/{number}.{'csv' if number % 20 == 0 else 'txt'}", b"")
        for number in range(250_000)
    ]
    for name, data in entries:
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0
        )
        table += (
            b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        )
        table += name.encode()
        body += b"PK\3\4" + facts + name.encode() + data
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(table), len(body), 0)
    wide = b"PK\6\6" + struct.pack(
        "<QHHIIQQQQ", 44, 45, 45, 0, 0, len(entries), len(entries), len(table), len(body)
    )
    pointer = b"PK\6\7" + struct.pack("<IQI", 0, len(body) + len(table), 1)
    path.write_bytes(body + table + wide + pointer + end)
    return path
