"""The study of rewards as a Prefect flow, for the deployment ``rewards`` of ``prefect.yaml``."""

from typing import Annotated, Any

from prefect import State, flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed
from pydantic import Field, PositiveInt

from benchmarks.rewards_study import parser, rewards, study
from erm.benchmark.features import EFFICIENTNET
from erm.errors import ErmError

Reward = Annotated[str, Field(json_schema_extra={"enum": list(rewards(EFFICIENTNET))})]


@flow
def rewards_study(
    seeds: PositiveInt = 3, kinds: tuple[Reward, ...] = (), changes: tuple[str, ...] = ()
) -> State[Any]:
    """Reinforces the same policy with each kind of reward.

    Args:
        seeds: runs of each reward
        kinds: rewards to compare; none means all that apply
        changes: parameters, as `dvc exp run -S` takes them: `reinforce.steps=120`
    """
    arguments = parser().parse_args(["--seeds", str(seeds)])
    arguments.set, arguments.rewards = list(changes), ",".join(kinds) or None
    try:
        table = study(arguments)
    except ErmError as error:
        return Failed(message=str(error))
    create_markdown_artifact(table, key="rewards")
    return Completed(message=f"The table is in {arguments.out}.")
