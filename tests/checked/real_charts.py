"""Twenty pairs of charts: programs of the galleries of matplotlib and seaborn, edited by hand.

The programs come from the source distributions of matplotlib 3.8.4 (``galleries/examples``;
Copyright (c) 2012- Matplotlib Development Team; All Rights Reserved; ``licenses/matplotlib.txt``)
and seaborn 0.13.2 (``examples``; Copyright (c) 2012-2023, Michael L. Waskom;
``licenses/seaborn.txt``). They are shortened to one figure each, without comments.
"""

from __future__ import annotations

from tests.checked import Listed, Real

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

# matplotlib, lines_bars_and_markers/barh.py
DRIVERS = """
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(19680801)
fig, ax = plt.subplots()
people = ('Tom', 'Dick', 'Harry', 'Slim', 'Jim')
y_pos = np.arange(len(people))
performance = 3 + 10 * np.random.rand(len(people))
error = np.random.rand(len(people))
ax.barh(y_pos, performance, xerr=error, align='center')
ax.set_yticks(y_pos, labels=people)
ax.invert_yaxis()  # labels read top-to-bottom
ax.set_xlabel('Performance')
ax.set_title('How fast do you want to go today?')
plt.show()
"""
# matplotlib, lines_bars_and_markers/broken_barh.py
RACE = """
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.broken_barh([(110, 30), (150, 10)], (10, 9), facecolors='tab:blue')
ax.broken_barh([(10, 50), (100, 20), (130, 10)], (20, 9),
               facecolors=('tab:orange', 'tab:green', 'tab:red'))
ax.set_ylim(5, 35)
ax.set_xlim(0, 200)
ax.set_xlabel('seconds since start')
ax.set_yticks([15, 25], labels=['Bill', 'Jim'])     # Modify y-axis tick labels
ax.grid(True)                                       # Make grid lines visible
ax.annotate('race interrupted', (61, 25),
            xytext=(0.8, 0.9), textcoords='axes fraction',
            arrowprops=dict(facecolor='black', shrink=0.05),
            fontsize=16,
            horizontalalignment='right', verticalalignment='top')
plt.show()
"""
# matplotlib, lines_bars_and_markers/stackplot_demo.py
PEOPLE = """
import matplotlib.pyplot as plt

year = [1950, 1960, 1970, 1980, 1990, 2000, 2010, 2018]
population_by_continent = {
    'africa': [228, 284, 365, 477, 631, 814, 1044, 1275],
    'americas': [340, 425, 519, 619, 727, 840, 943, 1006],
    'asia': [1394, 1686, 2120, 2625, 3202, 3714, 4169, 4560],
    'europe': [220, 253, 276, 295, 310, 303, 294, 293],
    'oceania': [12, 15, 19, 22, 26, 31, 36, 39],
}
fig, ax = plt.subplots()
ax.stackplot(year, population_by_continent.values(),
             labels=population_by_continent.keys(), alpha=0.8)
ax.legend(loc='upper left', reverse=True)
ax.set_title('World population')
ax.set_xlabel('Year')
ax.set_ylabel('Number of people (millions)')
plt.show()
"""
# matplotlib, text_labels_and_annotations/legend.py
MESSAGES = """
import matplotlib.pyplot as plt
import numpy as np

a = b = np.arange(0, 3, .02)
c = np.exp(a)
d = c[::-1]
fig, ax = plt.subplots()
ax.plot(a, c, 'k--', label='Model length')
ax.plot(a, d, 'k:', label='Data length')
ax.plot(a, c + d, 'k', label='Total message length')
legend = ax.legend(loc='upper center', shadow=True, fontsize='x-large')
legend.get_frame().set_facecolor('C0')
plt.show()
"""
# matplotlib, specialty_plots/anscombe.py
ANSCOMBE = """
import matplotlib.pyplot as plt
import numpy as np

x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
y1 = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
y2 = [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74]
y3 = [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]
x4 = [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8]
y4 = [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89]
datasets = {'I': (x, y1), 'II': (x, y2), 'III': (x, y3), 'IV': (x4, y4)}
fig, axs = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(6, 6),
                        gridspec_kw={'wspace': 0.08, 'hspace': 0.08})
axs[0, 0].set(xlim=(0, 20), ylim=(2, 14))
axs[0, 0].set(xticks=(0, 10, 20), yticks=(4, 8, 12))
for ax, (label, (x, y)) in zip(axs.flat, datasets.items()):
    ax.text(0.1, 0.9, label, fontsize=20, transform=ax.transAxes, va='top')
    ax.tick_params(direction='in', top=True, right=True)
    ax.plot(x, y, 'o')
    p1, p0 = np.polyfit(x, y, deg=1)  # slope, intercept
    ax.axline(xy1=(0, p0), slope=p1, color='r', lw=2)
    stats = (f'$\\\\mu$ = {np.mean(y):.2f}\\n'
             f'$\\\\sigma$ = {np.std(y):.2f}\\n'
             f'$r$ = {np.corrcoef(x, y)[0][1]:.2f}')
    bbox = dict(boxstyle='round', fc='blanchedalmond', ec='orange', alpha=0.5)
    ax.text(0.95, 0.07, stats, fontsize=9, bbox=bbox,
            transform=ax.transAxes, horizontalalignment='right')
plt.show()
"""
# matplotlib, statistics/histogram_multihist.py
SAMPLES = """
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(19680801)
n_bins = 10
x = np.random.randn(1000, 3)
fig, (ax0, ax1) = plt.subplots(ncols=2)
colors = ['red', 'tan', 'lime']
ax0.hist(x, n_bins, density=True, histtype='bar', color=colors, label=colors)
ax0.legend(prop={'size': 10})
ax0.set_title('bars with legend')
ax1.hist(x, n_bins, density=True, histtype='bar', stacked=True)
ax1.set_title('stacked bar')
fig.tight_layout()
plt.show()
"""
# matplotlib, statistics/boxplot_color.py (`labels` is called `tick_labels` since 3.9)
BOXES = """
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(19680801)
all_data = [np.random.normal(0, std, size=100) for std in range(1, 4)]
labels = ['x1', 'x2', 'x3']
fig, (ax1, ax2) = plt.subplots(nrows=1, ncols=2, figsize=(9, 4))
bplot1 = ax1.boxplot(all_data, patch_artist=True, tick_labels=labels)
ax1.set_title('Rectangular box plot')
bplot2 = ax2.boxplot(all_data, notch=True, patch_artist=True, tick_labels=labels)
ax2.set_title('Notched box plot')
colors = ['pink', 'lightblue', 'lightgreen']
for bplot in (bplot1, bplot2):
    for patch, color in zip(bplot['boxes'], colors):
        patch.set_facecolor(color)
for ax in [ax1, ax2]:
    ax.yaxis.grid(True)
    ax.set_xlabel('Three separate samples')
    ax.set_ylabel('Observed values')
plt.show()
"""
# matplotlib, statistics/customized_violin.py
VIOLINS = """
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(19680801)
data = [sorted(np.random.normal(0, std, 100)) for std in range(1, 5)]
fig, ax = plt.subplots()
ax.set_title('Default violin plot')
ax.set_ylabel('Observed values')
ax.violinplot(data)
labels = ['A', 'B', 'C', 'D']
ax.set_xticks(np.arange(1, len(labels) + 1), labels=labels)
ax.set_xlim(0.25, len(labels) + 0.75)
ax.set_xlabel('Sample name')
plt.show()
"""
# matplotlib, pie_and_polar_charts/nested_pie.py
RINGS = """
import matplotlib.pyplot as plt
import numpy as np

fig, ax = plt.subplots()
size = 0.3
vals = np.array([[60., 32.], [37., 40.], [29., 10.]])
cmap = plt.colormaps["tab20c"]
outer_colors = cmap(np.arange(3)*4)
inner_colors = cmap([1, 2, 5, 6, 9, 10])
ax.pie(vals.sum(axis=1), radius=1, colors=outer_colors,
       wedgeprops=dict(width=size, edgecolor='w'))
ax.pie(vals.flatten(), radius=1-size, colors=inner_colors,
       wedgeprops=dict(width=size, edgecolor='w'))
ax.set(aspect="equal", title='Pie plot with `ax.pie`')
plt.show()
"""
# matplotlib, pie_and_polar_charts/polar_demo.py
SPIRAL = """
import matplotlib.pyplot as plt
import numpy as np

r = np.arange(0, 2, 0.01)
theta = 2 * np.pi * r
fig, ax = plt.subplots(subplot_kw={'projection': 'polar'})
ax.plot(theta, r)
ax.set_rmax(2)
ax.set_rticks([0.5, 1, 1.5, 2])  # Less radial ticks
ax.set_rlabel_position(-22.5)  # Move radial labels away from plotted line
ax.grid(True)
ax.set_title("A line plot on a polar axis", va='bottom')
plt.show()
"""
# matplotlib, images_contours_and_fields/contour_demo.py
CONTOURS = """
import matplotlib.pyplot as plt
import numpy as np

delta = 0.025
x = np.arange(-3.0, 3.0, delta)
y = np.arange(-2.0, 2.0, delta)
X, Y = np.meshgrid(x, y)
Z1 = np.exp(-X**2 - Y**2)
Z2 = np.exp(-(X - 1)**2 - (Y - 1)**2)
Z = (Z1 - Z2) * 2
fig, ax = plt.subplots()
CS = ax.contour(X, Y, Z)
ax.clabel(CS, inline=True, fontsize=10)
ax.set_title('Simplest default with labels')
plt.show()
"""
# matplotlib, subplots_axes_and_figures/two_scales.py
TWO_SCALES = """
import matplotlib.pyplot as plt
import numpy as np

t = np.arange(0.01, 10.0, 0.01)
data1 = np.exp(t)
data2 = np.sin(2 * np.pi * t)
fig, ax1 = plt.subplots()
color = 'tab:red'
ax1.set_xlabel('time (s)')
ax1.set_ylabel('exp', color=color)
ax1.plot(t, data1, color=color)
ax1.tick_params(axis='y', labelcolor=color)
ax2 = ax1.twinx()  # instantiate a second axes that shares the same x-axis
color = 'tab:blue'
ax2.set_ylabel('sin', color=color)  # we already handled the x-label with ax1
ax2.plot(t, data2, color=color)
ax2.tick_params(axis='y', labelcolor=color)
fig.tight_layout()  # otherwise the right y-label is slightly clipped
plt.show()
"""
# seaborn, wide_data_lineplot.py
WALKS = """
import numpy as np
import pandas as pd
import seaborn as sns
sns.set_theme(style="whitegrid")

rs = np.random.RandomState(365)
values = rs.randn(365, 4).cumsum(axis=0)
dates = pd.date_range("1 1 2016", periods=365, freq="D")
data = pd.DataFrame(values, dates, columns=["A", "B", "C", "D"])
data = data.rolling(7).mean()
sns.lineplot(data=data, palette="tab10", linewidth=2.5)
"""
# matplotlib, lines_bars_and_markers/step_demo.py
STEPS = """
import matplotlib.pyplot as plt
import numpy as np

x = np.arange(14)
y = np.sin(x / 2)
plt.step(x, y + 2, label='pre (default)')
plt.plot(x, y + 2, 'o--', color='grey', alpha=0.3)
plt.step(x, y + 1, where='mid', label='mid')
plt.plot(x, y + 1, 'o--', color='grey', alpha=0.3)
plt.step(x, y, where='post', label='post')
plt.plot(x, y, 'o--', color='grey', alpha=0.3)
plt.grid(axis='x', color='0.95')
plt.legend(title='Parameter where:')
plt.title('plt.step(where=...)')
plt.show()
"""
# matplotlib, lines_bars_and_markers/scatter_with_legend.py
CLASSES = """
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(19680801)
N = 45
x, y = np.random.rand(2, N)
c = np.random.randint(1, 5, size=N)
s = np.random.randint(10, 220, size=N)
fig, ax = plt.subplots()
scatter = ax.scatter(x, y, c=c, s=s)
legend1 = ax.legend(*scatter.legend_elements(),
                    loc="lower left", title="Classes")
ax.add_artist(legend1)
handles, labels = scatter.legend_elements(prop="sizes", alpha=0.6)
legend2 = ax.legend(handles, labels, loc="upper right", title="Sizes")
plt.show()
"""
# matplotlib, lines_bars_and_markers/timeline.py
RELEASES = """
from datetime import datetime
import matplotlib.pyplot as plt
import numpy as np
import matplotlib.dates as mdates

names = ['v3.0.2', 'v3.0.1', 'v3.0.0', 'v2.2.3', 'v2.1.0', 'v2.0.0', 'v1.5.2', 'v1.5.0']
dates = ['2018-11-10', '2018-10-01', '2018-09-18', '2018-08-10',
         '2017-10-07', '2017-01-17', '2016-07-03', '2015-10-29']
dates = [datetime.strptime(d, "%Y-%m-%d") for d in dates]
levels = np.tile([-5, 5, -3, 3, -1, 1], int(np.ceil(len(dates)/6)))[:len(dates)]
fig, ax = plt.subplots(figsize=(8.8, 4), layout="constrained")
ax.set(title="Matplotlib release dates")
ax.vlines(dates, 0, levels, color="tab:red")  # The vertical stems.
ax.plot(dates, np.zeros_like(dates), "-o",
        color="k", markerfacecolor="w")  # Baseline and markers on it.
for d, l, r in zip(dates, levels, names):
    ax.annotate(r, xy=(d, l),
                xytext=(-3, np.sign(l)*3), textcoords="offset points",
                horizontalalignment="right",
                verticalalignment="bottom" if l > 0 else "top")
ax.xaxis.set_major_locator(mdates.MonthLocator(interval=4))
ax.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
plt.setp(ax.get_xticklabels(), rotation=30, ha="right")
ax.yaxis.set_visible(False)
ax.spines[["left", "top", "right"]].set_visible(False)
ax.margins(y=0.1)
plt.show()
"""
# matplotlib, images_contours_and_fields/matshow.py
DIAGONAL = """
import matplotlib.pyplot as plt
import numpy as np

a = np.diag(range(15))

plt.matshow(a)

plt.show()
"""
# seaborn, palette_choices.py
PALETTES = """
import numpy as np
import seaborn as sns
import matplotlib.pyplot as plt
sns.set_theme(style="white", context="talk")
rs = np.random.RandomState(8)

f, (ax1, ax2, ax3) = plt.subplots(3, 1, figsize=(7, 5), sharex=True)
x = np.array(list("ABCDEFGHIJ"))
y1 = np.arange(1, 11)
sns.barplot(x=x, y=y1, hue=x, palette="rocket", ax=ax1)
ax1.axhline(0, color="k", clip_on=False)
ax1.set_ylabel("Sequential")
y2 = y1 - 5.5
sns.barplot(x=x, y=y2, hue=x, palette="vlag", ax=ax2)
ax2.axhline(0, color="k", clip_on=False)
ax2.set_ylabel("Diverging")
y3 = rs.choice(y1, len(y1), replace=False)
sns.barplot(x=x, y=y3, hue=x, palette="deep", ax=ax3)
ax3.axhline(0, color="k", clip_on=False)
ax3.set_ylabel("Qualitative")
sns.despine(bottom=True)
plt.setp(f.axes, yticks=[])
plt.tight_layout(h_pad=2)
"""

