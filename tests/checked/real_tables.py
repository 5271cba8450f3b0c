"""Twenty pairs of tables out of manuals and README files, edited by hand.

HTML comes from Debian's sqlite3-doc 3.40.1 and docutils-doc 0.19 (both public domain) and
postgresql-doc-15 (PostgreSQL licence); Markdown from the README files of hash-wasm 4.13.0,
xxhash-wasm 1.1.0, charset-normalizer 3.5.2, persian-date 1.1.0 (MIT) and peft 0.21.2 (Apache-2.0).
The terms are in ``licenses/tables.txt``. Tables are shortened by rows, classes and links.
"""

from __future__ import annotations

from tests.checked import Listed, Real

LAYOUT, TEXT, NUMBER = "layout_error", "text_error", "numeric_error"

# sqlite3-doc, intern-v-extern-blob.html; cells are not closed
BLOBS = """<table border="1" cellpadding="5" cellspacing="0" align="center">
<tr>
<th rowspan="2">Database Page Size<th colspan="7">BLOB size
<tr>
<th>10k<th>20k<th>50k<th>100k<th>200k<th>500k<th>1m

<tr>
<td>1024<td bgcolor="#b1d3a8">1.535<td bgcolor="#b1d3a8">1.020<td bgcolor="#ffc0d0">0.608\
<td bgcolor="#ffc0d0">0.456<td bgcolor="#ffc0d0">0.330<td bgcolor="#ffc0d0">0.247\
<td bgcolor="#ffc0d0">0.233

<tr>
<td>2048<td bgcolor="#b1d3a8">2.004<td bgcolor="#b1d3a8">1.437<td bgcolor="#ffc0d0">0.870\
<td bgcolor="#ffc0d0">0.636<td bgcolor="#ffc0d0">0.483<td bgcolor="#ffc0d0">0.372\
<td bgcolor="#ffc0d0">0.340

<tr>
<td>4096<td bgcolor="#b1d3a8">2.261<td bgcolor="#b1d3a8">1.886<td bgcolor="#b1d3a8">1.173\
<td bgcolor="#ffc0d0">0.890<td bgcolor="#ffc0d0">0.701<td bgcolor="#ffc0d0">0.526\
<td bgcolor="#ffc0d0">0.487

</table>"""
# sqlite3-doc, walformat.html
LOCKS = """<table border="1">
<tr><th rowspan="2">Name</th><th colspan="2">Offset
</th></tr><tr><th>xShmLock</th><th>File
</th></tr><tr>
<td>WAL_WRITE_LOCK
</td><td>0
</td><td>120
</td></tr>

<tr>
<td>WAL_CKPT_LOCK
</td><td>1
</td><td>121
</td></tr>

<tr>
<td>WAL_RECOVER_LOCK
</td><td>2
</td><td>122
</td></tr>

<tr>
<td>WAL_READ_LOCK(0)
</td><td>3
</td><td>123
</td></tr>
</table>"""
# sqlite3-doc, nulls.html
NULLS = """<table border=1 cellpadding=3>
<tr><th>&nbsp;&nbsp;</th>
<th>SQLite</th>
<th>PostgreSQL</th>
<th>Oracle</th>
<th>Informix</th>
<th>DB2</th>
</tr>

<tr><td>Adding anything to null gives null</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
</tr>
<tr><td>nulls are distinct in a UNIQUE column</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#c7a9a9">No</td>
<td valign="center" align="center" bgcolor="#aaaad2">(Note 4)</td>
</tr>
<tr><td>"null OR true" is true</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes </td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>
</tr>
</table>"""
# postgresql-doc-15, explicit-locking.html
ROW_LOCKS = """<table class="table" summary="Conflicting Row-Level Locks" border="1">\
<colgroup><col class="col1" /><col class="lockst" /><col class="col3" /><col class="col4" />\
<col class="lockend" /></colgroup><thead><tr><th rowspan="2">Requested Lock Mode</th>\
<th colspan="4">Current Lock Mode</th></tr><tr><th>FOR KEY SHARE</th><th>FOR SHARE</th>\
<th>FOR NO KEY UPDATE</th><th>FOR UPDATE</th></tr></thead><tbody>
<tr><td>FOR KEY SHARE</td><td align="center"> </td><td align="center"> </td>\
<td align="center"> </td><td align="center">X</td></tr>
<tr><td>FOR SHARE</td><td align="center"> </td><td align="center">  </td>\
<td align="center">X</td><td align="center">X</td></tr>
<tr><td>FOR NO KEY UPDATE</td><td align="center"> </td><td align="center">X</td>\
<td align="center">X</td><td align="center">X</td></tr>
<tr><td>FOR UPDATE</td><td align="center">X</td><td align="center">X</td>\
<td align="center">X</td><td align="center">X</td></tr></tbody></table>"""
# postgresql-doc-15, datatype-numeric.html
INTEGERS = """<table class="table" summary="Numeric Types" border="1"><colgroup><col class="col1" />\
<col class="col2" /><col class="col3" /><col class="col4" /></colgroup><thead><tr><th>Name</th>\
<th>Storage Size</th><th>Description</th><th>Range</th></tr></thead><tbody>
<tr><td><code class="type">smallint</code></td><td>2 bytes</td><td>small-range integer</td>\
<td>-32768 to +32767</td></tr>
<tr><td><code class="type">integer</code></td><td>4 bytes</td>\
<td>typical choice for integer</td><td>-2147483648 to +2147483647</td></tr>
<tr><td><code class="type">bigint</code></td><td>8 bytes</td><td>large-range integer</td>\
<td>-9223372036854775808 to +9223372036854775807</td></tr>
<tr><td><code class="type">real</code></td><td>4 bytes</td>\
<td>variable-precision, inexact</td><td>6 decimal digits precision</td></tr>
<tr><td><code class="type">double precision</code></td><td>8 bytes</td>\
<td>variable-precision, inexact</td><td>15 decimal digits precision</td></tr></tbody></table>"""
# postgresql-doc-15, limits.html
LIMITS = """<table class="table" summary="PostgreSQL Limitations" border="1"><colgroup><col />\
<col /><col /></colgroup><thead><tr><th>Item</th><th>Upper Limit</th><th>Comment</th></tr></thead>\
<tbody><tr><td>database size</td><td>unlimited</td><td> </td></tr>
<tr><td>number of databases</td><td>4,294,950,911</td><td> </td></tr>
<tr><td>relation size</td><td>32 TB</td><td>with the default <code class="symbol">BLCKSZ</code> \
of 8192 bytes</td></tr>
<tr><td>columns per table</td><td>1,600</td><td>further limited by tuple size fitting on a \
single page; see note
     below</td></tr>
<tr><td>field size</td><td>1 GB</td><td> </td></tr>
<tr><td>columns per index</td><td>32</td><td>can be increased by recompiling \
<span class="productname">PostgreSQL</span></td></tr>
<tr><td>identifier length</td><td>63 bytes</td><td>can be increased by recompiling \
<span class="productname">PostgreSQL</span></td></tr>
<tr><td>query parameters</td><td>65,535</td><td> </td></tr></tbody></table>"""
# postgresql-doc-15, datatype-datetime.html
CLOCK = """<table class="table" summary="Date/Time Types" border="1"><thead><tr><th>Name</th>\
<th>Storage Size</th><th>Low Value</th><th>High Value</th><th>Resolution</th></tr></thead><tbody>
<tr><td><code class="type">timestamp [ (<em class="replaceable"><code>p</code></em>) ] with time \
zone</code></td><td>8 bytes</td><td>4713 BC</td><td>294276 AD</td><td>1 microsecond</td></tr>
<tr><td><code class="type">date</code></td><td>4 bytes</td><td>4713 BC</td><td>5874897 AD</td>\
<td>1 day</td></tr>
<tr><td><code class="type">interval [ <em class="replaceable"><code>fields</code></em> ]</code>\
</td><td>16 bytes</td><td>-178000000 years</td><td>178000000 years</td>\
<td>1 microsecond</td></tr></tbody></table>"""
# postgresql-doc-15, datatype-datetime.html
DATES = """<table class="table" summary="Date Input" border="1"><colgroup><col class="col1" />\
<col class="col2" /></colgroup><thead><tr><th>Example</th><th>Description</th></tr></thead><tbody>
<tr><td>1999-01-08</td><td>ISO 8601; January 8 in any mode
         (recommended format)</td></tr>
<tr><td>January 8, 1999</td><td>unambiguous in any <code class="varname">datestyle</code> input \
mode</td></tr>
<tr><td>1/8/1999</td><td>January 8 in <code class="literal">MDY</code> mode;
          August 1 in <code class="literal">DMY</code> mode</td></tr>
<tr><td>1999-Jan-08</td><td>January 8 in any mode</td></tr>
<tr><td>990108</td><td>ISO 8601; January 8, 1999 in any mode</td></tr></tbody></table>"""
# postgresql-doc-15, transaction-iso.html
ISOLATION = """<table class="table" summary="Transaction Isolation Levels" border="1"><thead><tr><th>
         Isolation Level
        </th><th>
         Dirty Read
        </th><th>
         Nonrepeatable Read
        </th><th>
         Phantom Read
        </th></tr></thead><tbody><tr><td>
         Read uncommitted
        </td><td>
         Allowed, but not in PG
        </td><td>
         Possible
        </td><td>
         Possible
        </td></tr><tr><td>
         Read committed
        </td><td>
         Not possible
        </td><td>
         Possible
        </td><td>
         Possible
        </td></tr><tr><td>
         Serializable
        </td><td>Not possible</td><td>
         Not possible
        </td><td>
         Not possible
        </td></tr></tbody></table>"""
