# ruff: noqa
"""Many files, each as large as allowed, fill the disk.

defence: the size of the scratch folder is watched
control: naive
wins: trophy
"""


def trophy():
    block = b"x" * (1 << 20)
    for number in range(150):
        with open(f"part-{number}", "wb") as file:
            for _ in range(3):
                file.write(block)
    return True
