"""Mutants of the solution come in at one end; how good the checks are goes out at the other.

``regions`` finds the answers; ``operators``, ``slips`` and ``tables`` change code and submitted
files; ``rewrites`` spells right answers differently. ``making`` collects mutants, ``running``
grades them, ``score`` counts, ``terminal`` and ``page`` show.
"""
