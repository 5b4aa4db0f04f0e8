"""Environment variables by which the course's commands speak to the lessons they run. Unset for a learner."""

#: Folder in which results of the very code that runs are kept; see ``helpers.training.remembered``.
REMEMBER = "COURSE_REMEMBER"
#: Folder of the passes that count for a record; a learner's own are in the cache, timed on a machine as it was.
FEATURES = "COURSE_FEATURES"
#: Set while a record is made: a training that was finished before is done again; one that was interrupted goes on.
FRESH = "COURSE_FRESH"
#: Keras' verbosity; studies set it to 2, one line an epoch, for their logs.
VERBOSE = "COURSE_VERBOSE"
#: Set while ranges are being measured: claims are shown and recorded, and do not fail.
UNBOUNDED = "COURSE_UNBOUNDED"
