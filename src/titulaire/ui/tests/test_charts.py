"""Drawings: well formed, said in words, right about what is breached."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from titulaire.ui import charts
from titulaire.ui.tests.gallery import all_charts

SVG = "{http://www.w3.org/2000/svg}"


def drawing(chart: charts.Chart) -> ElementTree.Element:
    return ElementTree.fromstring(chart.svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own drawing


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_a_chart_is_well_formed_named_and_followed_by_its_figures(chart):
    svg = drawing(chart)
    assert svg.get("role") == "img"
    ids = svg.get("aria-labelledby").split()
    assert [element.text for element in svg.iter() if element.get("id") == ids[0]] == [chart.title]
    assert all(len(row) == len(chart.headings) for row in chart.rows)
    assert " style=" not in chart.svg
    page = str(chart)
    assert "<details" in page and "<caption" in page


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_everything_is_drawn_inside_the_drawing(chart):
    svg = drawing(chart)
    _, _, wide, high = map(float, svg.get("viewBox").split())
    for rect in svg.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert x >= 0 and x + float(rect.get("width")) <= wide + 0.5
        assert y >= 0 and y + float(rect.get("height")) <= high + 0.5
    for text in svg.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= wide and 0 <= float(text.get("y")) <= high


@pytest.mark.parametrize(
    ("value", "better", "kept"),
    [
        (Decimal("0.8999"), "higher", "non"),
        (Decimal("0.9"), "higher", "oui"),
        (Decimal("0.9001"), "higher", "oui"),
        (Decimal("0.9"), "lower", "oui"),
        (Decimal("0.9001"), "lower", "non"),
        (None, "higher", "—"),
    ],
)
def test_the_threshold_itself_is_kept(value, better, kept):
    chart = charts.bars("t", "d", [("mars", value)], unit="rate", threshold=Decimal("0.9"), better=better)
    assert chart.rows[0][-1] == kept
    assert ("breach" in chart.svg) == (kept == "non")


@pytest.mark.parametrize("values", [[], [None, None], [0, 0], [5], [-3, 4], [1e9, 2e9], [0.00001, 0.00002]])
def test_odd_values_still_draw(values):
    labels = [f"m{i}" for i in range(len(values))]
    drawing(charts.bars("t", "d", list(zip(labels, values, strict=True))))
    drawing(charts.lines("t", "d", labels, [charts.Series("s", values)]))
    drawing(charts.ranked_bars("t", "d", list(zip(labels, values, strict=True))))
    charts.sparkline(values, "Tendance")


def test_a_gap_breaks_the_line():
    chart = charts.lines("t", "d", ["a", "b", "c"], [charts.Series("s", [1, None, 2])])
    assert chart.svg.count("<polyline") == 2


def test_words_are_escaped():
    chart = charts.bars("<i>t</i>", "d", [("<script>", 1)])
    assert "<script>" not in str(chart) and "<i>" not in str(chart)


def test_coordinates_keep_their_dot_in_a_french_page():
    assert "," not in drawing(charts.bars("t", "d", [("a", 1), ("b", 3)])).find(f"{SVG}rect").get("x")


def test_a_sparkline_says_where_it_starts_and_ends():
    assert "Titres : de 1 à 3" in charts.sparkline([1, 2, None, 3], "Titres")
