# ruff: noqa: E501 (a source reads best in one piece)
"""Programs as people write them, each of a kind that intercepting save and show could trip over."""

from __future__ import annotations

_PYPLOT = "import numpy as np\nimport matplotlib.pyplot as plt\n"

GALLERY = {
    "saved into a folder that is not there": _PYPLOT
    + "import os\nos.makedirs('out/figures', exist_ok=True)\nfig, ax = plt.subplots(figsize=(3, 2))\nax.plot([3, 1, 2], 'o--', label='a')\nax.legend()\nplt.savefig('elsewhere/y.pdf', dpi=60, bbox_inches='tight', transparent=True, metadata={'Title': 'x'})",
    "saved into a buffer that is read back": _PYPLOT
    + "import io\nfig = plt.figure(figsize=(2, 2))\nplt.pie([3, 2, 1], labels=list('abc'), autopct='%1.0f%%', explode=(0.1, 0, 0), shadow=True)\nbuffer = io.BytesIO()\nfig.savefig(buffer, format='png')\nassert buffer.getvalue().startswith(b'\\x89PNG')",
    "shown without waiting": _PYPLOT
    + "plt.ion()\nplt.figure(figsize=(2, 2))\nplt.hist(np.random.randn(200), bins=12, density=True, alpha=0.6)\nplt.show(block=False)\nplt.pause(0.1)",
    "main guard, arguments, another backend": "import sys\nimport matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\n\ndef main(name):\n    plt.figure(figsize=(2, 2))\n    plt.barh(['x', 'y'], [1, 2])\n    plt.title(name)\n    plt.show()\n\nif __name__ == '__main__':\n    main(sys.argv[1] if len(sys.argv) > 1 else 'none')",
    "three dimensions": _PYPLOT
    + "fig = plt.figure(figsize=(3, 3))\nax = fig.add_subplot(projection='3d')\nx, y = np.meshgrid(np.linspace(-2, 2, 15), np.linspace(-2, 2, 15))\nax.plot_surface(x, y, np.sin(x * y), cmap='viridis')\nax.set_zlabel('z')\nax.view_init(30, 40)\nplt.tight_layout()\nplt.show()",
    "polar": _PYPLOT
    + "fig, ax = plt.subplots(subplot_kw={'projection': 'polar'}, figsize=(2, 2))\nangle = np.arange(0, 6.28, 0.7)\nax.fill(angle, 1 + np.cos(angle), alpha=0.3)\nax.set_xticks(angle)\nfig.savefig('radar.png')",
    "grid of axes": _PYPLOT
    + "from matplotlib.gridspec import GridSpec\nfig = plt.figure(figsize=(3, 2), constrained_layout=True)\ngrid = GridSpec(2, 2, figure=fig, width_ratios=[2, 1])\nfig.add_subplot(grid[0, :]).plot([1, 2])\nfig.add_subplot(grid[1, 0]).bar([1, 2], [2, 1])\nfig.add_subplot(grid[1, 1]).axis('off')\nfig.suptitle('three')\nplt.show()",
    "mosaic and shared axes": _PYPLOT
    + "fig, axes = plt.subplot_mosaic([['a', 'b'], ['c', 'c']], figsize=(3, 2), sharex=True)\nfor name, ax in axes.items():\n    ax.set_title(name)\n    ax.step(range(4), [1, 3, 2, 4], where='mid')\nfig.align_labels()\nplt.show()",
    "two scales": _PYPLOT
    + "fig, left = plt.subplots(figsize=(3, 2))\nleft.bar(range(3), [10, 20, 30], color='tab:gray')\nright = left.twinx()\nright.plot(range(3), [1, 4, 9], 'r-o')\nright.set_yscale('log')\nleft.secondary_xaxis('top')\nplt.savefig('t.png')",
    "computed picture with a colour bar": _PYPLOT
    + "fig, ax = plt.subplots(figsize=(2, 2))\nimage = ax.imshow(np.add.outer(np.arange(20), np.arange(20)) % 7, cmap='magma', interpolation='nearest')\nfig.colorbar(image, ax=ax, shrink=0.8)\nfor i in range(3):\n    ax.text(i, i, i, color='w', ha='center')\nplt.show()",
    "fields": _PYPLOT
    + "y, x = np.mgrid[-2:2:12j, -2:2:12j]\nfig, (a, b, c) = plt.subplots(1, 3, figsize=(5, 2))\na.quiver(x, y, -y, x)\nb.streamplot(x, y, -y, x, density=0.4)\nc.contourf(x, y, x**2 + y**2, levels=5)\nc.clabel(c.contour(x, y, x**2 + y**2, colors='k'), fontsize=6)\nplt.show()",
    "statistics": _PYPLOT
    + "rng = np.random.default_rng(1)\ndata = [rng.normal(m, 1, 50) for m in range(3)]\nfig, axes = plt.subplots(2, 2, figsize=(4, 3))\naxes[0, 0].boxplot(data, patch_artist=True)\naxes[0, 1].violinplot(data, showmeans=True)\naxes[1, 0].errorbar(range(3), range(3), yerr=0.3, capsize=3, fmt='s')\naxes[1, 1].hexbin(*rng.normal(size=(2, 300)), gridsize=10)\nplt.tight_layout()\nplt.show()",
    "areas": _PYPLOT
    + "x = np.linspace(0, 6, 30)\nfig, (a, b) = plt.subplots(2, figsize=(3, 3), sharex=True)\na.fill_between(x, np.sin(x), where=np.sin(x) > 0, hatch='//')\na.axhspan(0, 0.5, alpha=0.2)\nb.stackplot(x, x, 6 - x, labels=['u', 'v'], baseline='wiggle')\nb.legend(loc='upper left', bbox_to_anchor=(1, 1))\nplt.savefig('a.png', bbox_inches='tight')",
    "stems, notes and mathematics": _PYPLOT
    + "plt.figure(figsize=(3, 2))\nplt.stem([1, 3, 2])\nplt.annotate('top', (1, 3), (1.5, 2.5), arrowprops={'arrowstyle': '->', 'connectionstyle': 'arc3'})\nplt.xlabel(r'$\\frac{\\alpha}{\\sqrt{2}}$')\nplt.title(r'$\\sum_{i=0}^{\\infty} x_i$')\nplt.show()",
    "dates": _PYPLOT
    + "import datetime as dt\nimport matplotlib.dates as md\ndays = [dt.date(2024, 1, 1) + dt.timedelta(days=30 * i) for i in range(5)]\nfig, ax = plt.subplots(figsize=(3, 2))\nax.plot(days, range(5))\nax.xaxis.set_major_formatter(md.DateFormatter('%b %Y'))\nax.xaxis.set_major_locator(md.MonthLocator(interval=2))\nfig.autofmt_xdate()\nax.plot(np.array(['2024-01-05', '2024-04-05'], dtype='datetime64[D]'), [1, 2])\nplt.show()",
    "the clock": _PYPLOT
    + "import time\nfrom datetime import datetime\nstart = time.time()\nplt.figure(figsize=(3, 1))\nplt.title(f'{datetime.now():%Y-%m-%d} {np.datetime64(\"now\")}')\nwhile time.time() - start < 0.05:\n    pass\nplt.plot([time.time() - start])\nplt.show()",
    "styles and settings": _PYPLOT
    + "plt.style.use('ggplot')\nplt.rcParams.update({'font.size': 7, 'axes.facecolor': '#eee', 'savefig.dpi': 70})\nwith plt.style.context('dark_background'):\n    plt.figure(figsize=(2, 2))\n    plt.scatter([1, 2], [2, 1], s=[40, 90], c=[0, 1], marker='^')\n    plt.savefig('s.png')",
    "sketched": _PYPLOT
    + "with plt.xkcd():\n    fig, ax = plt.subplots(figsize=(2, 2))\n    ax.plot([1, 2, 1])\n    ax.spines[['top', 'right']].set_visible(False)\n    fig.savefig('x.png')",
    "data frame": "import pandas as pd\nimport matplotlib.pyplot as plt\nframe = pd.DataFrame({'a': [1, 2, 3], 'b': [3, 1, 2]}, index=pd.date_range('2024-01-01', periods=3))\nax = frame.plot(kind='bar', stacked=True, figsize=(3, 2), rot=30)\nframe['a'].cumsum().plot(ax=ax, secondary_y=True)\nplt.tight_layout()\nplt.savefig('f.png')",
    "seaborn": "import pandas as pd\nimport seaborn as sns\nimport matplotlib.pyplot as plt\nsns.set_theme(style='whitegrid', palette='pastel')\nframe = pd.DataFrame({'x': list('aabb'), 'y': [1, 2, 3, 4], 'z': list('uvuv')})\nsns.barplot(data=frame, x='x', y='y', hue='z')\nsns.despine()\nplt.gcf().set_size_inches(3, 2)\nplt.show()",
    "object style": "from matplotlib.figure import Figure\nfrom matplotlib.backends.backend_agg import FigureCanvasAgg\nfigure = Figure(figsize=(2, 2), layout='tight')\ncanvas = FigureCanvasAgg(figure)\nfigure.subplots().plot([1, 2, 3])\ncanvas.print_figure('o.png', dpi=80)",
    "drawn and read as an array": _PYPLOT
    + "fig, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2])\nfig.canvas.draw()\npixels = np.asarray(fig.canvas.buffer_rgba())\nassert pixels.shape == (100, 200, 4)\nplt.close()\nplt.figure(figsize=(1, 1))\nplt.imshow(pixels[:, :, 0] > 128)\nplt.show()",
    "animation of which a frame shows": _PYPLOT
    + "from matplotlib.animation import FuncAnimation\nfig, ax = plt.subplots(figsize=(2, 2))\nline, = ax.plot([0, 1], [0, 1])\nanimation = FuncAnimation(fig, lambda frame: line.set_data([0, 1], [0, frame]), frames=3)\nplt.show()",
    "table, patches and widgets": _PYPLOT
    + "from matplotlib.patches import Circle, FancyBboxPatch\nfrom matplotlib.widgets import Slider\nfig, ax = plt.subplots(figsize=(3, 2))\nax.table([['1', '2']], colLabels=['a', 'b'], loc='bottom')\nax.add_patch(Circle((0.5, 0.5), 0.2))\nax.add_patch(FancyBboxPatch((0.1, 0.1), 0.2, 0.2))\nslider = Slider(fig.add_axes([0.3, 0.9, 0.4, 0.05]), 's', 0, 1)\nslider.on_changed(print)\nplt.show()",
    "scales, ticks and a broken axis": _PYPLOT
    + "from matplotlib.ticker import FuncFormatter, MultipleLocator\nfig, (a, b) = plt.subplots(2, 1, figsize=(2, 2), gridspec_kw={'hspace': 0.05})\na.semilogy([1, 10, 100])\na.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:.0e}'))\nb.set(xscale='symlog', ylim=(0, 3))\nb.plot([1, 2])\nb.yaxis.set_major_locator(MultipleLocator(1))\nb.invert_yaxis()\nplt.subplots_adjust(left=0.3)\nplt.show()",
    "sub-figures and a closed first figure": _PYPLOT
    + "first = plt.figure(1)\nplt.close(first)\nfig = plt.figure(figsize=(3, 2))\nleft, right = fig.subfigures(1, 2)\nleft.subplots().plot([1])\nright.subplots(2)\nright.supylabel('y')\nfig.savefig('z.svg', facecolor='lightgray')",
    "a fine mesh": _PYPLOT
    + "x, y = np.meshgrid(np.linspace(0, 1, 250), np.linspace(0, 1, 200))\nplt.figure(figsize=(2, 2))\nplt.pcolormesh(x, y, np.sin(9 * x * y))\nplt.show()",
    "vector formats into open buffers": _PYPLOT
    + "import io\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])\ntext = io.StringIO()\nplt.savefig(text, format='svg')\nassert '<svg' in text.getvalue()\ndata = io.BytesIO()\nplt.savefig(data, format='pdf', bbox_inches='tight')\nassert data.getvalue().startswith(b'%PDF')",
    "waits on the date": _PYPLOT
    + "from datetime import datetime, timedelta\nend = datetime.now() + timedelta(seconds=1)\nwhile datetime.now() < end:\n    pass\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])",
}
"""Program by what is particular about it."""
