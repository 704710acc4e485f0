"""The command line, a module for each audience; `autograder.cli` joins them.

A module's commands are registered on its ``commands``; a package elsewhere adds its own by an entry
point of the group `GROUP`. What a command needs is imported inside it: a cold start should load
nothing that it does not use.
"""

#: Of entry points: each is a `typer.Typer` whose commands stand beside those here.
GROUP = "autograder.commands"
