"""Commands of the registry: ``promote --dry-run``, ``rollback`` and ``lineage``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from erm.cli.console import JsonOption, print_json, print_table, warn, working
from erm.errors import ErmError

if TYPE_CHECKING:
    from erm.registry.promotion import Promotion


def promote(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the gate would say; register nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what the gate before `champion` would say to the models at hand.

    Reads params.yaml, models/ and reports/ of this folder. A champion that was scored on other data
    is scored again, which takes as long as the stages benchmark or evaluate. Promotion itself is
    the pipeline's stage: dvc repro promote.
    """
    if not dry_run:
        raise ErmError(
            "promotion is a stage of the pipeline: run `dvc repro promote`; `erm promote "
            "--dry-run` says what it would do."
        )
    with working():
        from tempfile import TemporaryDirectory

        from erm.parameters import read_params
        from erm.registry.champions import Chosen, Trained, try_trained
        from erm.tracking import configure_tracking, has_store

        trained = Trained()
        params = read_params(trained.params)
        chosen = Chosen(params.promote, params.benchmark, params.evaluate)
        here = Path.cwd()
        with TemporaryDirectory(prefix="erm-") as work:
            # without a store there is no champion; an empty one must not stay behind here
            configure_tracking(here if has_store(here) else Path(work))
            tried = try_trained(chosen, trained, Path(work), here / ".erm" / "answers")
    if as_json:
        print_json({name: _tried(promotion) for name, promotion in tried.items()})
        return
    for name, promotion in tried.items():
        against = "no champion" if promotion.champion is None else f"version {promotion.champion}"
        verdict = "would become champion" if promotion.promoted else "would not become champion"
        if promotion.is_champion:
            verdict = "is champion already"
        print(f"{name}: {verdict} (against {against}).")
        for missed in promotion.missed:
            print(f"  - {missed.sentence}.")


def _tried(promotion: Promotion) -> dict[str, Any]:
    return {
        "promoted": promotion.promoted,
        "version": promotion.version,
        "champion": promotion.champion,
        "champion_scores": None
        if promotion.champion_scores is None
        else {task: score._asdict() for task, score in promotion.champion_scores.items()},
        "missed": [missed._asdict() for missed in promotion.missed],
    }


def rollback(
    model: Annotated[Literal["critic", "policy"], typer.Argument(help="Whose champion.")],
    reason: Annotated[str, typer.Option(help="Why; a tag of both versions.")] = "not stated",
    to: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="VERSION",
            help="Make this version champion, instead of the previous one.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the previous champion champion again.

    A second rollback goes back one further. The version that is rolled back is not promoted again
    by the pipeline; --to makes it champion.
    """
    with working():
        from erm.registry.aliases import registry_client
        from erm.registry.rollback import rollback as roll_back

        done = roll_back(registry_client(Path.cwd()), f"erm-{model}", reason, to)
    if as_json:
        print_json(done._asdict())
        return
    before = f"`previous` is version {done.previous}" if done.previous else "no `previous` is left"
    print(f"{done.name}: champion is version {done.champion}, not {done.before}; {before}.")


def lineage(
    of: Annotated[
        str,
        typer.Argument(
            metavar="URI|HASH",
            help="A version, such as models:/erm-critic@champion, or the first digits of a hash "
            "of data.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Where a registered version comes from, or which versions were made from data.

    Of a version: commit, parameters, data, run, the critic that rewarded a policy or the policies
    that a critic rewarded, gate, and who promoted it when and why. Of data: the versions that have
    it as content hash, or as DVC's md5.
    """
    with working():
        from erm.registry import lineage as origins
        from erm.registry.aliases import registry_client

        client = registry_client(Path.cwd())
        versions = of.startswith("models:/")
        found: Any = origins.lineage(client, of) if versions else origins.made_from(client, of)
    if as_json:
        print_json(found)
    elif versions:
        print_table(("what", "value"), _rows(found), f"{found['name']} version {found['version']}")
    else:
        rows = [
            (one["uri"], ", ".join(one["aliases"]) or None, ", ".join(one["matched"]))
            for one in found
        ]
        if rows:
            print_table(("version", "aliases", "made from"), rows)
    if not found:
        warn(f"no version was made from data with the hash {of}.")


def _rows(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    gate, data, parameters = found["gate"], found["data"], found["parameters"]
    critic = found["rewarded_by"] or {}
    commit = found["commit"]
    if commit is not None and found["uncommitted"]:
        commit += ", with uncommitted changes"
    rows = [
        ("aliases", ", ".join(found["aliases"]) or None),
        ("run", found["run"]),
        ("commit", commit),
        ("parameters", parameters["address"] or parameters["sha256"]),
        ("data", data["hash"]),
        *((path, f"md5 {md5}") for path, md5 in data["dvc"].items()),
        ("model", found["content_sha256"]),
    ]
    if critic:
        rows.append(("rewarded by", critic["critic"] or critic["sha256"]))
    if found["rewards"]:
        rows.append(("rewards", ", ".join(found["rewards"])))
    rows += [
        (f"score, {task}", f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]")
        for task, score in (found["scores"] or {}).items()
    ]
    rows.append(("gate", gate["outcome"]))
    rows += [
        (f"  {condition}", None if by is None else f"by {by:g}")
        for condition, by in gate["missed"].items()
    ]
    for event in ("promoted", "rolled_back"):
        if (one := found[event]) is not None:
            label = event.replace("_", " ")
            rows.append((label, f"{one['at']} by {one['by']}: {one['why']}"))
    rows += [
        (f"before: version {one['version']}", f"{one.get('at', '?')} {one.get('why', '')}".strip())
        for one in found["previous"]
    ]
    return rows