PAIRS = [
    Real(
        "drivers from bottom to top",
        DRIVERS,
        (
            ("ax.invert_yaxis()  # labels read top-to-bottom\n", ""),
            ("'Performance'", "'Speed'"),
        ),
        (
            Listed(DATA, 3, "y axis", "not inverted"),
            Listed(TEXT, 2, "x label", "'Speed' 'Performance'"),
        ),
    ),
    Real(
        "green drivers without errors",
        DRIVERS,
        (("xerr=error, align='center'", "align='center', color='tab:green'"),),
        (
            Listed(STRUCTURE, 2, "error bars", "missing"),
            Listed(STYLE, 2, "bars", "green blue"),
        ),
    ),
    Real(
        "a longer stop",
        RACE,
        (("(100, 20)", "(70, 50)"), ("race interrupted", "race stopped")),
        (
            Listed(DATA, 2, "green", "70 100"),
            Listed(TEXT, 2, "note|annotation", "'race stopped' interrupted'"),
        ),
    ),
    Real(
        "fewer people in Asia",
        PEOPLE,
        (("4560", "3560"), ("ax.set_xlabel('Year')\n", "")),
        (
            Listed(DATA, 2, "'asia'", "2018 3560 4560"),
            Listed(TEXT, 2, "x label", "missing"),
        ),
    ),
    Real(
        "other dashes, flat legend",
        MESSAGES,
        (("'k--'", "'k-.'"), ("shadow=True", "framealpha=1")),
        (
            Listed(STYLE, 1, "'Model length'", "dash-dotted|dash-dot|dashdot dashed"),
            Listed(STYLE, 1, "legend", "shadow"),
        ),
    ),
    Real(
        "regression lines as two points",
        ANSCOMBE,
        (
            (
                "ax.axline(xy1=(0, p0), slope=p1, color='r', lw=2)",
                "ax.plot([-5, 25], [p0 - 5 * p1, p0 + 25 * p1], color='#ff0000', lw=2)",
            ),
            ("ax.plot(x, y, 'o')", "ax.plot(x, y, linestyle='none', marker='o')"),
        ),
    ),
    Real(
        "the outlier lower",
        ANSCOMBE,
        (("12.74", "10.74"),),
        (
            Listed(DATA, 2, "point 13 subplot 3", "10.7|10.74 12.7|12.74"),
            Listed(DATA, 2, "line subplot 3", ""),
            Listed(TEXT, 2, "note|annotation|text subplot 3", "7.32 7.50"),
        ),
    ),
    Real(
        "more bins on one side",
        SAMPLES,
        (
            ("ax0.hist(x, n_bins,", "ax0.hist(x, 14,"),
            ("'stacked bar'", "'stacked bars'"),
        ),
        (
            Listed(STRUCTURE, 2, "subplot 1", "14 10 bins"),
            Listed(TEXT, 1, "title subplot 2", "'stacked bars' bar'"),
        ),
    ),
    Real(
        "wider third sample",
        BOXES,
        (("in range(1, 4)]", "in (1, 2, 4)]"), ("    ax.yaxis.grid(True)\n", "")),
        (
            Listed(DATA, 2, "'x3' subplot 1", ""),
            Listed(DATA, 2, "'x3' subplot 2", ""),
            Listed(STYLE, 1, "grid", "missing"),
        ),
    ),
    Real(
        "a longer violin",
        VIOLINS,
        (("in range(1, 5)]", "in (1, 2, 3, 5)]"),),
        (Listed(DATA, 2, "4|'D'", "violin"),),
    ),
    Real(
        "two inner shares",
        RINGS,
        (("[37., 40.]", "[17., 60.]"),),
        (
            Listed(DATA, 2, "wedge", "8.2%|8% 17.8%|18%"),
            Listed(DATA, 2, "wedge", "28.8%|29% 19.2%|19%"),
        ),
    ),
    Real(
        "spiral through more points",
        SPIRAL,
        (
            ("np.arange(0, 2, 0.01)", "np.linspace(0, 1.99, 598)"),
            ("[0.5, 1, 1.5, 2]", "np.arange(1, 5) / 2"),
            ("ax.plot(theta, r)", "ax.plot(theta, r, color='tab:blue', linestyle='-')"),
        ),
    ),
    Real(
        "contours of plasma without numbers",
        CONTOURS,
        (
            ("ax.contour(X, Y, Z)", "ax.contour(X, Y, Z, cmap='plasma')"),
            ("ax.clabel(CS, inline=True, fontsize=10)\n", ""),
        ),
        (
            Listed(STYLE, 2, "contours|contour|lines", "map plasma viridis"),
            Listed(TEXT, 2, "labels|numbers", "missing"),
        ),
    ),
    Real(
        "logarithm and green wave",
        TWO_SCALES,
        (
            ("ax1.plot(t, data1, color=color)", "ax1.semilogy(t, data1, color=color)"),
            ("ax2.plot(t, data2, color=color)", "ax2.plot(t, data2, color='tab:green')"),
        ),
        (
            Listed(DATA, 3, "y axis", "logarithmic|log linear"),
            Listed(STYLE, 2, "line", "green blue"),
        ),
    ),
    Real(
        "thinner walks, another name",
        WALKS,
        (('"C", "D"', '"E", "D"'), ("linewidth=2.5", "linewidth=1")),
        (
            Listed(TEXT, 3, "legend entry 3", "'E' 'C'"),
            Listed(STYLE, 1, "lines", "width|thinner|thin"),
        ),
    ),
    Real(
        "steps by the style of a line",
        STEPS,
        (
            ("plt.step(x, y + 2, label", "plt.plot(x, y + 2, drawstyle='steps', label"),
            ("plt.step(x, y + 1, where='mid'", "plt.plot(x, y + 1, drawstyle='steps-mid'"),
            ("plt.step(x, y, where='post'", "plt.plot(x, y, drawstyle='steps-post'"),
        ),
    ),
    Real(
        "groups, and one legend",
        CLASSES,
        (
            ('title="Classes"', 'title="Groups"'),
            ('legend2 = ax.legend(handles, labels, loc="upper right", title="Sizes")\n', ""),
        ),
        (
            Listed(TEXT, 2, "legend title", "'Groups' 'Classes'"),
            Listed(STRUCTURE, 2, "legend", "missing"),
        ),
    ),
    Real(
        "a release later, one renamed",
        RELEASES,
        (("'2017-01-17'", "'2017-04-17'"), ("'v3.0.0'", "'v3.1.0'")),
        (
            Listed(DATA, 2, "point|line|stem|lines", "2017-04-17|Apr 2017-01-17|Jan"),
            Listed(TEXT, 2, "note|annotation", "'v3.1.0' 'v3.0.0'"),
        ),
    ),
    Real(
        "off the diagonal, in grey",
        DIAGONAL,
        (
            ("np.diag(range(15))\n", "np.diag(range(15))\na[3, 8] = 12\n"),
            ("plt.matshow(a)", "plt.matshow(a, cmap='gray')"),
        ),
        (
            Listed(DATA, 3, "row 4 column 9", "12 0"),
            Listed(STYLE, 2, "", "map gray|grey viridis"),
        ),
    ),
    Real(
        "all a step up",
        PALETTES,
        (("y1 - 5.5", "y1 - 4.5"), ('"Diverging"', '"Signed"')),
        (
            Listed(DATA, 3, "subplot 2", ""),
            Listed(TEXT, 2, "y label subplot 2", "'Signed' 'Diverging'"),
        ),
    ),
]
