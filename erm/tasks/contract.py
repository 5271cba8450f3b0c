"""The contract of a task: all that differs between one kind of image and another.

Data first, methods after; what most tasks share has a default. ``docs/new-task.md`` writes a task
step by step.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from erm.errors import ErmError
from erm.tasks.judge_words import JudgeWords

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks.discrepancy import Box, Discrepancy
    from erm.tasks.settings import DrawingSettings

Variety = Literal["compact", "wide"]
"""How far procedural sources range: ``compact`` is a world that a model of 2 M parameters learns
on a laptop (small images, few elements, a small vocabulary); ``wide`` is for real models."""

CHROMIUM = "chromium"
"""Name of the back end that is a browser (`Task.browser`)."""

Scene = dict[str, Any]
"""A task's typed scene in JSON form: what is drawn, each element with its box in pixels."""

Facts = dict[str, Any]
"""What published scores compare of a drawing, in JSON form; coarser than a scene, and had of any
source that draws."""


@dataclass(frozen=True)
class Drawing:
    """What drawing one source leaves in the worker.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        live: the task's own object behind the pixels (figure, laid-out page, parsed tree), from
            which `Task.read_scene` reads the scene; never leaves the worker.
    """

    pixels: NDArray[np.uint8]
    live: Any


@dataclass(frozen=True)
class View:
    """One side of a pair as the annotator sees it: pixels (height, width, 3) uint8, and scene."""

    pixels: NDArray[np.uint8]
    scene: Scene


@dataclass(frozen=True)
class Operator:
    """One way to edit a source.

    Attributes:
        name: snake_case, unique within the task.
        category: the category of error that the edit aims at; None for an edit that preserves
            visual equivalence.
        apply: (source, rng) → edited source, or None where there is nothing it can edit. Works on
            any source of the task through its syntax tree, DOM or grid; same rng state, same bytes.
    """

    name: str
    category: str | None
    apply: Callable[[str, random.Random], str | None]


@dataclass(frozen=True)
class WarmUp:
    """What a worker loads before it forks the processes that draw a task's sources.

    Attributes:
        modules: imported first.
        source: drawn once, so that libraries load what they load at their first drawing; empty for
            libraries whose threads a fork would lose, which then start in the drawing process.
    """

    modules: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Backend:
    """A library that draws a task's sources.

    Attributes:
        name: by which parameters and commands choose it.
        module: what must be importable; empty where it always is.
        extra: the extra of this package that installs the module.
    """

    name: str
    module: str = ""
    extra: str = ""


@dataclass(frozen=True)
class PixelRegion:
    """A region in which the pixels of two images differ, for `Task.pixel_category`.

    Attributes:
        box: around the region, in pixels of the image.
        height, width: of the image, in pixels.
        same_ink: what is drawn covers nearly the same pixels on both sides; colours differ.
        one_sided: only one side has ink.
        low: no higher than a line of text.
    """

    box: Box
    height: int
    width: int
    same_ink: bool
    one_sided: bool
    low: bool


class TextReader(Protocol):
    """Finds and reads text in pictures, (height, width, 3) uint8 RGB; equal pixels, equal text."""

    def find(self, pixels: NDArray[np.uint8]) -> list[Box]:
        """Boxes of the lines of text in a picture."""

    def read(self, lines: Sequence[NDArray[np.uint8]], least: float = 0.0) -> list[str]:
        """The text of each picture of one line; empty where it holds none, or where the letters'
        mean probability is below `least`."""


@dataclass(frozen=True)
class TextDistance:
    """A distance between two sources of a task.

    Attributes:
        title: name in tables, such as ``1 − TEDS``.
        measure: (reference, candidate) → distance, 0 is equal; raises `ErmError` where the sources
            are too large to compare.
    """

    title: str
    measure: Callable[[str, str], float]


@dataclass(frozen=True)
class FactScore:
    """A published score of a candidate's drawing against its reference's.

    Attributes:
        title: name in tables, such as ``ChartMimic text``.
        measure: (reference, candidate) → score in 0..1; 1 is best.
    """

    title: str
    measure: Callable[[Facts, Facts], float]


