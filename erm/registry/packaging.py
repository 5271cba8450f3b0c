"""Critics and policies as MLflow models that load and serve without this project installed.

A packaged model holds the plain Hugging Face folder (weights, processor, ``erm.json`` with its
prompts, a model card), this package's code, a signature, an input example and the exact versions of
what inference needs. Not covered: versions, aliases and promotion (`erm.registry.promotion`).
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd
from PIL import Image, ImageDraw
from safetensors import SafetensorError, safe_open

from erm.errors import ErmError
from erm.models.role import read_role
from erm.tasks import distribution_of, get_task, package_folder

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

RoleName = Literal["critic", "policy"]

REQUIREMENTS = (
    "mlflow",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "pandas",
    "pillow",
    "pydantic",
    "jinja2",
    "tqdm",
)
"""Distributions that inference imports; a packaged model pins the versions at hand."""

_INFERENCE_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt")

_COLUMNS: dict[RoleName, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "critic": (
        ("task", "reference", "candidate"),
        (("report", "string"), ("severity", "double"), ("expected_severity", "double")),
    ),
    "policy": (("task", "image"), (("completion", "string"), ("source", "string"))),
}
"""Names of the input columns, all text, and names and types of the output columns."""

_PURPOSE: dict[RoleName, str] = {
    "critic": (
        "Compares a reference image with the render of a prediction and lists the discrepancies: "
        "category, severity 1 to 3, location and description. The sum of severities is a reward "
        "signal; the text is feedback."
    ),
    "policy": "Writes the source code that reproduces an image.",
}

_LIMITS: dict[RoleName, tuple[str, ...]] = {
    "critic": (
        "Reads images of at most {max_side} px on the longest side; larger ones are scaled down, "
        "and details that vanish by that are not seen.",
        "Knows the kinds of images and edits of its training data; the metrics are of a held-out "
        "split of the same data and say nothing about other images.",
        "A reply is a model's text. It can be wrong, and an empty list proves no equivalence.",
        "A report has at most {max_new_tokens} tokens; discrepancies beyond are left out.",
    ),
    "policy": (
        "Reads images of at most {max_side} px on the longest side.",
        "Writes what its training data looks like; other images give code that may not render.",
        "The code it writes is untrusted: run it contained (`erm render`).",
    ),
}


def log_critic(
    folder: Path,
    *,
    name: str = "critic",
    registered_model_name: str | None = None,
    metrics: Mapping[str, float] | None = None,
    data_hash: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> ModelInfo:
    """Log a critic's folder as an MLflow model to the active run, or a new one.

    Args:
        name: of the logged model.
        registered_model_name: registers a new version of that model as well.
        metrics: shown in the model card, and its text becomes the version's description.
        data_hash: of the training data, for the card and as tag ``data_hash``.
        tags: of the logged model.

    Returns:
        MLflow's description of the model; ``model_uri`` loads it, ``registered_model_version`` is
        the version, if registered.

    Raises:
        ErmError: the folder holds no critic, or no weights.
    """
    return _log("critic", folder, name, registered_model_name, metrics, data_hash, tags)


def log_policy(
    folder: Path,
    *,
    name: str = "policy",
    registered_model_name: str | None = None,
    metrics: Mapping[str, float] | None = None,
    data_hash: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> ModelInfo:
    """Log a policy's folder as an MLflow model; arguments, result and errors as `log_critic`."""
    return _log("policy", folder, name, registered_model_name, metrics, data_hash, tags)


def _log(
    kind: RoleName,
    folder: Path,
    name: str,
    registered_model_name: str | None,
    metrics: Mapping[str, float] | None,
    data_hash: str | None,
    tags: Mapping[str, str] | None,
) -> ModelInfo:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    role = read_role(folder, kind)
    card = model_card(kind, folder, metrics=metrics or {}, data_hash=data_hash)
    inputs, outputs = _COLUMNS[kind]
    package = Path(__file__).parents[1]
    with _staged(kind, folder, card) as staged:
        code = {package, *map(package_folder, role.prompts)}
        metadata = _metadata(role.prompts, staged.parent)
        info: ModelInfo = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(package / "registry" / f"served_{kind}.py"),
            artifacts={"model": str(staged)},
            code_paths=sorted(map(str, (*code, *metadata))),
            signature=ModelSignature(
                inputs=Schema([ColSpec("string", column) for column in inputs]),
                outputs=Schema([ColSpec(type_, column) for column, type_ in outputs]),
            ),
            input_example=input_example(kind, next(iter(role.prompts))),
            pip_requirements=pinned(requirements(kind, role.prompts)),
            model_config={"dtype": "float32", "batch_size": 32},
            tags={"role": kind, **({"data_hash": data_hash} if data_hash else {}), **(tags or {})},
            registered_model_name=registered_model_name,
        )
    if registered_model_name is not None:
        mlflow.MlflowClient().update_model_version(
            registered_model_name, str(info.registered_model_version), description=card
        )
    return info


def requirements(kind: RoleName, tasks: Iterable[str]) -> list[str]:
    """Distributions that inference imports; a policy extracts the sources of its tasks."""
    names = list(REQUIREMENTS)
    if kind == "policy":
        names += [name for task in tasks for name in get_task(task).requirements]
    return list(dict.fromkeys(names))


def pinned(names: Sequence[str]) -> list[str]:
    """Requirements with the installed versions, without build labels that no index knows."""
    return [f"{name}=={version(name).split('+')[0]}" for name in names]


