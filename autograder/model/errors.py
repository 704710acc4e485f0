"""The two kinds of failure: the user can mend one, only the harness's owners can mend the other."""


class UserError(Exception):
    """Something a user can mend; its text is one sentence: place, finding and remedy.

    Each stage raises its own subclass. The command line prints the text without a traceback.
    """


class SubmissionError(UserError):
    """The submission as a whole cannot be read; the text says what to submit."""


class HarnessFault(Exception):
    """Something that is neither the student's nor the staff's mistake.

    Students are told kindly that it is not their fault, staff get the traceback.
    """