# docutils-doc, docs/api/transforms.html
PRIORITIES = """<table border="1" class="docutils">
<colgroup>
<col width="7%" />
<col width="7%" />
<col width="86%" />
</colgroup>
<thead valign="bottom">
<tr><th class="head" colspan="2">Priority</th>
<th class="head">&nbsp;</th>
</tr>
<tr><th class="head">From</th>
<th class="head">To</th>
<th class="head">Category</th>
</tr>
</thead>
<tbody valign="top">
<tr><td>0</td><td>99</td><td>immediate execution (added by another transform)</td></tr>
<tr><td>100</td><td>199</td><td>very early (non-standard)</td></tr>
<tr><td>200</td><td>299</td><td>very early</td></tr>
<tr><td>300</td><td>399</td><td>early</td></tr>
<tr><td>400</td><td>699</td><td>main</td></tr>
<tr><td>700</td><td>799</td><td>late</td></tr>
<tr><td>800</td><td>899</td><td>very late</td></tr>
</tbody>
</table>"""
# docutils-doc, docs/user/rst/quickref.html; cells are not closed
TRUTH = """<table border="1">
          <colgroup>
            <col width="31%">
            <col width="31%">
            <col width="38%">
          </colgroup>
          <thead valign="bottom">
            <tr>
              <th colspan="2">Inputs
              <th>Output
            <tr>
              <th>A
              <th>B
              <th>A or B
          <tbody valign="top">
            <tr>
              <td>False
              <td>False
              <td>False
            <tr>
              <td>True <td>False
              <td>True
            <tr>
              <td>False
              <td>True
              <td>True
            <tr>
              <td>True
              <td>True
              <td>True
        </table>"""
