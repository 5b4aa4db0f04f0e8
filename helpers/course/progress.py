"""Progress of a series of lessons: two bars on a terminal, plain lines in a log."""

import sys
from collections.abc import Sequence
from typing import TextIO

from tqdm import tqdm


class Progress:
    """A bar for the series and one for the lesson's cells; without a terminal one line at each end.

    Args:
        names: the lessons, in order.
        stream: where to write; standard output by default.
    """

    def __init__(self, names: Sequence[str], stream: TextIO | None = None) -> None:
        self.names = list(names)
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._width = max(len(name) for name in [*self.names, "lessons"])
        self._series: tqdm | None = None
        self._lesson: tqdm | None = None
        self._number = 0
        self._name = ""

    def __enter__(self) -> "Progress":
        if self.live:
            self._series = self._bar("lessons", len(self.names), position=1)
        return self

    def __exit__(self, *exception: object) -> None:
        for bar in (self._lesson, self._series):
            if bar is not None:
                bar.close()

    def _bar(self, name: str, total: int, position: int) -> tqdm:
        return tqdm(
            total=total,
            desc=name.ljust(self._width),
            position=position,
            leave=False,
            file=self.stream,
            bar_format="{desc} {bar:30} {n_fmt:>3} of {total_fmt:<3} {elapsed}",
        )

    def begin(self, name: str) -> None:
        """A lesson begins."""
        self._number += 1
        self._name = name
        if self.live:
            self._lesson = self._bar(name, 1, position=0)
        else:
            self._line(f"{self._number}/{len(self.names)} {name} …")

    def cells(self, done: int, total: int) -> None:
        """So many cells of the present lesson are done."""
        if self._lesson is not None:
            self._lesson.total = total
            self._lesson.n = done
            self._lesson.refresh()

    def end(self, status: str, seconds: float) -> None:
        """The present lesson ended."""
        if self._lesson is not None and self._series is not None:
            self._lesson.close()
            self._lesson = None
            self._series.write(f"{self._name.ljust(self._width)}  {status} in {seconds:.0f} s", file=self.stream)
            self._series.n += 1
            self._series.refresh()
        else:
            self._line(f"{self._number}/{len(self.names)} {self._name} {status} in {seconds:.0f} s")

    def _line(self, text: str) -> None:
        print(text, file=self.stream, flush=True)
