"""One call from source to pixels: order, sameness, limits, faults and shutdown."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import erm.render.pool
from erm.errors import ErmError
from erm.render import ERROR_KINDS, Limits, Rendered, Renderer, wire
from erm.render.png import encode_rgb, has_one_colour
from tests.drawing import AS_STATED
from tests.waiting import until

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="10" height="10" fill="red"/></svg>'
)
BARS = (
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, {height}), dpi=50)\n"
    "plt.bar(['a'], [1])\n"
)
TABLE = "<table><tr><td>{text}</td></tr></table>"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer(workers=2, drawing=AS_STATED) as shared:
        yield shared


@pytest.fixture(scope="module")
def other_renderer() -> Iterator[Renderer]:
    """Another process that draws, for what has to be the same everywhere."""
    with Renderer(workers=1, drawing=AS_STATED) as other:
        yield other


def _one(renderer: Renderer, task: str, source: str, scenes: bool = False) -> Rendered:
    return renderer.render_batch([(task, source)], scenes=scenes)[0]


def _kind(result: Rendered) -> str | None:
    return None if result.error is None else result.error.kind


def test_results_keep_the_order_of_items(renderer: Renderer) -> None:
    sizes = [20, 120, 40, 90, 60, 30, 80, 50]
    items = [("svg", ICON.format(size=f'width="{size}" height="10"')) for size in sizes]
    items[3] = ("svg", "broken")
    results = renderer.render_batch(items)
    assert [r.pixels.shape[1] if r.image else _kind(r) for r in results] == [
        *sizes[:3],
        "invalid_markup",
        *sizes[4:],
    ]


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ("", (336, 336)),
        ('viewBox="0 0 24 24"', (336, 336)),
        ('viewBox="0 0 48 24"', (168, 336)),
        ('width="24" height="12"', (12, 24)),
        ('width="100%" height="100%" viewBox="0 0 2 1"', (168, 336)),
        ('width="1in" height="72pt"', (96, 96)),
        ('width="40" viewBox="0 0 2 1"', (20, 40)),
        ('width="-5" height="0" viewBox="0 0 -1 7"', (336, 336)),
        ('width="x" viewBox="a b"', (336, 336)),
    ],
)
def test_icons_of_every_kind_of_size(
    renderer: Renderer, attributes: str, shape: tuple[int, int]
) -> None:
    assert _one(renderer, "svg", ICON.format(size=attributes)).pixels.shape[:2] == shape


def test_icon_is_drawn_on_white_in_its_colour(renderer: Renderer) -> None:
    pixels = _one(renderer, "svg", ICON.format(size='width="20" height="20"')).pixels
    assert pixels[5, 5].tolist() == [255, 0, 0]
    assert pixels[15, 15].tolist() == [255, 255, 255]


_SHAPES = {
    "a mask's dark parts hide": (
        '<mask id="m"><rect width="24" height="24" fill="white"/>'
        '<circle cx="12" cy="12" r="6" fill="black"/></mask>'
        '<rect width="24" height="24" fill="red" mask="url(#m)"/>',
        '<path fill="red" fill-rule="evenodd" d="M0 0H24V24H0Z M6 12a6 6 0 0 0 12 0'
        'a6 6 0 0 0-12 0Z"/>',
    ),
    "a mask in fractions of what it masks": (
        '<mask id="m" maskContentUnits="objectBoundingBox"><circle cx=".5" cy=".5" r=".5"'
        ' fill="white"/></mask><g mask="url(#m)"><rect x="4" y="4" width="16" height="8"/></g>',
        '<ellipse cx="12" cy="8" rx="8" ry="4"/>',
    ),
    "a grey mask": (
        '<mask id="m"><rect width="24" height="24" fill="#808080"/></mask>'
        '<rect width="9" height="9" mask="url(#m)"/>',
        '<rect width="9" height="9" fill-opacity="0.502"/>',
    ),
    "a mask by transparency": (
        '<mask id="m" mask-type="alpha"><rect width="24" height="24" fill="black"/></mask>'
        '<rect width="9" height="9" mask="url(#m)"/>',
        '<rect width="9" height="9"/>',
    ),
    "closed dots": (
        '<path stroke="blue" stroke-width="4" stroke-linecap="round" d="m4 4zm8 8z"/>',
        '<circle cx="4" cy="4" r="2" fill="blue"/><circle cx="12" cy="12" r="2" fill="blue"/>',
    ),
    "percentages": (
        '<style>.a {stroke-opacity: 25%}</style><rect class="a" width="9" height="9" opacity="50%"'
        ' style="fill-opacity: 50%" stroke="red"/>',
        '<rect width="9" height="9" opacity="0.5" fill-opacity="0.5" stroke="red"'
        ' stroke-opacity="0.25"/>',
    ),
    "a text by reference": (
        '<defs><text id="t">a<tspan>b</tspan></text></defs><text y="12" font-size="12">'
        '<tref href="#t" fill="red"/></text>',
        '<text y="12" font-size="12"><tspan fill="red">ab</tspan></text>',
    ),
    "a shadow moves nothing": (
        '<filter id="f"><feGaussianBlur in="SourceAlpha"/><feOffset dx="9" dy="9"/><feMerge>'
        '<feMergeNode/><feMergeNode in="SourceGraphic"/></feMerge></filter>'
        '<rect width="9" height="9" filter="url(#f)"/>',
        '<rect width="9" height="9"/>',
    ),
}


@pytest.mark.parametrize("name", _SHAPES)
def test_effects_look_as_the_shapes_they_make(renderer: Renderer, name: str) -> None:
    root = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="96">{}</svg>'
    drawn, meant = renderer.render_batch([("svg", root.format(body)) for body in _SHAPES[name]])
    difference = np.abs(drawn.pixels.astype(int) - meant.pixels).max(axis=2)
    # edges are smoothed in two ways
    assert (difference > 40).mean() < 0.002
    assert np.median(difference[:32, :32]) <= 2
    assert not drawn.blank


def test_table_has_padding_and_house_style(renderer: Renderer) -> None:
    pixels = _one(renderer, "table", TABLE.format(text="x")).pixels
    assert (pixels[:11] == 255).all()
    assert (pixels[:, :11] == 255).all()
    assert pixels[12:14, 20].min() < 120
    assert (pixels[-11:] == 255).all()


def test_markdown_and_html_of_the_same_table_look_the_same(renderer: Renderer) -> None:
    html = (
        "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
        "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    )
    markdown = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    first, second = renderer.render_batch([("table", html), ("table", markdown)])
    assert np.array_equal(first.pixels, second.pixels)


@pytest.mark.parametrize(
    ("program", "shape"),
    [
        ("plt.figure(figsize=(2, 1), dpi=100); plt.plot([1])", (100, 200)),
        ("plt.figure(figsize=(2, 1)); plt.savefig('/no/such/folder/a.pdf', dpi=50)", (50, 100)),
        ("plt.figure(figsize=(2, 1), dpi=50); plt.show(); plt.figure(figsize=(9, 9))", (50, 100)),
        ("f = plt.figure(figsize=(2, 1)); plt.figure(); f.savefig('a', dpi=10)", (10, 20)),
        ("plt.figure(figsize=(1, 1)); plt.savefig('a', dpi=30); plt.clf(); plt.close()", (30, 30)),
        (
            "import matplotlib\nmatplotlib.use('TkAgg')\nplt.figure(figsize=(1, 1), dpi=40)",
            (40, 40),
        ),
        (
            "from matplotlib.figure import Figure\nf = Figure(figsize=(1, 2), dpi=20)\n"
            "f.subplots()\nf.savefig('a.svg', dpi='figure')",
            (40, 20),
        ),
    ],
)
def test_the_figure_saved_or_shown_last_counts(
    renderer: Renderer, program: str, shape: tuple[int, int]
) -> None:
    result = _one(renderer, "chart", "import matplotlib.pyplot as plt\n" + program)
    assert result.error is None
    assert result.pixels.shape[:2] == shape


def test_unseeded_randomness_and_the_clock_give_the_same_bytes_in_every_worker(
    renderer: Renderer, other_renderer: Renderer
) -> None:
    program = (
        "import datetime, os, random, secrets, tempfile, time, timeit, uuid\nimport numpy as np\n"
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(4, 1))\n"
        "plt.title(f'{random.random()} {random.Random().random()} {np.random.rand()}', size=5)\n"
        "plt.xlabel(f'{time.time()} {datetime.datetime.now()} {uuid.uuid4()}', size=5)\n"
        "plt.ylabel(f'{np.random.default_rng().random()} {secrets.token_hex(2)}', size=5)\n"
        "plt.suptitle(f'{time.ctime()} {time.asctime()} {timeit.default_timer()}', size=5)\n"
        "plt.figtext(0, 0, f'{tempfile.mktemp()} {os.getrandom(2)}', size=5)\n"
        'plt.text(0, 0, f\'{np.datetime64("now")} {hash("a")} {time.perf_counter()}\')\n'
        "plt.plot(list({'a', 'b', 'c'}), [random.random() for _ in range(3)])\n"
    )
    batches = [pool.render_batch([("chart", program)] * 2) for pool in (renderer, other_renderer)]
    images = {result.image for batch in batches for result in batch}
    assert len(images) == 1
    assert None not in images


def test_a_figure_that_is_drawn_once_looks_as_if_it_were_drawn_twice(renderer: Renderer) -> None:
    """Printing draws a figure with a layout twice; only where somebody waits for it do we."""
    program = (
        "import matplotlib.pyplot as plt\n"
        "fig, axes = plt.subplots(2, figsize=(3, 3), layout={layout!r})\n"
        "axes[0].imshow([[1, 2, 3]]); axes[1].set(xlabel='x', ylabel='y', title='t')\n"
        "fig.colorbar(axes[0].images[0], ax=axes[0]); fig.align_labels(); {then}\n"
        "fig.savefig('a.png', dpi=80)\n"
    )
    wait = "fig.canvas.mpl_connect('draw_event', print)"
    layouts = ("constrained", "tight", "compressed", None)
    for layout, first in zip(layouts, ("pass", "pass", "pass", "fig.tight_layout()"), strict=True):
        sources = [
            program.format(layout=layout, then=f"{first}; {then}") for then in ("pass", wait)
        ]
        once, twice = renderer.render_batch([("chart", source) for source in sources])
        assert once.error is None
        assert once.image == twice.image, layout


def test_blank_pictures_are_flagged(renderer: Renderer) -> None:
    blank = _one(renderer, "svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    drawn = _one(renderer, "svg", ICON.format(size='width="20" height="20"'))
    assert (blank.blank, drawn.blank) == (True, False)


def test_each_limit_has_its_kind() -> None:
    limits = Limits(max_pixels=10_000, max_source_bytes=3000, max_elements=10, memory_mb=256)
    big = "import matplotlib.pyplot as plt\n"
    cases = {
        "too_large": ("svg", "x" * 4000),
        "too_many_pixels": ("chart", big + "plt.figure(figsize=(3, 3)); plt.show()"),
        "too_many_elements": (
            "svg",
            f'<svg xmlns="http://www.w3.org/2000/svg">{"<g/>" * 20}</svg>',
        ),
        "memory": ("chart", "x = bytes(300 << 20)"),
        "no_source": ("table", " "),
    }
    with Renderer(workers=1, limits=limits) as renderer:
        results = renderer.render_batch(list(cases.values()))
    assert [_kind(result) for result in results] == list(cases)
    assert all(kind in ERROR_KINDS for kind in cases)


def test_scenes_come_only_when_asked_for(renderer: Renderer) -> None:
    source = ICON.format(size='width="20" height="20"')
    assert _one(renderer, "svg", source).scene is None
    assert isinstance(_one(renderer, "svg", source, scenes=True).scene, dict)


def test_an_unknown_task_is_one_sentence(renderer: Renderer) -> None:
    with pytest.raises(ErmError, match="Unknown task 'poem'"):
        renderer.render_batch([("poem", "x")])


def test_the_asynchronous_form_gives_the_same(renderer: Renderer) -> None:
    items = [("svg", ICON.format(size='width="20" height="20"')), ("table", "x")]
    results = asyncio.run(renderer.render_batch_async(items))
    expected = renderer.render_batch(items)
    assert [r.image for r in results] == [r.image for r in expected]


def _below(process: psutil.Process) -> list[psutil.Process]:
    children = process.children(recursive=True)
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_worker_is_replaced_and_no_item_is_lost() -> None:
    good = ("svg", ICON.format(size='width="20" height="20"'))
    with Renderer(workers=1) as renderer:
        first = renderer.render_batch([good])[0]
        for process in _below(psutil.Process()):
            process.send_signal(signal.SIGKILL)
        results = renderer.render_batch([good] * 4)
        assert [result.image for result in results] == [first.image] * 4


def test_a_worker_that_is_killed_while_it_starts_costs_no_item() -> None:
    icon = ("svg", ICON.format(size='width="20" height="20"'))
    with Renderer(workers=1) as renderer, ThreadPoolExecutor(1) as caller:
        asked = caller.submit(renderer.render_batch, [icon])
        until(lambda: renderer._all[0].tasks == ["svg"], 60)
        renderer._all[0]._process.kill()
        assert asked.result()[0].image is not None


SLOW_TABLE = "<table>" + "<tr><td>a<td>b<td>c" * 3000 + "</table>"
"""One that takes seconds."""


def test_a_document_behind_one_that_hangs_gets_its_own_answer() -> None:
    icons = [("svg", ICON.format(size=f'width="{side}" height="20"')) for side in (20, 30, 40)]
    with Renderer(workers=1, limits=Limits(wall_seconds=0.5, max_elements=100_000)) as renderer:
        expected = renderer.render_batch([*icons, ("table", "x")])[:3]
        results = renderer.render_batch([icons[0], ("table", SLOW_TABLE), *icons[1:]])
    assert [_kind(result) for result in results] == [None, "wall_time", None, None]
    assert [result.image for result in results if result.image] == [r.image for r in expected]


def test_a_document_that_waits_outlives_the_worker_it_was_given_to() -> None:
    icon = ("svg", ICON.format(size='width="20" height="20"'))
    with Renderer(workers=1, limits=Limits(wall_seconds=3, max_elements=100_000)) as renderer:
        first, _ = renderer.render_batch([icon, ("table", "x")])
        with ThreadPoolExecutor(1) as caller:
            asked = caller.submit(renderer.render_batch, [("table", SLOW_TABLE), icon, icon])
            until(lambda: renderer._all[0].tasks == ["table", "svg"], 60)
            for process in _below(psutil.Process()):
                process.send_signal(signal.SIGKILL)
            results = asked.result()
    assert _kind(results[0]) in (None, "wall_time")  # drawn again, on a machine that may be slow
    assert [result.image for result in results[1:]] == [first.image] * 2


def test_callers_that_share_a_renderer_get_their_own_answers(renderer: Renderer) -> None:
    """Also where one gives up while the other's documents are drawn by the same workers."""
    icons = [("svg", ICON.format(size=f'width="{20 + side}" height="20"')) for side in range(12)]
    expected = [result.image for result in renderer.render_batch(icons)]

    async def draw() -> list[list[Rendered]]:
        impatient = asyncio.create_task(renderer.render_batch_async(icons * 3))
        patient = [renderer.render_batch_async(part) for part in (icons, icons[::-1])]
        await asyncio.sleep(0)
        impatient.cancel()
        return await asyncio.gather(*patient)

    forwards, backwards = asyncio.run(draw())
    assert [result.image for result in forwards] == expected
    assert [result.image for result in backwards] == expected[::-1]


