"""Answers to every exercise, in a module for each of those in helpers.exercises.

``RIGHT`` holds pairs of an exercise's name and an answer that is accepted. ``WRONG`` holds a third thing: a regular
expression that must be found in the feedback. ``tests/test_exercises.py`` tries them all.
"""
