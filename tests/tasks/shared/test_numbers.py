"""Numbers as people write and read them."""

from __future__ import annotations

import pytest

from erm.tasks.shared import numbers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234.5", 1234.5, ""),
        ("1.234", 1.234, ""),
        ("(120)", -120, ""),
        ("-3 %", -3, "%"),
        ("$1,200", 1200, "$"),
        ("€ 3", 3, "€"),
        ("2 TB", 2, "TB"),
        ("1.5 GiB", 1.5, "GiB"),
        ("10 µm", 10, "µm"),
        ("10 μm", 10, "μm"),
        ("3.5 kWh", 3.5, "kWh"),
        ("100 Mbit/s", 100, "Mbit/s"),
        ("9.81 m/s²", 9.81, "m/s²"),
        ("120 km/h", 120, "km/h"),
        ("37 °C", 37, "°C"),
        ("50 Hz", 50, "Hz"),
        ("5 mg/dL", 5, "mg/dL"),
        ("12k", 12, "k"),
        ("1 000", 1000, ""),
        ("Q3", None, ""),
        ("3 pm", None, ""),
        ("2nd", None, ""),
        ("12 apples", None, ""),
        ("(12", None, ""),
        ("", None, ""),
    ],
)
def test_reading(text: str, value: float | None, unit: str) -> None:
    assert numbers.parse_number(text) == value
    if value is not None:
        assert numbers.unit_of(text) == unit


@pytest.mark.parametrize("word", ["GB", "(TB)", "kWh", "[µm]", "Mbit/s", "%", "m/s²", "GiB"])
def test_units(word: str) -> None:
    assert numbers.is_unit(word)


@pytest.mark.parametrize("word", ["Total", "North", "GBX", "price", "(n)", "Gb/", ""])
def test_words_that_are_no_units(word: str) -> None:
    assert not numbers.is_unit(word)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (4.0, "4"),
        (2011, "2011"),
        (0.12345, "0.123"),
        (-1234567, "-1234567"),
        (1.5e9, "1.50e+09"),
        (2e-7, "2.00e-07"),
        (float("inf"), "inf"),
    ],
)
def test_writing(value: float, written: str) -> None:
    assert numbers.write_number(value) == written


def test_changes_are_written_with_digits_enough_to_see_them() -> None:
    assert numbers.number_change([4], [6]) == "4 instead of 6"
    assert numbers.number_change([0, 5], [0, 4]) == "0 to 5 instead of 0 to 4"
    assert numbers.number_change([2011], [2012]) == "2011 instead of 2012"
    assert numbers.number_change([123456.01], [123456.02]) == "123456.01 instead of 123456.02"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14", 14),
        ("-3.5", -3.5),
        ("−3", -3),
        ("(1,200)", -1200),
        ("$1,234.50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("12 %", 12),
        ("1 234 567", 1234567),
        ("4\u00a0200", 4200),
        ("€ -5", -5),
        (".5", 0.5),
        ("12 kg", 12),
        ("1,5", 1.5),
        ("Q3", None),
        ("2020-01-02", None),
        ("(12", None),
        ("", None),
        ("1,2,3", None),
        ("-", None),
    ],
)
def test_numbers_are_read_in_the_forms_people_write(text: str, value: float | None) -> None:
    assert numbers.parse_number(text) == (None if value is None else pytest.approx(value))
