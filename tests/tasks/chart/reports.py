"""The report of two chart programs, for tests of what one change gives."""

from erm.annotation import annotate_rendered
from erm.render import Renderer
from erm.tasks.discrepancy import Discrepancy


def errors_of(renderer: Renderer, reference: str, candidate: str) -> tuple[Discrepancy, ...]:
    """What the exact report of two programs lists; the pixels must bear it out."""
    items = [("chart", reference), ("chart", candidate)]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    assert annotation.failure is None
    assert annotation.report is not None
    return annotation.report.errors
