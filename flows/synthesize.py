"""Stage synthesize: draws sources, injects errors, renders both and writes labelled pairs."""

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def synthesize(params: Params, paths: Paths) -> Metrics:
    """Draws sources, injects errors, renders both and writes labelled pairs."""
    from erm.synthesis.synthesize import synthesize

    return synthesize(
        params.synthesize,
        out=paths.out("data/pairs"),
        work=paths.work,
        answers=paths.answers,
    )


if __name__ == "__main__":
    main(synthesize)
