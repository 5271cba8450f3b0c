"""Stage validate: checks the pairs and writes the Data Docs; bad data ends the run here."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def validate(params: Params, paths: Paths) -> Metrics:
    """Checks the pairs and writes the Data Docs; bad data ends the run here."""
    from erm.dataset.validation import validate

    pairs, out = Path("data/pairs"), paths.out("reports/validate")
    return validate(params.validate, pairs, out, history=paths.history)


if __name__ == "__main__":
    main(validate)
