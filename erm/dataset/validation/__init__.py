"""Data validation with Great Expectations, its results over time, and its Data Docs.

This module checks a folder of pairs and says what failed. The tables are in
`erm.dataset.validation.tables`, the expectations in `erm.dataset.validation.suites`, running them
and what is kept of it in `erm.dataset.validation.checks`.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from erm.dataset.settings import ValidateSettings
from erm.dataset.validation.checks import Checks
from erm.dataset.validation.suites import suites
from erm.dataset.validation.tables import read_tables, shard_table
from erm.errors import ErmError
from erm.tracking import log_artifact

_NAMED = 5

_log = logging.getLogger(__name__)


def validate(
    settings: ValidateSettings,
    pairs: Path,
    out: Path,
    other_dataset: Path | None = None,
    history: Path | None = None,
) -> dict[str, Any]:
    """Check the folder `pairs` and write Data Docs (``index.html``) to `out`.

    An expectation is critical or a warning (`erm.dataset.validation.suites`). The rows that failed
    one are written to a file of their own, which its sentence names, and logged as the artifacts
    ``failed``. A failed warning is logged.

    Args:
        other_dataset: a valid folder that will be used together with `pairs`. No source or image of
            `pairs` may be in another split there. The sizes and the balance of `pairs` are then not
            checked: it may be small or empty.
        history: keeps the results of each run, for Data Docs over time, and its failed rows; by
            default `out` holds those of this run alone.

    Returns:
        Flat metrics: number of expectations, and of them that failed as ``warnings``, with their
        failed rows as ``warnings/<table>.<column>``; and rows of each table.

    Raises:
        ErmError: there is nothing to read, or critical expectations failed. The sentence names the
            first few, with the number of failing rows, the first ids and the file of these rows.
            Data Docs are written in any case.
    """
    shutil.rmtree(out, ignore_errors=True)
    alone = other_dataset is None
    tables = {"shards": shard_table(pairs, may_be_empty=not alone)}
    checks = Checks(suites(settings, alone=alone), out, history)
    checks.run(tables)
    # The other tables can be read only if the columns are valid.
    if not checks.failures and len(tables["shards"]):
        others = read_tables(pairs, settings.sample, other_dataset)
        checks.run(others)
        tables |= others
    checks.write_docs()
    if checks.failures:
        log_artifact(checks.rows, "failed")
    warnings = [one for one in checks.failures if not one.critical]
    for one in warnings:
        _log.warning("%s: %s.", pairs, one.sentence)
    if failures := [one.sentence for one in checks.failures if one.critical]:
        named = "; ".join(failures[:_NAMED])
        more = f"; and {len(failures) - _NAMED} more" if len(failures) > _NAMED else ""
        raise ErmError(f"{pairs}: {named}{more}; see {out / 'index.html'}.")
    return {
        "expectations": checks.checked,
        "warnings": len(warnings),
        **{f"warnings/{one.column}": one.rows for one in warnings},
        **{f"rows/{name}": len(table) for name, table in tables.items()},
    }
