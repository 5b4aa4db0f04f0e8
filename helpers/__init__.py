"""Companion package of the CNN course.

The notebooks spell out their own subject; what would only distract there (reading files, drawing
grids, keeping records) lives here. This file imports nothing, so that the command line can speak
before anything is installed.
"""
