"""One Prefect server, and the checkout that it belongs to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.counting import write_checkout
from tests.flows.scratch import environment


@pytest.fixture(scope="package")
def counting(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Path:
    checkout = write_checkout(tmp_path_factory.mktemp("count") / "checkout")
    return Path(shutil.copytree(empty_store, checkout, dirs_exist_ok=True))


@pytest.fixture(scope="package")
def served(counting: Path) -> Iterator[dict[str, str]]:
    """The environment of programs in the checkout, with a Prefect server that all of them share."""
    variables = environment(counting)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(counting / ".erm/prefect"))
        patch.delenv("PREFECT_API_URL", raising=False)
        from prefect.settings import PREFECT_API_URL

        from flows import pipeline

        patch.setattr(pipeline, "_LOG", counting / ".erm" / "prefect.log")
        with pipeline.prefect_server():
            yield {**variables, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
