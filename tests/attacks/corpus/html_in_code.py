# ruff: noqa
"""Code with a script in it, which feedback quotes as code.

defence: words in rich results are escaped
control: naive
wins: markup
"""


def fail():
    raise ValueError("<script>alert(1)</script>")  # `<script>alert(2)</script>`


total = fail()