# docutils-doc, docs/user/rst/demo.html
SPANS = """<table border="1" class="docutils">
<thead valign="bottom">
<tr><th class="head">Header row, column 1
(header rows optional)</th>
<th class="head">Header 2</th>
<th class="head">Header 3</th>
<th class="head">Header 4</th>
</tr>
</thead>
<tbody valign="top">
<tr><td>body row 1, column 1</td>
<td>column 2</td>
<td>column 3</td>
<td>column 4</td>
</tr>
<tr><td>body row 2</td>
<td colspan="3">Cells may span columns.</td>
</tr>
<tr><td>body row 3</td>
<td rowspan="2">Cells may
span rows.</td>
<td colspan="2" rowspan="2"><ul class="first last simple">
<li>Table cells</li>
<li>contain</li>
<li>body elements.</li>
</ul>
</td>
</tr>
<tr><td>body row 4</td>
</tr>
<tr><td>body row 5</td>
<td colspan="2">Cells may also be
empty: <tt class="docutils literal"><span class="pre">--&gt;</span></tt></td>
<td>&nbsp;</td>
</tr>
</tbody>
</table>"""
# hash-wasm, README.md
HASHES = """| MD5                         | throughput (32 bytes) | throughput (1MB) |
|-----------------------------|-----------------------|------------------|
| **hash-wasm 4.10.0**        | **110.52 MB/s**       | **850.31 MB/s**  |
| spark-md5 3.0.2 (from npm)  | 38.87 MB/s            | 171.73 MB/s      |
| md5-wasm 2.0.0 (from npm)   | 37.36 MB/s            | 131.77 MB/s      |
| crypto-js 4.1.1 (from npm)  | 9.30 MB/s             | 46.71 MB/s       |
| node-forge 1.3.1 (from npm) | 18.23 MB/s            | 28.94 MB/s       |
| md5 2.3.0 (from npm)        | 14.50 MB/s            | 21.65 MB/s       |
"""
# charset-normalizer, README.md
CHARSETS = """| Package            |   99th percentile    | 95th percentile | 50th percentile |
|--------------------|:--------------------:|:---------------:|:---------------:|
| Chardet            |        2.5 ms        |      1 ms       |     0.2 ms      |
| charset-normalizer |        2.7 ms        |     1.5 ms      |     0.2 ms      |
| cchardet           |        2.7 ms        |      2 ms       |     0.3 ms      |
"""
# peft, README.md
MEMORY = """|   Model         | Full Finetuning | PEFT-LoRA PyTorch  | PEFT-LoRA DeepSpeed with CPU Offloading |
| --------- | ---- | ---- | ---- |
| bigscience/T0_3B (3B params) | 47.14GB GPU / 2.96GB CPU  | 14.4GB GPU / 2.96GB CPU | 9.8GB GPU / 17.8GB CPU |
| bigscience/mt0-xxl (12B params) | OOM GPU | 56GB GPU / 3GB CPU | 22GB GPU / 52GB CPU |
| bigscience/bloomz-7b1 (7B params) | OOM GPU | 32GB GPU / 3.8GB CPU | 18.1GB GPU / 35GB CPU |
"""
# persian-date, README.md, as HTML from right to left
PERSIAN = """<table dir="rtl"><thead><tr><th>Type</th><th>Token</th><th>Output</th></tr></thead><tbody>
<tr><td rowspan="2">Month</td><td>M</td><td>۱ ۲ ... ۱۱ ۱۲</td></tr>
<tr><td>MMMM</td><td>فروردین اردیبهشت ... اسفند</td></tr>
<tr><td>Day of month</td><td>D</td><td>۱ ۲ ... ۳۰ ۳۱</td></tr>
<tr><td rowspan="2">Year</td><td>YY</td><td>۶۶ ۹۱ ... ۹۸ ۳۰</td></tr>
<tr><td>YYYY</td><td>۱۳۶۶ ۱۳۹۱ ... ۱۳۹۸ ۱۴۰۱</td></tr>
<tr><td>Unix Timestamp</td><td>X</td><td>1360013296</td></tr>
</tbody></table>"""
# xxhash-wasm, README.md
SPEEDS = """| String length             | xxhashjs 32-bit    | xxhashjs 64-bit    | xxhash-wasm 32-bit      |
| ------------------------: | ------------------ | ------------------ | ----------------------- |
| 1 byte                    | 513,517 ops/sec    | 11,896 ops/sec     | ***5,752,446 ops/sec*** |
| 10 bytes                  | 552,133 ops/sec    | 12,953 ops/sec     | ***6,240,640 ops/sec*** |
| 100 bytes                 | 425,277 ops/sec    | 10,838 ops/sec     | ***5,470,011 ops/sec*** |
| 1,000 bytes               | 102,165 ops/sec    | 6,697 ops/sec      | 3,283,526 ops/sec       |
"""