def input_example(kind: RoleName, task: str) -> pd.DataFrame:
    """One row that a model answers: two shapes that differ in colour, 56 × 56 pixels."""
    images = [_shape("red"), _shape("blue")]
    columns, _ = _COLUMNS[kind]
    return pd.DataFrame([dict(zip(columns, (task, *images), strict=False))])


def _shape(colour: str) -> str:
    image = Image.new("RGB", (56, 56), "white")
    ImageDraw.Draw(image).ellipse((12, 12, 44, 44), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def decode_column(rows: pd.DataFrame, column: str) -> list[bytes]:
    """The bytes of a column of base64 images; a ``data:`` prefix and broken lines are allowed.

    Raises:
        mlflow.exceptions.MlflowException: a value is no base64; served as status 400.
    """
    decoded = []
    for number, value in enumerate(rows[column], start=1):
        if not isinstance(value, str):
            raise refusal(f"Row {number}, column '{column}': there is no image.")
        encoded = value.partition(",")[2] if value.startswith("data:") else value
        try:
            decoded.append(base64.b64decode("".join(encoded.split()), validate=True))
        except (binascii.Error, ValueError) as error:
            raise refusal(f"Row {number}, column '{column}': not base64 ({error}).") from error
    return decoded


def refusal(message: str) -> Exception:
    """The exception that MLflow's server answers with status 400 and the message."""
    from mlflow.exceptions import MlflowException

    refused: Exception = MlflowException.invalid_parameter_value(message)
    return refused


def model_card(
    kind: RoleName, folder: Path, *, metrics: Mapping[str, float], data_hash: str | None
) -> str:
    """``README.md`` of a model: purpose, data hash, metrics, limits and use (Markdown)."""
    role = read_role(folder, kind)
    processor = json.loads(_read(folder / "processor_config.json"))
    values = {"max_side": processor.get("max_side"), "max_new_tokens": role.max_new_tokens}
    limits = [text.format(**values) for text in _LIMITS[kind]]
    columns, outputs = _COLUMNS[kind]
    lines = [
        "---",
        "library_name: transformers",
        f"tags: [visual-erm, {kind}, {', '.join(role.prompts)}]",
        "---",
        "",
        f"# Visual-ERM {kind}",
        "",
        _PURPOSE[kind],
        "",
        "| | |",
        "|---|---|",
        f"| architecture | {json.loads(_read(folder / 'config.json'))['architectures'][0]} |",
        f"| parameters | {count_parameters(folder):,} |",
        f"| tasks | {', '.join(role.prompts)} |",
        f"| images enter as | {processor.get('pair_encoding')} |",
        f"| training data | {data_hash or 'not recorded'} |",
        "",
        "## Metrics",
        "",
        *(
            ["| metric | value |", "|---|---|"]
            + [f"| {key} | {metrics[key]:.4g} |" for key in sorted(metrics)]
            if metrics
            else ["None were recorded."]
        ),
        "",
        "## Limits",
        "",
        *[f"- {limit}" for limit in limits],
        "",
        "## Use",
        "",
        f"`mlflow.pyfunc.load_model(uri).predict(rows)` with the text columns {', '.join(columns)} "
        f"(images as base64) gives {', '.join(column for column, _ in outputs)}. "
        "`mlflow models serve -m uri` answers the same over HTTP.",
        "",
        "Prompts:",
        "",
        *[f"- {task}: `{prompt.splitlines()[0]}`" for task, prompt in role.prompts.items()],
        "",
    ]
    return "\n".join(lines)


def count_parameters(folder: Path) -> int:
    """Number of weights in a folder's safetensors files, from their headers alone.

    Raises:
        ErmError: there are none, or a file is damaged.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ErmError(f"{folder}: holds no weights (*.safetensors).")
    total = 0
    for file in files:
        try:
            with safe_open(file, "numpy") as weights:
                names = list(weights.keys())
                total += sum(prod(weights.get_slice(key).get_shape()) for key in names)
        except (OSError, SafetensorError) as error:
            raise ErmError(f"{file}: the weights are damaged ({error}).") from error
    return total


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ErmError(f"{path}: cannot be read ({error.strerror}).") from error


def _metadata(tasks: Iterable[str], folder: Path) -> list[Path]:
    """What names the tasks of the packages that bring them, for a place where none is installed."""
    written = []
    for name, found in {one.name: one for one in map(distribution_of, tasks)}.items():
        metadata = folder / f"{name.replace('-', '_')}-{found.version}.dist-info"
        metadata.mkdir()
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {found.version}\n"
        (metadata / "METADATA").write_text(head, encoding="utf-8")
        points = found.read_text("entry_points.txt") or ""
        (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
        written.append(metadata)
    return written


@contextmanager
def _staged(kind: RoleName, folder: Path, card: str) -> Iterator[Path]:
    """A folder of hard links to what inference needs, with the card.

    MLflow copies whole folders and follows no symbolic links.
    """
    with tempfile.TemporaryDirectory(prefix="erm-") as parent:
        staged = Path(parent) / kind
        staged.mkdir()
        for pattern in _INFERENCE_FILES:
            for file in sorted(folder.glob(pattern)):
                try:
                    os.link(file.resolve(), staged / file.name)
                except OSError:  # another file system, or one without hard links
                    shutil.copyfile(file, staged / file.name)
        (staged / "README.md").write_text(card, encoding="utf-8")
        yield staged
