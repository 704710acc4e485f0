"""A solved notebook comes in; what its markers mean, and the template that students get, go out.

``source`` reads it, ``markers`` is the table of all styles, ``regions`` with ``matching``,
``line_markers``, ``labels``, ``blocks`` and ``loose`` parses a cell, ``lint``, ``typos`` and
``unknown`` look for markers that are none, ``cell_roles`` reads those of whole cells, ``strip``
and ``strip_cell`` take answers out and put ``stubs`` there, and ``templates`` does it for a whole
assignment.
"""
