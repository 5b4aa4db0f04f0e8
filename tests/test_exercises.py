"""What every exercise of every lesson does: untouched answers, answers of the wrong type, hints."""

import importlib
import pkgutil

import pytest

from helpers import exercises

EVERY = [
    found
    for module in pkgutil.iter_modules(exercises.__path__)
    for found in vars(importlib.import_module(f"helpers.exercises.{module.name}")).values()
    if isinstance(found, exercises.Exercise)
]
BY_NAME = pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.name)


def asks_for_a_function(exercise) -> bool:
    return exercise.__doc__.startswith("A function")


def test_there_are_three_to_five_a_lesson():
    homes = [exercise._checker.__module__ for exercise in EVERY]
    assert all(3 <= homes.count(home) <= 5 for home in homes)


@BY_NAME
def test_an_untouched_answer_is_not_tried_yet(exercise):
    answers = [None, ..., *([lambda *_: None, lambda *_: ...] if asks_for_a_function(exercise) else [])]
    for answer in answers:
        feedback = exercise.check(answer)
        assert feedback.status == "not tried yet" and not feedback
        assert f"{exercise.name}.hint()" in feedback.message


@BY_NAME
def test_an_answer_of_the_wrong_type_is_wrong_without_a_traceback(exercise):
    for answer in (42, "a text", [1, 2], {}, lambda: 1, lambda *_: "a text", lambda *_: True, lambda *_: {}):
        feedback = exercise.check(answer)
        assert feedback.status == "wrong" and feedback.message
    if asks_for_a_function(exercise):
        assert "ZeroDivisionError" in exercise.check(lambda *_: 1 / 0).message


@BY_NAME
def test_hints_go_from_vague_to_plain(exercise):
    assert len({exercise.hint(n + 1).message for n in range(len(exercise.hints))}) == len(exercise.hints) >= 2
    assert "hints 1 to" in exercise.hint(9).message
