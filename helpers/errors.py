"""The one exception of the course that speaks to a person rather than to a program."""


class CourseError(Exception):
    """Something outside the code is wrong: a file, the network, a setting, a disk.

    The message names what was found, what was expected and what to do next. The command line prints
    it without a traceback. A wrong *argument* of a function stays an ordinary ``ValueError`` or
    ``TypeError``, worded the same way.
    """
