"""What is known of Python's own library and of the field's, in tables: more than reading can tell.

``resources`` names what statements share, ``functions`` says what a call of a function or class
does, by its dotted path, and ``methods`` what one of a method does, by its name.
"""
