"""The one error a user is meant to see."""


class UserError(Exception):
    """Something the user can mend. Its message is one line that says what to do.

    The command line prints it without a traceback and ends with exit code 2.
    """
