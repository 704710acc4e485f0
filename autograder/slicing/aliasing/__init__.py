"""Code comes in; which names and expressions in it may stand for the same object goes out.

``object_classes`` keeps classes of objects that may be one, ``values`` tells the class of an
expression's value, ``points_to`` makes one what assignments make one, and ``atoms`` finds the names
for which all of that does not matter.
"""
