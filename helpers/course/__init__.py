"""The course command line: what a learner, a teacher or an author types."""
