"""The sections of ``params.yaml`` that promotion reads, for commands without Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import yaml
from pydantic import ValidationError

from erm.errors import ErmError
from erm.registry.champions import Chosen
from erm.tasks.settings import share_drawing


def read_chosen(path: Path) -> Chosen:
    """What the stage ``promote`` would be given.

    Raises:
        ErmError: the file is missing or unreadable, or a parameter is invalid.
    """
    kinds = get_type_hints(Chosen)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        shared = share_drawing({name: content[name] for name in ("render", *kinds)}, kinds)
        return Chosen(**{name: kind.model_validate(shared[name]) for name, kind in kinds.items()})
    except ErmError as error:
        raise ErmError(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ErmError(f"{path} can't be read: {' '.join(str(error).split())}.") from error
    except (KeyError, TypeError) as error:
        raise ErmError(f"{path} has no section {error} of a stage.") from error
    except ValidationError as error:
        detail = error.errors()[0]
        name = ".".join(map(str, detail["loc"]))
        reason = detail["msg"].removeprefix("Value error, ")
        raise ErmError(f"{path}: '{name}': {reason[0].lower()}{reason[1:]}.") from error
