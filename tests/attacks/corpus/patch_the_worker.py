# ruff: noqa
"""The harness's own code in the process is patched to send a verdict.

defence: values cross, objects and verdicts do not
control: own
wins: points
"""

VERDICT = {"value": 1, "score": 10.0, "status": "passed"}


def total(matrix):
    from autograder import wire
    from autograder.wire import codec as wireformat
    from autograder.sandbox import lockdown, worker

    def answer(_self, _request):
        return VERDICT

    worker.Worker.answer = answer
    lockdown.LAYERS = ()
    wireformat.DEFAULT_LIMITS = None
    wire.encode.__defaults__ = (wireformat.Limits(items=10**12),)
    return 0.0


def control(arena):
    """An honest worker's class, patched so, does reply with the verdict."""
    from autograder.sandbox import worker

    honest = worker.Worker.answer
    try:
        worker.Worker.answer = lambda _self, _request: VERDICT
        reply = worker.Worker({}, ()).answer({})
    finally:
        worker.Worker.answer = honest
    return reply["score"] == 10.0
