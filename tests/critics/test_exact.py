"""The exact annotator as a critic: it answers with what the data says, however images come in."""

from __future__ import annotations

import pytest
from PIL import Image

from erm.annotation import annotate
from erm.critics.base import ImagePair
from erm.critics.exact import ExactCritic
from erm.dataset.pairs import Pair
from erm.errors import ErmError
from erm.images import open_image
from erm.render import Renderer

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="9" fill="{}"/></svg>'
)


def test_its_reports_are_the_annotators(renderer: Renderer) -> None:
    red, blue = SVG.format("red"), SVG.format("blue")
    images = [one.image for one in renderer.render_batch([("svg", red), ("svg", blue)])]
    assert images[0] is not None
    assert images[1] is not None
    report = annotate("svg", red, blue, renderer).require()
    pair = Pair("a", "a", "svg", "test", "edit", (), images[0], images[1], red, blue, report)
    critic = ExactCritic([pair], renderer)
    views = [
        ImagePair("svg", images[0], images[1]),
        ImagePair("svg", open_image(images[0]), open_image(images[1])),
    ]
    for critique in critic.critique(views):
        assert critique.report is not None
        assert critique.report.to_dict() == report.to_dict()
        assert critique.severity == report.total_severity > 0
    with pytest.raises(ErmError, match="Pair 1: the sources of its images are not known"):
        critic.critique([ImagePair("svg", images[1], Image.new("RGB", (4, 4)))])
