# ruff: noqa
"""Names that look like others, or become others when normalised.

defence: names are taken letter by letter
control: naive
wins: tripwire
"""

import zipfile


def build(folder, arena):
    with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
        archive.writestr("attacked.ipynb", arena.notebook(None))
        archive.writestr("w\u0435ights.json", "[0.125, 0.25, 0.375, 0.25]")
        archive.writestr("weights\u202enosj.json", "[0.125, 0.25, 0.375, 0.25]")
        archive.writestr("weights.json\u200b", "[0.125, 0.25, 0.375, 0.25]")
        archive.writestr(f"\uff0e\uff0e\uff0ftripwire\uff0f{arena.mark}.csv", "here")
        archive.writestr(f"\u2025/tripwire/{arena.mark}b.csv", "here")
    return folder / "hand-in.zip"
