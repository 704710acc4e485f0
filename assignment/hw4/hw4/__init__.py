"""Homework 4's helpers: pictures to filter come out of here, and figures to look at them.

Importing this package loads numpy and nothing heavier; plotting libraries are loaded when used.
"""

from hw4.pictures import load_picture
from hw4.plots import show_filtered

__all__ = ["load_picture", "show_filtered"]
