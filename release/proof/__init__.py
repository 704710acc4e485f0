"""An assignment and its bundles come in; the proof that they grade right, and its record, go out.

``mistakes`` and ``odd`` are submissions whose outcome is known, ``proof`` grades them, ``probes``
looks at what checks give away, and ``record`` writes down what was found.
"""
