"""The folder of a model that is named by a path or by an MLflow URI."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from erm.errors import ErmError
from erm.models.role import CARD

ENDPOINT = "openai:"
"""Prefix of a model behind an endpoint: ``openai:NAME`` or ``openai:NAME=FOLDER``."""

SERVER = "server:"
"""Prefix of a critic on reward servers: ``server:URL``, several with commas in between."""

_REGISTRY = ("models:/", "runs:/", "mlflow-artifacts:/")


def model_folder(spec: str, role: str) -> Path:
    """The model folder (weights, processor, ``erm.json``) of a path or an MLflow URI.

    An MLflow model on this machine is used in place; any other one is downloaded.

    Args:
        role: ``critic`` or ``policy``, for messages.

    Raises:
        ErmError: there is no such model.
    """
    if spec.startswith(_REGISTRY):
        return _registered_folder(spec, role)
    folder = Path(spec)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ErmError(f"{spec}: is a file, but a {role} is a folder.")
    last = "openai:MODEL, server:URL or pixel" if role == "critic" else "openai:MODEL"
    raise ErmError(
        f"{spec}: no such {role}; expected a model folder, an MLflow URI such as "
        f"models:/erm-{role}@champion, or {last}."
    )


def _registered_folder(spec: str, role: str) -> Path:
    remedy = f"run `make repro` first or name another one with --{role}"
    from erm.tracking import configure_tracking, has_store

    if not has_store(Path.cwd()):  # MLflow would create the missing database
        raise ErmError(f"{spec}: there is no mlflow.db in this folder; {remedy}.")
    import mlflow
    from mlflow.exceptions import MlflowException

    uri = configure_tracking(Path.cwd())
    try:
        local = Path(mlflow.artifacts.download_artifacts(spec))
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ErmError(f"{spec}: cannot be had from {uri} ({reason}); {remedy}.") from error
    return packaged_folder(local, spec)


def packaged_folder(model: Path, spec: str) -> Path:
    """The Hugging Face folder inside an MLflow model's folder.

    Raises:
        ErmError: the MLflow model was not packaged by this project; the message names `spec`.
    """
    if (model / CARD).is_file():  # a plain folder that was logged as it is
        return model
    found = sorted(model.glob(f"artifacts/*/{CARD}"))
    if len(found) != 1:
        raise ErmError(f"{spec}: the MLflow model holds no critic or policy of this project.")
    return found[0].parent


class EndpointModel(NamedTuple):
    """A model behind an endpoint.

    Attributes:
        name: on the server.
        folder: path or MLflow URI of the model that the server runs, where this project or `erm
            adopt` wrote its role; it says how the model is asked (`erm.models.served`).
    """

    name: str
    folder: str | None


def endpoint_model(spec: str) -> EndpointModel:
    """The model in ``openai:NAME`` or ``openai:NAME=FOLDER``.

    Raises:
        ErmError: there is no name, or no folder after ``=``.
    """
    name, sign, folder = (part.strip() for part in spec.removeprefix(ENDPOINT).partition("="))
    if not name:
        raise ErmError(f"'{spec}' names no model; write openai:MODEL.")
    if sign and not folder:
        raise ErmError(f"'{spec}' names no folder after '='; write openai:MODEL=FOLDER.")
    return EndpointModel(name, folder or None)
