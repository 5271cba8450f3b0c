"""VC-RewardBench: reading, judging, scoring, comparing, and a page that shows the mistakes."""

from erm.benchmark.baselines import CommonestErrorCritic
from erm.benchmark.comparison import comparison_table
from erm.benchmark.formats import (
    Item,
    Prediction,
    Problem,
    describe,
    human_error,
    read_benchmark,
    read_predictions,
    write_benchmark,
    write_predictions,
)
from erm.benchmark.judge.judges import Judge, judge_from_spec
from erm.benchmark.page import write_page
from erm.benchmark.scores import Scores, score
from erm.benchmark.view import serve

__all__ = [
    "CommonestErrorCritic",
    "Item",
    "Judge",
    "Prediction",
    "Problem",
    "Scores",
    "comparison_table",
    "describe",
    "human_error",
    "judge_from_spec",
    "read_benchmark",
    "read_predictions",
    "score",
    "serve",
    "write_benchmark",
    "write_page",
    "write_predictions",
]
