"""Mutants of the solution come in at one end; how good the checks are goes out at the other.

``regions`` finds the answers; ``operators``, ``slips`` and ``tables`` change code and submitted
files. ``making`` collects mutants, ``running`` grades them, ``score`` counts, ``terminal`` and
``page`` show. ``rewrites``, ``respelled`` and ``layouts`` say a right answer in other words, other
characters and other cells; ``equivalents`` grades these.
"""
