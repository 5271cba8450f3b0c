"""Stage synthesize: draws sources, injects errors, renders both and writes labelled pairs."""

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def synthesize(params: Params, paths: Paths) -> Metrics:
    """Draws sources, injects errors, renders both and writes labelled pairs."""
    from erm.synthesis.synthesize import synthesize

    out = paths.out("data/pairs")
    return synthesize(params.synthesize, out, work=paths.work, answers=paths.answers)


if __name__ == "__main__":
    main(synthesize)
