"""Environment variables by which the course's commands speak to the lessons they run. Unset for a learner."""

#: Folder in which results of the very code that runs are kept; see ``helpers.training.remembered``.
REMEMBER = "COURSE_REMEMBER"
#: Keras' verbosity; studies set it to 2, one line an epoch, for their logs.
VERBOSE = "COURSE_VERBOSE"
#: Set while ranges are being measured: claims are shown and recorded, and do not fail.
UNBOUNDED = "COURSE_UNBOUNDED"
