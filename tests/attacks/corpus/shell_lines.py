# ruff: noqa
"""Shell lines and %run in the notebook.

defence: uid + landlock
control: naive
wins: tripwire
"""


def build(folder, arena):
    cell = f"""
!echo here > {arena.tripwire}
%run evil.py
def total(matrix):
    !echo here > {arena.tripwire}
    got = !cat {arena.tripwire}
    return got

get_ipython().system("echo here > {arena.tripwire}")
label = total
"""
    import json

    tree = json.loads(arena.notebook(cell))
    shell = dict(tree["cells"][-1], source=f"%%bash\necho here > {arena.tripwire}", id="shell")
    tree["cells"].insert(1, shell)
    (folder / "attacked.ipynb").write_text(json.dumps(tree))
    (folder / "evil.py").write_text(f"open({str(arena.tripwire)!r}, 'w').write('here')")
    return folder
