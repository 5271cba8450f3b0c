"""Twenty pairs of tables as encyclopedias, reports and shops write them."""

from __future__ import annotations

from tests.checked import Checked

LAYOUT, TEXT, NUMBER = "layout_error", "text_error", "numeric_error"

MEDALS = """<table class="wikitable"><caption>Summer medals</caption><thead><tr>
<th scope="col">Rank</th><th>Nation</th><th>Gold</th><th>Silver</th><th>Bronze</th><th>Total</th>
</tr></thead><tbody>
<tr><td>1</td><td>United States</td><td>40</td><td>44</td><td>42</td><td>126</td></tr>
<tr><td>2</td><td>China</td><td>40</td><td>27</td><td>24</td><td>91</td></tr>
<tr><td>3</td><td>Japan</td><td>20</td><td>12</td><td>13</td><td>45</td></tr>
<tr><td>4</td><td>Australia</td><td>18</td><td>19</td><td>16</td><td>53</td></tr>
<tr><td>5</td><td>France</td><td>16</td><td>26</td><td>22</td><td>64</td></tr>
</tbody></table>"""
JAPAN = "<tr><td>3</td><td>Japan</td><td>20</td><td>12</td><td>13</td><td>45</td></tr>\n"
FINANCE = """<table border="1" style="border-collapse:collapse">
<tr><th rowspan="2">Segment</th><th colspan="2">2023</th><th colspan="2">2024</th></tr>
<tr><th>Revenue</th><th>Margin</th><th>Sales</th><th>Profit</th></tr>
<tr><td>Cloud</td><td align="right">$1,204.5</td><td align="right">31.2%</td>
<td align="right">$1,510.0</td><td align="right">33.8%</td></tr>
<tr><td>Devices</td><td align="right">$845.1</td><td align="right">12.0%</td>
<td align="right">$790.3</td><td align="right">10.4%</td></tr>
<tr><td>Services</td><td align="right">$330.0</td><td align="right">54.9%</td>
<td align="right">$402.7</td><td align="right">55.1%</td></tr>
<tr><td><b>Total</b></td><td align="right"><b>$2,379.6</b></td><td></td>
<td align="right"><b>$2,703.0</b></td><td></td></tr></table>"""
SHOP = """<table><tr><th>Model</th><th>CPU</th><th>RAM</th><th>Notes</th></tr>
<tr><td>A-100</td><td>8 cores</td><td>16 GB</td>
<td>Ships with a two-year warranty and free returns</td></tr>
<tr><td>A-200</td><td>12 cores</td><td>32 GB</td><td>Out of stock until May</td></tr>
<tr><td>B-900</td><td rowspan="2">24 cores</td><td>64 GB</td><td>-</td></tr>
<tr><td>B-950</td><td>128 GB</td><td>Refurbished</td></tr></table>"""
CITIES = """| City | Größe | Ñandú |
|:--|--:|:-:|
| Tōkyō | 13,960 | œuvre |
| Zürich | 434 | naïve |
| São Paulo | 12,330 | façade |
"""