def test_closing_leaves_no_process() -> None:
    before = {process.pid for process in _below(psutil.Process())}
    renderer = Renderer(workers=2)
    renderer.render_batch([("svg", "x"), ("table", "x")])
    renderer.close()
    renderer.close()
    left = [process for process in _below(psutil.Process()) if process.pid not in before]
    assert psutil.wait_procs(left, timeout=10)[1] == []
    with pytest.raises(ErmError, match="closed"):
        renderer.render_batch([("svg", "x")])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_a_killed_parent(number: signal.Signals) -> None:
    program = (
        # a shell starts what it runs in the background deaf to Ctrl-C
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from erm.render import Limits, Renderer\n"
        "r = Renderer(workers=1, limits=Limits(wall_seconds=600))\nr.render_batch([('svg', 'x')])\n"
        "print('ready', flush=True)\n"
        "r.render_batch([('chart', 'import threading; threading.Event().wait()')] * 3)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        workers = _below(psutil.Process(parent.pid))
        assert workers
        parent.send_signal(number)
        try:
            parent.wait(60)
        finally:
            parent.kill()
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def test_an_environment_behind_a_link_draws(tmp_path: Path) -> None:
    """Its absolute target must be followed from the machine's root, not from the worker's."""
    (tmp_path / "environment").symlink_to(sys.prefix)
    python = tmp_path / "environment" / "bin" / Path(sys.executable).name
    items = [("svg", ICON.format(size="")), ("chart", BARS.format(height=1))]
    code = (
        "from erm.render import render_batch\n"
        f"print([result.error for result in render_batch({items!r})])"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[None, None]\n", done.stderr


def test_required_isolation_holds_or_is_refused() -> None:
    program = "import socket\nsocket.socket()"
    with Renderer(workers=1) as renderer:
        missing = renderer._all[0].missing()
    if missing:
        with pytest.raises(ErmError, match=re.escape(f"this machine lacks: {missing[0]}")):
            Renderer(workers=1, isolation="required")
    else:
        with Renderer(workers=1, isolation="required") as renderer:
            assert _kind(_one(renderer, "chart", program)) == "runtime_error"


def test_messages_beyond_their_limits_are_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.unpack_lengths(wire.LENGTHS.pack(wire.MAX_HEADER + 1, 0), 10)
    with pytest.raises(wire.WireError):
        wire.unpack_lengths(wire.LENGTHS.pack(2, 11), 10)
    for text in (b"[]", b"{", b"\xff", b"[" * 50_000):
        with pytest.raises(wire.WireError):
            wire.unpack_header(text)


TAGS = ["svg", "g", "rect", "path", "use", "text", "style", "linearGradient", "mask", "pattern"]
ATTRIBUTES = ["d", "fill", "href", "transform", "width", "x", "style", "viewBox", "id", "mask"]
VALUES = ["", "1", "-1e9", "nan", "url(#a)", "#a", "M0 0 L1 1", "rotate(1 2)", "100%", "a:b", "\\"]


@st.composite
def _markup(draw: st.DrawFn, tags: list[str]) -> str:
    def element(depth: int) -> str:
        tag = draw(st.sampled_from(tags))
        names = draw(st.lists(st.sampled_from(ATTRIBUTES), max_size=3, unique=True))
        pairs = "".join(f' {name}="{draw(st.sampled_from(VALUES))}"' for name in names)
        inner = "".join(
            element(depth + 1) for _ in range(draw(st.integers(0, 2)) if depth < 3 else 0)
        )
        return f"<{tag}{pairs}>{draw(st.sampled_from(['', 'a', '&amp;', '<']))}{inner}</{tag}>"

    return element(0)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_markup_breaks_the_renderer(renderer: Renderer, data: st.DataObject) -> None:
    icons = data.draw(st.lists(_markup(TAGS), min_size=8, max_size=8))
    tables = data.draw(
        st.lists(_markup(["table", "tr", "td", "th", "b", "style", "div"]), min_size=3, max_size=3)
    )
    texts = data.draw(st.lists(st.text(max_size=40), min_size=2, max_size=2))
    root = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30">{}</svg>'
    items = [("svg", root.format(icon)) for icon in icons]
    items += [("table", f"<table>{table}</table>") for table in tables]
    items += [(task, text) for text in texts for task in ("svg", "table")]
    good = ("svg", ICON.format(size='width="20" height="20"'))
    results = renderer.render_batch([*items, good])
    assert all((result.image is None) != (result.error is None) for result in results)
    assert results[-1].image is not None
    assert {_kind(result) for result in results} <= {None, *ERROR_KINDS}
    assert "worker_died" not in {_kind(result) for result in results}


def _mixture() -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """Good items that are cheap, good items that are not, and hostile ones."""
    icons = [
        ("svg", ICON.format(size=f'width="{20 + size}" height="{30 - size}"')) for size in range(7)
    ]
    slow = [
        ("table", TABLE.format(text="a")),
        ("chart", BARS.format(height=1)),
        ("table", TABLE.format(text="<b>b</b>")),
    ]
    hostile = [
        ("svg", "<svg><image/></svg>"),
        ("svg", "<svg"),
        ("svg", ICON.format(size="").replace("red", "url(http://127.0.0.1/)")),
        ("svg", f"<svg>{'<g>' * 300}{'</g>' * 300}</svg>"),
        ("svg", ICON.format(size='width="1e9" height="9"')),
        ("table", "<table><tr><td><img src=x>"),
        ("svg", '<svg xmlns="http://www.w3.org/2000/svg"><use id="a" href="#a"/></svg>'),
        ("table", "no table"),
        ("chart", "import os; os._exit(1)"),
        ("chart", "import builtins; builtins.open = None; 1 / 0"),
        ("chart", "import os\nwhile True: os.write(1, b'x'); os.fork()"),
    ]
    return icons, slow, hostile


def test_among_a_thousand_items_good_ones_have_the_bytes_of_a_clean_run(
    renderer: Renderer, other_renderer: Renderer
) -> None:
    icons, slow, hostile = _mixture()
    clean = [*icons, *slow]
    expected = [result.image for result in other_renderer.render_batch(clean)]
    assert None not in expected
    good = [len(icons) + n % 3 if n % 25 == 7 else n % len(icons) for n in range(500)]
    # programs are few, since each costs a process
    bad = [8 + n % 3 if n % 25 == 3 else n % 8 for n in range(500)]
    items = [item for n in range(500) for item in (hostile[bad[n]], clean[good[n]])]
    results = renderer.render_batch(items)
    assert len(results) == 1000
    assert all(result.error is not None for result in results[::2])
    wrong = [
        n for n, result in zip(good, results[1::2], strict=True) if result.image != expected[n]
    ]
    assert wrong == []


def test_the_reason_why_a_worker_did_not_start_reaches_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "erm").mkdir()
    (tmp_path / "erm" / "__init__.py").write_text("raise ImportError('no pango on this machine')")
    monkeypatch.setattr(erm.render.pool, "_environment", lambda: {"PYTHONPATH": str(tmp_path)})
    with (
        Renderer(workers=1) as broken,
        pytest.raises(ErmError, match="could not start: ImportError: no pango on this machine"),
    ):
        broken.render_batch([("svg", ICON.format(size=""))])


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    colours=st.integers(1, 3),
    seed=st.integers(0, 99),
)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_pictures_are_read_as_they_were_written(
    height: int, width: int, colours: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, colours, (height, width, 3), np.uint8)
    data = pixels.tobytes()
    image = encode_rgb(data, width, height)
    assert np.array_equal(Rendered(image, None, None, False, 0.0, 0).pixels, pixels)
    assert has_one_colour(data) == bool((pixels == pixels[0, 0]).all())


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("color: red", "color: red", True),
        ("color: red", "color: blue", False),
        ('color: red" align="right', 'color: blue" align="right', False),
        ('color: red" lang="de', 'color: blue" lang="de', False),
    ],
)
def test_cells_share_a_style_only_where_it_is_the_same(
    renderer: Renderer, first: str, second: str, same: bool
) -> None:
    rows = f'<tr><td style="{first}">a</td></tr><tr><td style="{second}">a</td></tr>'
    alone = f'<tr><td style="{second}">a</td></tr>' * 2
    drawn = renderer.render_batch([("table", f"<table>{part}</table>") for part in (rows, alone)])
    assert np.array_equal(drawn[0].pixels, drawn[1].pixels) == same
