# ruff: noqa
"""Each pipe is made as large as the system lets it.

defence: seccomp: requests about descriptors
control: naive
wins: trophy
"""

import fcntl, os, time


def trophy():
    total, held, block = 0, [], bytes(1 << 20)
    try:
        while len(held) < 110 and total < 100e6:
            held.append(os.pipe())
            fcntl.fcntl(held[-1][1], fcntl.F_SETPIPE_SZ, 1 << 20)
            os.set_blocking(held[-1][1], False)
            total += os.write(held[-1][1], block)
    except OSError:
        pass
    if total >= 16 << 20:
        time.sleep(0.3)
        return f"{total / 1e6:.0f} MB in {len(held)} pipes, which would hold 7 MB"
