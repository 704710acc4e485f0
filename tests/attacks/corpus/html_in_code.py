# ruff: noqa
"""Code with a script in it, which feedback quotes as code.

defence: words in rich results are escaped
control: naive
wins: markup
"""

total = {}["<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"]