@dataclass(frozen=True)
class Instruction:
    """What an item of a data set asks of a policy in place of reproducing its own picture.

    Attributes:
        picture: file of the picture that the policy sees.
        prompt: the text after the picture.
        preamble: source in front of the policy's own, such as data that the prompt states.
    """

    picture: Path
    prompt: str
    preamble: str


@dataclass(frozen=True)
class BrowserPage:
    """How a browser draws a task's sources.

    Attributes:
        to_html: (source, max_elements, settings) → an HTML document that loads and runs nothing;
            raises `erm.sources.errors.DrawError`.
        extent: JavaScript function → [left, top, right, bottom] of all that shows, in CSS pixels,
            or null where nothing does.
        viewport_width: CSS pixels.
        padding: white pixels around the content.
        warm_up: a source that is drawn first.
    """

    to_html: Callable[[str, int, DrawingSettings], str]
    extent: str
    viewport_width: int
    padding: int
    warm_up: str


class Task(ABC):
    """One vision-to-code task.

    `draw`, `read_scene` and `draw_facts` run only inside the contained worker, on hostile input;
    everything else runs in the trusted process and never executes a source. Importing a task must
    be cheap: its methods import what they need.
    """

    name: ClassVar[str]
    """Also the name of its entry point."""
    kind: ClassVar[Literal["program", "document"]]
    """A program is executed, each in a process of its own; documents share one process."""
    subject: ClassVar[str]
    """What an image shows, as prompts say it: ``a table``."""
    answer: ClassVar[str]
    """What a policy answers with, as prompts say it: ``one HTML table in a ```html block``."""
    categories: ClassVar[Mapping[str, str]]
    """Category of error → what falls under it, in the order in which reports list them."""
    languages: ClassVar[tuple[str, ...]]
    """Languages of a fenced block that hold this task's source in a completion; the first one is
    what prompts ask for."""
    suffixes: ClassVar[tuple[str, ...]]
    """File name endings of this task's sources, with the dot; the first is the preferred one."""

    rank: ClassVar[int] = 100
    """Place in tables and plots; equal ranks are in the order of names."""
    category_key: ClassVar[str] = "category"
    """JSON key that names an error's category in the task's published report format."""
    unlabelled_categories: ClassVar[tuple[str, ...]] = ()
    """Further categories that published critics report. They are read and allowed in replies; no
    label has them, and published scores leave them out."""
    columns: ClassVar[tuple[str, ...]] = ()
    """Columns of data sets that hold the source, besides ``source``, ``code``, ``text``, …"""
    folders: ClassVar[tuple[str, ...]] = ()
    """Patterns of folders that hold sources alone, in data sets that keep scripts next to them."""
    reward: ClassVar[Literal["rendered", "severity"]] = "rendered"
    """Family of the published reward (`erm.rewards.published.reward_value`)."""
    published_max_side: ClassVar[int] = 1024
    """Longest side of an image, in pixels, that the published critic was trained on."""
    scalable: ClassVar[bool] = False
    """Whether a source can be drawn at any size, so that
    `erm.tasks.settings.DrawingSettings.raster_side` decides the picture's."""
    backends: ClassVar[tuple[Backend, ...]] = (Backend("own"),)
    """What can draw a source; the first one does by default. `draw` gets the chosen one's name,
    except `CHROMIUM`, which `browser` describes."""
    warm_up: ClassVar[WarmUp] = WarmUp()
    reserved_mb: ClassVar[int] = 0
    """MiB of addresses that the drawing library reserves and does not use. They come on top of
    `erm.render.limits.Limits.memory_mb`, which still bounds the memory that is used."""
    scene_limits: ClassVar[Mapping[str, int]] = {}
    """Most entries of a scene's lists, by key; they bound the time of `compare`."""
    reads_pictures: ClassVar[bool] = False
    """Whether the task has `read_picture`, for critics that read (``--critic reading``)."""
    requirements: ClassVar[tuple[str, ...]] = ()
    """Distributions that `extract` imports, for packaged policies."""
    judge: ClassVar[JudgeWords] = JudgeWords()

    @property
    @abstractmethod
    def operators(self) -> tuple[Operator, ...]:
        """All ways to edit a source, each category's and those that must not show."""

    @property
    def hacks(self) -> Mapping[str, str]:
        """Sources that draw something, and nothing of any reference, by what they are: what a
        policy may write to please a critic without looking (`erm.critics.hacks`)."""
        return {}

    @property
    def text_distances(self) -> Mapping[str, TextDistance]:
        """Distances between two sources, by the name that asks for them."""
        return {}

    @property
    def fact_scores(self) -> Mapping[str, FactScore]:
        """Published scores of drawings, by the name that asks for them; see `draw_facts`."""
        return {}

    @property
    def browser(self) -> BrowserPage | None:
        """How the back end `CHROMIUM` draws a source; None for a task without it."""
        return None

    def declared_encoding(self, content: bytes) -> str | None:
        """The Python codec that a source's bytes declare; None where they declare none.

        Asked only where no byte-order mark says it. By default sources declare nothing and are
        UTF-8.
        """
        return None

    @abstractmethod
    def draw(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> Drawing:
        """Draw a source; raises `erm.sources.errors.DrawError` with a kind for each way to fail."""

    @abstractmethod
    def read_scene(self, drawing: Drawing) -> Scene:
        """The scene of a drawing as JSON values; raises `DrawError('unreadable', …)` where a part
        of what is drawn can't be read, so that such a source is never mislabelled."""

    def draw_facts(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> tuple[Drawing, Facts]:
        """Draw a source and take down what `fact_scores` compare; raises `DrawError` as `draw`.

        By default there is nothing to compare.
        """
        return self.draw(source, max_pixels, max_elements, settings), {}

    @property
    def facts_type(self) -> Any:
        """Type of a drawing's facts, by which pydantic checks them."""
        return dict[str, Any]

    @property
    def scene_type(self) -> Any:
        """Type of a scene, a `TypedDict` or dataclass, by which pydantic checks it."""
        return dict[str, Any]

    def scene_size(self, scene: Scene) -> tuple[int, int] | None:
        """Width and height in pixels that a scene claims; None where it claims none."""
        return None

    @abstractmethod
    def generate(self, rng: random.Random, variety: Variety) -> str:
        """A procedural source; same rng state, same text."""

    @abstractmethod
    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        """Exact discrepancies of the candidate against the reference, in any order.

        Elements are matched one to one; a difference that nobody can see is not listed; related
        differences are one discrepancy. Two equal scenes give an empty list.
        """

    def contradiction(self, view: View) -> str | None:
        """What in a picture contradicts its own scene, as the rest of a sentence that begins with
        the scene; None where they agree.

        For programs, which can send a scene of something else than they draw; by default nothing
        does. May raise any exception on a scene of hostile origin.
        """
        return None

    @abstractmethod
    def extract(self, completion: str) -> str | None:
        """The source in a policy's completion, or None where it holds none."""

    def instruction(self, picture: Path, source: str) -> Instruction | None:
        """What a data set asks for a picture and its source, where it lies in a folder of `folders`
        whose items ask for something else than a copy; None where they don't.

        Raises:
            ErmError: the folder is such a one, and the source or a file lacks what is asked.
        """
        return None

    def read_picture(self, pixels: NDArray[np.uint8], reader: TextReader) -> Scene:
        """What `compare_read` needs of a scene, read from a picture alone.

        Args:
            pixels: (height, width, 3) uint8 RGB.

        Raises:
            ErmError: the task does not read pictures (`reads_pictures`).
        """
        raise ErmError(f"The reading critic can't judge {self.name}: the task reads no pictures.")

    def compare_read(self, reference: View, candidate: View) -> list[Discrepancy]:
        """Discrepancies of two scenes of `read_picture`; by default those of `compare`.

        A task overrides it where what is read is too coarse for an exact comparison.
        """
        return self.compare(reference, candidate)

    def pixel_category(self, region: PixelRegion) -> str:
        """The category that a critic without learning gives a region of differing pixels; the
        task's first one by default."""
        return next(iter(self.categories))
