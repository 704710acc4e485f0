"""Many submissions come in; a result for each, grades and what staff should look at go out.

``sources`` finds submissions in folders and exports, ``platforms`` knows whose those are,
``attendance`` says with the ``roster`` which count for whom, ``contents`` reads one safely,
``keys`` says what a result follows from, ``store`` keeps results, ``local`` and ``cluster`` grade,
``similarity`` compares ``fingerprints``, ``grades`` writes tables of them, ``outcome`` is the model
that pages are made of, and ``command`` is the whole run.
"""
