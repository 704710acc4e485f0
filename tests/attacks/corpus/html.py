# ruff: noqa
"""Feedback with a script.

defence: results are plain text
control: naive
wins: markup
"""


def fail():
    raise ValueError("<script>alert(document.cookie)</script><img src=x onerror=alert(1)>")


total = fail()
