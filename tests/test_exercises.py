"""What every exercise of every lesson does: right and wrong answers, untouched ones, those of the wrong type, hints."""

import importlib
import pkgutil
import re

import pytest

from helpers import exercises

LESSONS = [module.name for module in pkgutil.iter_modules(exercises.__path__)]
EVERY = [
    (lesson, found)
    for lesson in LESSONS
    for found in vars(importlib.import_module(f"helpers.exercises.{lesson}")).values()
    if isinstance(found, exercises.Exercise)
]
ANSWERS = {lesson: importlib.import_module(f"answers.{lesson}") for lesson in LESSONS}
BY_NAME = pytest.mark.parametrize(
    "exercise", [pytest.param(exercise, id=f"{lesson}-{exercise.name}") for lesson, exercise in EVERY]
)


def cases(kind: str) -> list:
    """All answers of that kind; an id holds lesson, exercise, and the place in the lesson's list."""
    by_name = {(lesson, exercise.name): exercise for lesson, exercise in EVERY}
    return [
        pytest.param(by_name[lesson, name], *answer, id=f"{lesson}-{name}-{place}")
        for lesson, module in ANSWERS.items()
        for place, (name, *answer) in enumerate(getattr(module, kind))
    ]


def asks_for_a_function(exercise) -> bool:
    return exercise.__doc__.startswith("A function")


def test_there_are_three_to_five_a_lesson():
    homes = [lesson for lesson, _ in EVERY]
    assert all(3 <= homes.count(lesson) <= 5 for lesson in LESSONS)


@pytest.mark.parametrize(("exercise", "answer"), cases("RIGHT"))
def test_a_right_answer_is_accepted(exercise, answer):
    feedback = exercise.check(answer)
    assert feedback.status == "right", feedback


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a wrong answer may divide by zero
@pytest.mark.parametrize(("exercise", "answer", "words"), cases("WRONG"))
def test_a_wrong_answer_is_told_what_is_wrong(exercise, answer, words):
    feedback = exercise.check(answer)
    assert feedback.status == "wrong", feedback
    assert re.search(words, feedback.message), feedback


@pytest.mark.parametrize(("kind", "least"), [("RIGHT", 2), ("WRONG", 3)])
def test_every_exercise_has_answers(kind, least):
    given = [(lesson, name) for lesson, module in ANSWERS.items() for name, *_ in getattr(module, kind)]
    few = [(lesson, exercise.name) for lesson, exercise in EVERY if given.count((lesson, exercise.name)) < least]
    assert not few, f"fewer than {least} {kind} answers: {few}"


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