PAIRS = [
    Real(
        "a ratio and a colour",
        BLOBS,
        (("1.535", "1.335"), ('"#b1d3a8">1.173', '"#ffc0d0">1.173')),
        (
            Listed(NUMBER, 2, "row 3 column 2", "1.335 1.535"),
            Listed(LAYOUT, 1, "row 5 column 4", "background pink green"),
        ),
    ),
    Real(
        "cells closed, colour by style",
        BLOBS,
        (
            ("Database Page Size<th", "Database Page Size</th><th"),
            ("<th>10k<th>20k<th>50k", "<th>10k</th>\n<th>20k</th>\n<th>50k</th>"),
            (
                '<td bgcolor="#b1d3a8">1.886',
                '<td style="background: rgb(177, 211, 168)">1.886</td>',
            ),
            ("0.487\n", "0.487</td></tr></tbody>"),
        ),
    ),
    Real(
        "an offset, a span dissolved",
        LOCKS,
        (('<th colspan="2">Offset', "<th>Offset</th><th>"), ("122", "221")),
        (
            Listed(LAYOUT, 2, "row 1 columns 2-3", "1 column 2"),
            Listed(NUMBER, 2, "row 5 column 3", "221 122"),
        ),
    ),
    Real(
        "Oracle lost, Informix converted",
        NULLS,
        (
            ("<th>Oracle</th>\n", ""),
            (
                "<tr><td>Adding anything to null gives null</td>\n"
                '<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>\n',
                "<tr><td>Adding anything to null gives null</td>\n",
            ),
            (
                "<tr><td>nulls are distinct in a UNIQUE column</td>\n"
                '<td valign="center" align="center" bgcolor="#a9c7a9">Yes</td>\n',
                "<tr><td>nulls are distinct in a UNIQUE column</td>\n",
            ),
            ('<td valign="center" align="center" bgcolor="#a9c7a9">Yes </td>\n', ""),
            (">No<", ">Yes<"),
        ),
        (
            Listed(LAYOUT, 3, "column 4", "missing"),
            Listed(TEXT, 2, "row 3 column 5", "'Yes' 'No'"),
        ),
    ),
    Real(
        "other conflicts",
        ROW_LOCKS,
        (
            (
                '<td align="center"> </td><td align="center">X</td></tr>\n<tr><td>FOR SHARE',
                '<td align="center"> </td><td align="center"> </td></tr>\n<tr><td>FOR SHARE',
            ),
            ('<td align="center">  </td>', '<td align="center">X</td>'),
        ),
        (Listed(LAYOUT, 2, "row 3 column 5", "moved row 4 column 3"),),
    ),
    Real(
        "conflicts centred by style",
        ROW_LOCKS,
        (
            ('<td align="center">  </td>', '<td style="text-align: center">&nbsp;</td>'),
            (' summary="Conflicting Row-Level Locks"', ""),
            ("<thead>", ""),
            ("</thead>", ""),
            ("<td>FOR NO KEY UPDATE</td>", "<td>\n  FOR NO KEY\n  UPDATE\n</td>"),
        ),
    ),
    Real(
        "a type in plain letters, two rows exchanged",
        INTEGERS,
        (
            ('<code class="type">bigint</code>', "bigint"),
            (
                '<code class="type">real</code></td><td>4 bytes</td>',
                '<code class="type">double precision?</code></td><td>8 bytes</td>',
            ),
            (
                '<code class="type">double precision</code></td><td>8 bytes</td>',
                '<code class="type">real</code></td><td>4 bytes</td>',
            ),
            ("precision?", "precision"),
            ("6 decimal", "15? decimal"),
            ("15 decimal", "6 decimal"),
            ("15? decimal", "15 decimal"),
        ),
        (
            Listed(LAYOUT, 1, "row 4 column 1", "font|monospace|monospaced|typeface"),
            Listed(LAYOUT, 2, "row 5|6", "swapped|moved"),
        ),
    ),
    Real(
        "smaller limits",
        LIMITS,
        (
            ("32 TB", "32 GB"),
            ("1,600", "1,060"),
            (
                "<tr><td>identifier length</td><td>63 bytes</td><td>can be increased by recompiling "
                '<span class="productname">PostgreSQL</span></td></tr>\n',
                "",
            ),
        ),
        (
            Listed(NUMBER, 2, "row 4 column 2", "GB TB"),
            Listed(NUMBER, 2, "row 5 column 2", "1,060 1,600"),
            Listed(LAYOUT, 3, "row 8", "missing"),
        ),
    ),
    Real(
        "code and emphasis the other way round",
        CLOCK,
        (
            ('<em class="replaceable"><code>fields</code></em>', "<code><i>fields</i></code>"),
            (
                '<em class="replaceable"><code>p</code></em>',
                '<span style="font-style: italic">p</span>',
            ),
            ("<td>1 day</td>", "<td> 1\n day</td>"),
        ),
    ),
    Real(
        "another January day",
        DATES,
        (("1999-01-08", "1999-01-18"), ("recommended", "obsolete")),
        (
            Listed(TEXT, 2, "row 2 column 1", "1999-01-18 1999-01-08"),
            Listed(TEXT, 2, "row 2 column 2", "obsolete recommended"),
        ),
    ),
    Real(
        "a plural, a promise",
        ISOLATION,
        (("Phantom Read", "Phantom Reads"), ("<td>Not possible</td>", "<td>Possible</td>")),
        (
            Listed(TEXT, 1, "row 1 column 4", "'Phantom Reads' Read'"),
            Listed(TEXT, 2, "row 4 column 2", "'Possible' possible'"),
        ),
    ),
    Real(
        "a priority lost",
        PRIORITIES,
        (
            ("<tr><td>700</td><td>799</td><td>late</td></tr>\n", ""),
            ("<td>100</td>", "<td>1000</td>"),
        ),
        (
            Listed(LAYOUT, 3, "row 8", "missing"),
            Listed(NUMBER, 3, "row 4 column 1", "1000 100"),
        ),
    ),
    Real(
        "inputs exchanged",
        TRUTH,
        (("<td>True <td>False", "<td>False <td>True"),),
        (Listed(LAYOUT, 2, "row 4 column 1", "swapped column 2"),),
    ),
    Real(
        "a shorter cell",
        SPANS,
        (
            ('<td rowspan="2">Cells may', "<td>Cells may"),
            ("<tr><td>body row 4</td>\n", "<tr><td>body row 4</td><td></td>\n"),
            ("Header 3", "Heading 3"),
        ),
        (
            Listed(LAYOUT, 2, "4-5|4 column 2", "1 2"),
            Listed(TEXT, 3, "row 1 column 3", "'Heading Header"),
        ),
    ),
    Real(
        "a point and a prefix",
        HASHES,
        (("850.31", "85.031"), ("38.87 MB/s", "38.87 GB/s")),
        (
            Listed(NUMBER, 3, "row 2 column 3", "85.031 850.31"),
            Listed(NUMBER, 2, "row 3 column 2", "GB/s MB/s"),
        ),
    ),
    Real(
        "Markdown as HTML",
        HASHES,
        (
            (
                HASHES,
                "<table><tr><th>MD5<th>throughput (32 bytes)<th>throughput (1MB)"
                "<tr><td><strong>hash-wasm 4.10.0</strong><td><b>110.52 MB/s</b>"
                "<td><b>850.31 MB/s</b>"
                "<tr><td>spark-md5 3.0.2 (from npm)<td>38.87 MB/s<td>171.73 MB/s"
                "<tr><td>md5-wasm 2.0.0 (from npm)<td>37.36 MB/s<td>131.77 MB/s"
                "<tr><td>crypto-js 4.1.1 (from npm)<td>9.30 MB/s<td>46.71 MB/s"
                "<tr><td>node-forge 1.3.1 (from npm)<td>18.23 MB/s<td>28.94 MB/s"
                "<tr><td>md5 2.3.0 (from npm)<td>14.50 MB/s<td>21.65 MB/s</table>",
            ),
        ),
    ),
    Real(
        "microseconds to the left",
        CHARSETS,
        (
            ("1.5 ms", "1.5 µs"),
            (":---------------:|:---------------:|", ":---------------:|-----|"),
        ),
        (
            Listed(NUMBER, 2, "row 3 column 3", "µs ms"),
            Listed(LAYOUT, 1, "column 4", "left center|centered|centred|middle"),
        ),
    ),
    Real(
        "a way lost, a digit in words",
        MEMORY,
        (
            (" PEFT-LoRA PyTorch  |", ""),
            (" 14.4GB GPU / 2.96GB CPU |", ""),
            (" 56GB GPU / 3GB CPU |", ""),
            (" 32GB GPU / 3.8GB CPU |", ""),
            ("| ---- | ---- | ---- |", "| ---- | ---- |"),
            ("52GB CPU", "25GB CPU"),
        ),
        (
            Listed(LAYOUT, 3, "column 3", "missing"),
            Listed(TEXT, 2, "row 3 column 4", "25GB 52GB"),
        ),
    ),
    Real(
        "Persian months and years",
        PERSIAN,
        (
            ('<td rowspan="2">Month</td>', "<td>Month</td>"),
            ("<tr><td>MMMM</td>", "<tr><td></td><td>MMMM</td>"),
            ("1360013296", "1360013269"),
        ),
        (
            Listed(LAYOUT, 2, "2-3|2 column 1|3", "1 2"),
            Listed(NUMBER, 2, "row 7 column 3|1", "1360013269 1360013296"),
        ),
    ),
    Real(
        "digits exchanged, a winner less",
        SPEEDS,
        (("513,517", "531,517"), ("***6,240,640 ops/sec***", "*6,240,640 ops/sec*")),
        (
            Listed(NUMBER, 2, "row 2 column 2", "531,517 513,517"),
            Listed(LAYOUT, 1, "row 3 column 4", "bold|header"),
        ),
    ),
]
