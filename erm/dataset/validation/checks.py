"""One run of suites over tables: results in Great Expectations' store, Data Docs, failed rows.

The history of runs is that store, a folder with one JSON file a run and table; Data Docs show the
latest runs in it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

_NAMED = 5
_SITE = "data_docs"
_SHOWN = 10
"""Latest runs in Data Docs; the store keeps all."""

_ROW = "row"
"""Column of a row's place in its table, by which failed rows are found."""

_log = logging.getLogger(__name__)


class Failure(NamedTuple):
    """An expectation that failed.

    Attributes:
        critical: whether it stops the pipeline.
        column: ``<table>.<column>``.
        rows: number of rows that failed it.
        sentence: its name, limits, number of rows, first ids and file of rows, without a full stop.
    """

    critical: bool
    column: str
    rows: int
    sentence: str


class Checks:
    """Runs suites.

    Args:
        suites: expectations by table.
        out: folder for Data Docs.
        history: see `erm.dataset.validation.validate`.

    Attributes:
        failures: of all runs so far.
        checked: number of expectations that were checked.
        rows: folder with a CSV file of rows for each failure; missing where there are none.
    """

    def __init__(self, suites: Mapping[str, list[Any]], out: Path, history: Path | None) -> None:
        self.failures: list[Failure] = []
        self.checked = 0
        self._suites = suites
        self._began = datetime.now(UTC)
        # a run alone needs no store: its results are in Data Docs
        results = None if history is None else history / "results"
        if results is not None:
            _remove_torn(results)
        run = "" if history is None else f"{self._began:%Y%m%dT%H%M%S.%fZ}"
        self.rows = (history or out) / "failed" / run
        self._context = _context(out, results, _SHOWN * len(suites))
        self._source = self._context.data_sources.add_pandas("pairs")

    def run(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Check the tables for which there is a suite."""
        import great_expectations as gx
        from great_expectations.core.run_identifier import RunIdentifier

        for name, expectations in self._suites.items():
            if name not in tables:
                continue
            table = tables[name].assign(**{_ROW: range(len(tables[name]))})
            asset = self._source.add_dataframe_asset(name)
            suite = gx.ExpectationSuite(name=name, expectations=expectations)
            definition = self._context.validation_definitions.add(
                gx.ValidationDefinition(
                    name=name,
                    data=asset.add_batch_definition_whole_dataframe(name),
                    suite=self._context.suites.add(suite),
                )
            )
            checkpoint = gx.Checkpoint(
                name=name,
                validation_definitions=[definition],
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": ["id", _ROW],
                },
            )
            outcome = checkpoint.run(
                batch_parameters={"dataframe": table},
                run_id=RunIdentifier(run_name="validate", run_time=self._began),
            )
            for run in outcome.run_results.values():
                self.checked += len(run.results)
                self.failures += [
                    self._failure(name, table, one) for one in run.results if not one.success
                ]

    def write_docs(self) -> None:
        """Write the Data Docs of the latest runs."""
        self._context.build_data_docs(site_names=[_SITE])

    def _failure(self, name: str, table: pd.DataFrame, result: Any) -> Failure:
        config = result.expectation_config
        kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
        column = kwargs.pop("column", "")
        limits = ", ".join(f"{key} {value}" for key, value in kwargs.items() if value is not None)
        text = f"{config.type} on {name}.{column} ({limits or 'no limits'})"
        if result.exception_info.get("raised_exception"):
            reason = result.exception_info.get("exception_message")
            # what could not be checked may be anything
            return Failure(True, f"{name}.{column}", 0, f"{text} could not be checked: {reason}")
        failed = result.result.get("unexpected_index_list", [])
        ids = list(dict.fromkeys(str(row["id"]) for row in failed))[:_NAMED]
        values = list(dict.fromkeys(str(row[column]) for row in failed if column in row))[:_NAMED]
        count = result.result.get("unexpected_count", 0)
        total = result.result.get("element_count", 0)
        file = self.rows / f"{name}.{column}.{config.type}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = table.iloc[[int(row[_ROW]) for row in failed]].drop(columns=_ROW)
        rows.to_csv(file, index=False)
        sentence = (
            f"{text} failed for {count} of {total} rows, first {', '.join(ids)} "
            f"({', '.join(values)}), all in {file}"
        )
        return Failure(config.severity == "critical", f"{name}.{column}", count, sentence)


def _context(out: Path, results: Path | None, shown: int) -> Any:
    """A context in memory, but for its results, if they are kept, and its Data Docs."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # otherwise it would have a site of its own in a temporary folder, which it never removes
    defaults = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    if results is not None:
        defaults.stores[defaults.validation_results_store_name]["store_backend"] = _backend(results)
    config = DataContextConfig(
        store_backend_defaults=defaults, progress_bars=ProgressBarsConfig(globally=False)
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": _backend(out),
            "site_index_builder": {
                "class_name": "DefaultSiteIndexBuilder",
                "validation_results_limit": shown,
            },
        },
    )
    return context


def _backend(folder: Path) -> dict[str, str]:
    return {
        "class_name": "TupleFilesystemStoreBackend",
        # where `$NAME` would become that variable's value
        "base_directory": str(folder.absolute()).replace("$", r"\$"),
    }


def _remove_torn(results: Path) -> None:
    """Remove results that a killed run did not write whole: Data Docs could not be built."""
    for file in results.rglob("*.json"):
        try:
            json.loads(file.read_bytes())
        except ValueError:
            _log.warning("%s is removed: a run was killed while it wrote this result.", file)
            file.unlink()
