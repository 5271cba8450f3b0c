"""Data validation with Great Expectations, and its Data Docs.

This module runs all suites on a folder of pairs. The tables are in `erm.dataset.validation.tables`,
the expectations in `erm.dataset.validation.suites`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from erm.dataset.settings import ValidateSettings
from erm.dataset.validation.suites import suites
from erm.dataset.validation.tables import read_tables, shard_table
from erm.errors import ErmError

_NAMED = 5
_SITE = "data_docs"


def validate(
    settings: ValidateSettings, pairs: Path, out: Path, other_dataset: Path | None = None
) -> dict[str, Any]:
    """Check the folder `pairs` and write Data Docs (``index.html``) to `out`.

    Args:
        other_dataset: a valid folder that will be used together with `pairs`. No source or image of
            `pairs` may be in another split there. The sizes and the balance of `pairs` are then not
            checked: it may be small or empty.

    Returns:
        Flat metrics: number of expectations, and rows of each table.

    Raises:
        ErmError: there is nothing to read, or expectations failed. The sentence names the first
            few, the number of failing rows and the first ids. Data Docs are written in any case.
    """
    shutil.rmtree(out, ignore_errors=True)
    alone = other_dataset is None
    shards = {"shards": shard_table(pairs, may_be_empty=not alone)}
    # The other tables can be read only if the columns are valid.
    failures, checked = _check(shards, settings, out, alone)
    tables = shards
    if not failures and len(shards["shards"]):
        tables = {**shards, **read_tables(pairs, settings.sample, other_dataset)}
        failures, checked = _check(tables, settings, out, alone)
    if failures:
        named = "; ".join(failures[:_NAMED])
        more = f"; and {len(failures) - _NAMED} more" if len(failures) > _NAMED else ""
        raise ErmError(f"{pairs}: {named}{more}; see {out / 'index.html'}.")
    return {"expectations": checked, **{f"rows/{name}": len(t) for name, t in tables.items()}}


def _check(
    tables: dict[str, pd.DataFrame], settings: ValidateSettings, out: Path, alone: bool
) -> tuple[list[str], int]:
    """Run the suites of the tables; return the failures, and how many expectations were checked."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # The context has a site of its own in a temporary folder, which it never removes.
    for name, site in list(context.list_data_docs_sites().items()):
        context.delete_data_docs_site(name)
        shutil.rmtree(site["store_backend"]["base_directory"], ignore_errors=True)
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                # where `$NAME` would become that variable's value
                "base_directory": str(out.absolute()).replace("$", r"\$"),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    source = context.data_sources.add_pandas("pairs")
    failures: list[str] = []
    checked = 0
    for name, expectations in suites(settings, alone=alone).items():
        if name not in tables:
            continue
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        checkpoint = gx.Checkpoint(
            name=name,
            validation_definitions=[definition],
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["id"]},
        )
        outcome = checkpoint.run(batch_parameters={"dataframe": tables[name]})
        for run in outcome.run_results.values():
            checked += len(run.results)
            failures += [_failure(name, one) for one in run.results if not one.success]
    context.build_data_docs(site_names=[_SITE])
    return failures, checked


def _failure(table: str, result: Any) -> str:
    """A failed expectation as a sentence: its name, the number of rows, the first ids."""
    config = result.expectation_config
    kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    column = kwargs.pop("column", "")
    limits = ", ".join(f"{key} {value}" for key, value in kwargs.items() if value is not None)
    text = f"{config.type} on {table}.{column} ({limits or 'no limits'})"
    if result.exception_info.get("raised_exception"):
        return f"{text} could not be checked: {result.exception_info.get('exception_message')}"
    rows = result.result.get("unexpected_index_list", [])
    ids = list(dict.fromkeys(str(row["id"]) for row in rows))[:_NAMED]
    values = list(dict.fromkeys(str(row[column]) for row in rows if column in row))[:_NAMED]
    count = result.result.get("unexpected_count", 0)
    total = result.result.get("element_count", 0)
    return (
        f"{text} failed for {count} of {total} rows, first {', '.join(ids)} ({', '.join(values)})"
    )
