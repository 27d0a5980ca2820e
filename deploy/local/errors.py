"""Errors that are told in one line, for the person at the terminal.

StackFailure
├── InUse           another supervisor runs on the state folder
├── Unusable        the state folder or a file in it cannot be used, or a port is taken
├── Missing         a tool or a package that is needed is not here
├── Unstarted       a program ended or stayed silent instead of becoming ready
├── Stalled         records wait to be applied and nothing applies them
├── CommandFailed   a program that ends by itself ended with a non-zero exit code
└── TooManyDeaths   a program died five times in a minute: it cannot be kept running
"""


class StackFailure(Exception):
    """The stack cannot be started or kept running."""


class InUse(StackFailure):
    """Another supervisor runs on the state folder."""


class Unusable(StackFailure):
    """The state folder or a file in it cannot be used, or a port is taken."""


class Missing(StackFailure):
    """A tool or a package that is needed is not here."""


class Unstarted(StackFailure):
    """A program ended or stayed silent instead of becoming ready."""


class Stalled(StackFailure):
    """Records wait to be applied and nothing applies them."""


class CommandFailed(StackFailure):
    """A program that ends by itself ended with a non-zero exit code."""


class TooManyDeaths(StackFailure):
    """A program died five times in a minute: it cannot be kept running."""
