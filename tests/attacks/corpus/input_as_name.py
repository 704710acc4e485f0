# ruff: noqa
"""The hidden input is the name of an exception, of a type, of a function and of a file.

defence: names of exceptions are not shown by hidden checks
control: naive
wins: canary
"""


def label(text):
    def broken():
        raise type(text, (Exception,), {"__module__": text, "__qualname__": text, "__doc__": text})(
            text
        )

    broken.__code__ = broken.__code__.replace(co_name=text, co_filename=f"<cell {text}>")
    broken()
