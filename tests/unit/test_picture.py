"""The picture of the curves is sound XML, whatever it is given."""

from math import inf, nan
from xml.etree import ElementTree as ET

import pytest

from aistudio_mock.domain.picture import Chart, Curve, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*curves, last_step=100):
    return ET.fromstring(svg("ftn1", [Chart("loss", curves)], last_step))


def points(root):
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in root.iter(f"{SVG}polyline")
    ]


def test_a_curve_runs_from_left_to_right_and_higher_values_are_higher():
    ((first, last),) = points(drawn(Curve("train", [1, 100], [2.0, 1.0])))
    assert first[0] < last[0] == 700
    assert first[1] < last[1]


def test_a_run_that_goes_on_leaves_room_on_the_right():
    ((*_, last),) = points(drawn(Curve("train", [1, 50], [2.0, 1.0])))
    assert last[0] == pytest.approx((70 + 700) / 2, abs=1)


def test_each_curve_has_a_colour_of_its_own_and_its_name():
    root = drawn(Curve("train", [1], [1.0]), Curve("validation", [1], [1.0]))
    assert len({line.get("stroke") for line in root.iter(f"{SVG}polyline")}) == 2
    assert {"— train", "— validation"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_a_long_curve_is_thinned_and_keeps_its_last_point():
    steps = range(1, 10_001)
    (curve,) = points(drawn(Curve("train", steps, [float(step) for step in steps]), last_step=10_000))
    assert len(curve) == 400
    assert curve[-1] == (700, 50)


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [inf, 1.0], [nan], [1e300, -1.0]])
def test_no_values_break_the_picture(values):
    root = drawn(Curve("train", list(range(1, len(values) + 1)), values))
    assert not {"nan", "inf"} & set(
        " ".join(line.get("points") for line in root.iter(f"{SVG}polyline")).split()
    )


def test_names_are_escaped():
    root = ET.fromstring(svg("<&>", [Chart("<loss>", [Curve('"a" & <b>', [1], [1.0])])], 1))
    assert {"<&>", "<loss>", '— "a" & <b>'} <= {text.text for text in root.iter(f"{SVG}text")}
