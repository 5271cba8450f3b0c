"""Stage infer: the policy's own errors become pairs; bad data ends the run here."""

from pathlib import Path

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def infer(params: Params, paths: Paths) -> Metrics:
    """The policy's own errors become pairs; bad data ends the run here."""
    from erm.dataset.validation import validate
    from erm.synthesis.infer import infer

    pairs, inferred = Path("data/pairs"), paths.out("data/inferred")
    metrics = infer(params.infer, pairs, inferred, work=paths.work, answers=paths.answers)
    checked = validate(params.validate, inferred, paths.out("reports/infer"), pairs, paths.history)
    return {**metrics, "expectations": checked["expectations"]}


if __name__ == "__main__":
    main(infer)