PAIRS = [
    Checked(
        "no sections, references for letters",
        MEDALS,
        (
            ("<thead>", ""),
            ("</thead>", ""),
            ("<tbody>", ""),
            ("</tbody>", ""),
            ("China", "&#67;hina"),
        ),
    ),
    Checked(
        "digits exchanged",
        MEDALS,
        (("<td>126</td>", "<td>162</td>"),),
        ((NUMBER, 2, "row 2, column 6", "value is 162 instead of 126"),),
    ),
    Checked(
        "a row lost, a sign gained",
        MEDALS,
        ((JAPAN, ""), ("<td>22</td>", "<td>-22</td>")),
        (
            (LAYOUT, 3, "row 4", "is missing"),
            (NUMBER, 3, "row 6, column 5", "value is -22 instead of 22"),
        ),
    ),
    Checked(
        "a column lost",
        MEDALS,
        (
            ("<th>Silver</th>", ""),
            ("<td>44</td>", ""),
            ("<td>27</td>", ""),
            ("<td>12</td>", ""),
            ("<td>19</td>", ""),
            ("<td>26</td>", ""),
        ),
        ((LAYOUT, 3, "column 4", "is missing"),),
    ),
    Checked(
        "spelling and a header",
        MEDALS,
        (("Australia", "Austrailia"), ("Total", "Sum")),
        (
            (TEXT, 1, "row 5, column 2", "text is 'Austrailia' instead of 'Australia'"),
            (TEXT, 3, "row 1, column 6", "text is 'Sum' instead of 'Total'"),
        ),
    ),
    Checked(
        "no caption",
        MEDALS,
        (("<caption>Summer medals</caption>", ""),),
        ((LAYOUT, 2, "caption", "is missing"),),
    ),
    Checked(
        "an empty cell",
        MEDALS,
        (("<td>91</td>", "<td></td>"),),
        ((NUMBER, 3, "row 3, column 6", "value 91 is missing"),),
    ),
    Checked(
        "one row twice", MEDALS, ((JAPAN, JAPAN + JAPAN),), ((LAYOUT, 3, "row 5", "is extra"),)
    ),
    Checked(
        "alignment by style, spaces",
        FINANCE,
        (
            ('<td align="right">$845.1', '<td style="text-align: right">  $845.1 '),
            ("<b>Total</b>", "<strong>Total</strong>"),
        ),
    ),
    Checked(
        "a margin",
        FINANCE,
        (("33.8%", "38.3%"),),
        ((NUMBER, 2, "row 3, column 5", "value is 38.3% instead of 33.8%"),),
    ),
    Checked(
        "point lost, other currency",
        FINANCE,
        (("$1,204.5", "$12045"), ("$845.1", "€845.1")),
        (
            (NUMBER, 3, "row 3, column 2", "value is $12045 instead of $1,204.5"),
            (NUMBER, 2, "row 4, column 2", "value is €845.1 instead of $845.1"),
        ),
    ),
    Checked(
        "span lost",
        FINANCE,
        (('<th colspan="2">2023</th>', "<th>2023</th><th></th>"),),
        ((LAYOUT, 2, "row 1, columns 2-3", "spans 1 column instead of 2 columns"),),
    ),
    Checked(
        "years exchanged",
        FINANCE,
        (("2023", "2024?"), (">2024<", ">2023<"), ("2024?", "2024")),
        ((LAYOUT, 2, "row 1, columns 2-3", "is swapped with row 1, columns 4-5"),),
    ),
    Checked(
        "a row pushed right",
        FINANCE,
        (
            ("<td>Devices</td>", "<td></td><td>Devices</td>"),
            ('<td align="right">10.4%</td></tr>', "</tr>"),
        ),
        ((LAYOUT, 3, "row 4", "is shifted right by 1 column"),),
    ),
    Checked(
        "unit and number of a model",
        SHOP,
        (("32 GB", "32 MB"), ("A-200", "A-300")),
        (
            (NUMBER, 2, "row 3, column 3", "value is 32 MB instead of 32 GB"),
            (TEXT, 2, "row 3, column 1", "text is 'A-300' instead of 'A-200'"),
        ),
    ),
    Checked(
        "words left out",
        SHOP,
        ((" and free returns", ""),),
        ((TEXT, 2, "row 2, column 4", "text lacks 'and free returns'"),),
    ),
    Checked(
        "columns exchanged",
        SHOP,
        (
            ("<th>CPU</th><th>RAM</th>", "<th>RAM</th><th>CPU</th>"),
            ("<td>8 cores</td><td>16 GB</td>", "<td>16 GB</td><td>8 cores</td>"),
            ("<td>12 cores</td><td>32 GB</td>", "<td>32 GB</td><td>12 cores</td>"),
            (
                '<td rowspan="2">24 cores</td><td>64 GB</td>',
                '<td>64 GB</td><td rowspan="2">24 cores</td>',
            ),
        ),
        ((LAYOUT, 2, "column 2", "is swapped with column 3"),),
    ),
    Checked(
        "highlighted row, red word",
        SHOP,
        (
            ("<tr><td>A-200", '<tr style="background:#ffeb3b"><td>A-200'),
            ("<td>Refurbished", '<td style="color:red">Refurbished'),
        ),
        (
            (LAYOUT, 1, "row 3", "background is yellow instead of white"),
            (LAYOUT, 1, "row 5, column 4", "text is red instead of black"),
        ),
    ),
    Checked(
        "Markdown as HTML",
        CITIES,
        (
            (
                CITIES,
                '<table><tr><th style="text-align:left">City<th style="text-align:right">Größe'
                '<th style="text-align:center">Ñandú<tr><td>Tōkyō<td style="text-align:right">'
                '13,960<td style="text-align:center">œuvre<tr><td>Zürich'
                '<td style="text-align:right">434<td style="text-align:center">naïve'
                '<tr><td>São Paulo<td style="text-align:right">12,330'
                '<td style="text-align:center">façade</table>',
            ),
        ),
    ),
    Checked(
        "accent, digits, a row more",
        CITIES,
        (("Zürich", "Zurich"), ("330 | façade |\n", "303 | façade |\n| Oslo | 717 | été |\n")),
        (
            (TEXT, 1, "row 3, column 1", "text is 'Zurich' instead of 'Zürich'"),
            (NUMBER, 2, "row 4, column 2", "value is 12,303 instead of 12,330"),
            (LAYOUT, 3, "row 5", "is extra"),
        ),
    ),
]
