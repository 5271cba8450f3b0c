"""A source's id says where it came from."""

from __future__ import annotations

import pytest

from erm.dataset.checked import checked_pairs
from erm.dataset.domains import domain_of, generated_id


@pytest.mark.parametrize(
    ("source_id", "domain"),
    [
        (generated_id("chart", "compact", 12), "compact"),
        (generated_id("chart", "wide", 12), "wide"),
        ("table/own-3f2a", "real"),
        (checked_pairs()[0].source_id, "checked"),
        ("a", "compact"),
    ],
)
def test_ids_say_the_domain(source_id: str, domain: str) -> None:
    assert domain_of(source_id) == domain


def test_compact_sources_have_the_ids_that_seed_them() -> None:
    assert generated_id("svg", "compact", 3) == "svg/000003"
