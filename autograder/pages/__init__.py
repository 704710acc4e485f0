"""Reports come in; pages of HTML that stand alone, for students and for staff, go out.

A page asks for nothing from outside, and its own policy (CSP) allows no style and no script but the
ones it is made with. What students wrote is made inert before (`markup`), so that there are two
walls. jinja2 and nbconvert are an extra of the package: nothing that grades needs them.
"""
