"""Stage promote: registers both models and makes the better ones champion."""

from flows.stage import Metrics, Params, Paths, main, stage


@stage
def promote(params: Params, paths: Paths) -> Metrics:
    """Registers the critic and the policy; moves ``champion`` to those that are better."""
    from erm.registry.champions import Chosen, Trained, promote_trained

    chosen = Chosen(params.promote, params.benchmark, params.evaluate)
    trained = Trained(rewarded_by=params.reinforce.critic)
    return promote_trained(chosen, trained, paths.work, paths.answers)


if __name__ == "__main__":
    main(promote)
