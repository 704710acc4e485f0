"""A notebook's statements come in; what each of them changes, calls included, goes out.

A call of something that is not known to only read may change the object it is called on, its
arguments, and all that can be reached through them. What is known stands in ``library``, follows
from the source of a function (the notebook's own, or the assignment's package), or is said by the
assignment. Functions that are defined inside others count as called.

What no reading can tell, and is left to the second look: attributes and operators that do something
when they are used, and names that are made by ``exec`` or ``globals()``.

``analysis`` has the answers. It asks ``mutations`` which objects a syntax-tree node changes, and
``shared_state`` what it does to random states, files and settings. ``interprocedural`` does so for
whole functions, in the order of ``call_graph``. ``module_facts`` and ``callees`` tell what a name
stands for and what a call may run, and ``summaries`` has the words for all of it.
"""
