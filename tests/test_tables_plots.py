"""Tables in three forms, and figures that are labelled, described and closed."""

from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots
from helpers.tables import Table

pytestmark = pytest.mark.usefixtures("course_style")

ROWS = [
    {"name": "a <b> & c", "share": 0.91567, "count": 333526, "good": True},
    {"name": "d", "share": None, "count": 7},
]


class Reader(HTMLParser):
    """The texts of a table's cells, row by row, as a browser would show them, and their alignment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows, self.aligned, self.caption, self._in = [], [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._in = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.aligned.append(dict(attrs)["style"].removeprefix("text-align:"))

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in in ("td", "th"):
            self.rows[-1][-1] += data
        elif self._in == "caption":
            self.caption += data


def test_html_shows_every_cell_escaped_formatted_and_aligned():
    html = Table(ROWS, formats={"share": ".1%"}, caption="x < y")._repr_html_()
    read = Reader(html)
    assert read.rows == [
        ["name", "share", "count", "good"],
        ["a <b> & c", "91.6 %", "333,526", "True"],
        ["d", "–", "7", "–"],
    ]
    assert read.caption == "x < y" and "<b>" not in html
    assert read.aligned[:3] == ["left", "right", "right"] == read.aligned[4:7]


def test_columns_choose_and_order_and_an_unknown_column_is_dashes():
    assert Reader(Table(ROWS, ["count", "name", "other"])._repr_html_()).rows[2] == ["7", "d", "–"]


def test_markdown_for_the_readme():
    assert Table(ROWS, ["name", "share", "count"], formats={"share": ".2%"}).markdown() == (
        "| name | share | count |\n|---|---:|---:|\n| a <b> & c | 91.57 % | 333,526 |\n| d | – | 7 |"
    )


def test_text_is_aligned_and_ends_without_blanks():
    assert str(Table(ROWS, ["name", "share", "count"], caption="Two rows")) == (
        "Two rows\nname        share    count\na <b> & c  0.9157  333,526\nd               –        7"
    )
    assert repr(Table(ROWS)) == str(Table(ROWS))
    numpy = Table([{"a": np.float32(0.5), "b": np.int64(1234), "c": np.bool_(True)}], formats={"a": ".1%"})
    assert str(numpy).split() == ["a", "b", "c", "50.0", "%", "1,234", "True"]
    assert "from 97.3 % to 98.6 %" in str(Table([{"interval": f"from {0.973:.1%} to {0.986:.1%}"}]))
    assert str(Table([{"a": 1, "b": "long"}, {"a": 2, "b": ""}])).splitlines()[-1] == "2"


def test_a_table_without_rows_is_still_a_table():
    assert Table([]).columns == [] and "<table>" in Table([])._repr_html_()
    assert Reader(Table([], ["a"])._repr_html_()).rows == [["a"]]


# Figures -----------------------------------------------------------------------------------------


@pytest.fixture
def displayed(monkeypatch) -> list:
    calls = []
    monkeypatch.setattr(plots, "display", lambda *what, **how: calls.append((what, how)))
    return calls


@pytest.mark.parametrize("alt", ["", " ", "\n\t"])
def test_a_figure_needs_words(displayed, alt):
    with pytest.raises(ValueError, match="text alternative"):
        plots.show(plt.figure(), alt=alt)
    with pytest.raises(TypeError):
        plots.show(plt.figure())
    assert displayed == []


@pytest.mark.parametrize("of_axes", [True, False])
def test_show_displays_once_with_its_words_and_closes(displayed, of_axes):
    figure = plt.figure()
    axes = figure.add_subplot()
    assert plots.show(axes if of_axes else figure, alt="A line rises.") is None
    assert displayed == [((figure,), {"metadata": {"image/png": {"alt": "A line rises."}}})]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
def test_image_takes_every_form_and_draws_where_told(shape):
    given = plt.figure().add_subplot()
    axes = plots.image(np.zeros(shape, np.uint8), given, title="a cat", vmax=9)
    assert axes is given and axes.get_title() == "a cat"
    assert axes.images[0].get_array().shape[:2] == (4, 5) and list(axes.get_xticks()) == []
    assert plots.image(np.zeros(shape)).get_figure() is not given.get_figure()


def test_images_share_one_scale_and_empty_places_are_off():
    figure = plots.images([np.full((2, 2), v) for v in (1.0, 5.0, 3.0)], ["x", "y", "z"], columns=2)
    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == ["x", "y", "z"]
    assert {axes.images[0].get_clim() for axes in drawn} == {(1.0, 5.0)}
    assert len(figure.axes) == 4 and not figure.axes[3].axison
    narrow = plots.images([np.zeros((2, 2))], vmin=-1, vmax=1)
    assert narrow.axes[0].images[0].get_clim() == (-1, 1) and len(narrow.axes) == 1


def test_curves_count_epochs_from_one_and_dash_the_validation():
    histories = {"a": {"loss": [3, 2, 1], "val_loss": [4, 3, 3]}, "b": {"loss": [2, 1]}}
    axes = plots.curves(histories, "loss", label="cross-entropy")
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert set(lines) == {"a, training", "a, validation", "b, training"}
    assert list(lines["a, validation"].get_xdata()) == [1, 2, 3]
    assert lines["a, validation"].get_linestyle() == "--" and lines["a, training"].get_linestyle() == "-"
    assert lines["a, validation"].get_color() == lines["a, training"].get_color() != lines["b, training"].get_color()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "cross-entropy") and axes.get_legend()
    assert plots.curves(histories, "loss").get_ylabel() == "loss"


def test_more_runs_than_colours_are_refused_instead_of_left_out():
    with pytest.raises(ValueError, match="at most 7 lines apart, found 8"):
        plots.curves({str(run): {"loss": [2, 1]} for run in range(8)}, "loss")


def test_probabilities_stand_beside_their_names_on_one_scale():
    axes = plots.probabilities(np.array([0.1, 0.7, 0.2]), ["cat", "dog", "cow"], truth=2)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "cow"]
    assert axes.get_xlim() == (0, 1) and axes.get_xlabel() == "probability"
    bars = sorted(axes.patches, key=lambda bar: bar.get_y())
    assert [bar.get_width() for bar in bars] == [0.1, 0.7, 0.2]
    colours = [plt.matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in bars]
    assert colours == [plots.COLOURS[5], plots.COLOURS[1], plots.COLOURS[2]]
    assert axes.yaxis_inverted()


def test_confusion_writes_each_count_at_its_place_and_colours_errors_only():
    counts = np.array([[90, 10, 0], [4, 96, 0], [0, 1, 99]])
    axes = plots.confusion(counts, ["cat", "dog", "cow"])
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert written == {place: str(n) for place, n in np.ndenumerate(counts) if n}
    assert np.array_equal(axes.images[0].get_array(), counts * (1 - np.eye(3)))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true class")
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["cat", "dog", "cow"]


def test_the_course_style_closes_what_was_open():
    plt.figure()
    plots.use_course_style()
    assert plt.get_fignums() == [] and plt.rcParams["figure.facecolor"] == "white"


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.image(np.zeros((4, 5, 2))), r"\(H, W, 3\), found \(4, 5, 2\).*choose one"),
        (lambda: plots.image(np.zeros((2, 4, 5, 3))), r"found \(2, 4, 5, 3\).*batch\[i\]"),
        (lambda: plots.image(np.zeros((0, 5))), r"found \(0, 5\)"),
        (lambda: plots.images([]), "no image to draw"),
        (lambda: plots.images(np.zeros((2, 4, 5)), ["one"]), "1 titles and 2 images"),
        (lambda: plots.probabilities(np.array([0.4, 0.6]), ["cat"]), "1 names and 2 probabilities"),
        (lambda: plots.confusion(np.zeros((2, 3), int), ["cat", "dog"]), r"\(K, K\), found \(2, 3\)"),
        (lambda: plots.confusion(np.zeros((2, 2), int), ["cat"]), "1 names and 2 classes"),
    ],
)
def test_what_cannot_be_drawn_is_named_before_a_figure_is_made(draw, words):
    before = plt.get_fignums()
    with pytest.raises(ValueError, match=words):
        draw()
    assert plt.get_fignums() == before
