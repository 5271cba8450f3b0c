"""Keeping a model's tokens to the grammar of a reply, and what its probabilities say meanwhile.

Covers which tokens may follow (any byte-level tokenizer, our own and Qwen's), closing a report
before its tokens run out, and the expected severity. Not covered: the grammar
(`erm.models.reply_grammar`) and drawing tokens (`erm.models.generation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessor

from erm.errors import ErmError
from erm.models.reply_grammar import DEAD, reply_grammar

MAX_ERRORS = 24
"""Errors of a constrained reply, at most; training data holds fewer."""

TYPICAL_SEVERITY = 2.0
"""Severity of an error that may follow a list without any: the scale's middle."""

_NEVER = np.iinfo(np.int32).max


class TokenAutomaton:
    """A task's grammar in the tokens of a tokenizer.

    What a state allows is worked out when it is first met, over all tokens at once.

    Args:
        tokenizer: byte-level, as Qwen's and `erm.models.tokenizer`'s are.
        max_errors: errors of a reply, at most.

    Attributes:
        shortest: tokens that the shortest reply takes.

    Raises:
        ErmError: the task is unknown, or its replies can't be written in these tokens.
    """

    def __init__(self, task: str, tokenizer: Any, max_errors: int = MAX_ERRORS) -> None:
        self.grammar = reply_grammar(task, max_errors)
        self.eos = int(tokenizer.eos_token_id)
        self._bytes, self._lengths = _token_bytes(tokenizer)
        self._after: dict[int, NDArray[np.int16]] = {}
        self._tensors: dict[tuple[str, int], torch.Tensor] = {}
        self._costs = self._closing_costs()
        self.shortest = int(self._costs[0])
        self.longest_close = int(self._costs[self._costs < _NEVER].max())
        if self.shortest == _NEVER:
            raise ErmError(f"A reply of task {task} can't be written in this tokenizer's tokens.")

    def after(self, state: int) -> NDArray[np.int16]:
        """(tokens,) the state after each token, or `DEAD`."""
        known = self._after.get(state)
        if known is None:
            known = self._after[state] = self._walk(state)
        return known

    def advance(self, state: int, token: int) -> int:
        """The state after one token that was allowed."""
        return state if state == self.grammar.end else int(self.after(state)[token])

    def allowed(self, state: int, remaining: int, like: torch.Tensor) -> torch.Tensor:
        """(vocabulary,) bool: what may be the next of `remaining` tokens, so that the rest is
        enough to close the reply; on the device of `like`, a row of logits."""
        if state == self.grammar.end:
            return self._tensor("end", state, like, self._only_end)
        if remaining > self.longest_close:
            return self._tensor("all", state, like, lambda: self.after(state) != DEAD)
        after = self.after(state)
        fits = np.where(after == DEAD, _NEVER, self._costs[after]) < remaining
        return _padded(fits, like)

    def further(self, state: int, like: torch.Tensor) -> torch.Tensor:
        """(2, vocabulary): tokens that begin another error, and those that leave it open."""
        grammar = self.grammar

        def kinds() -> NDArray[np.float32]:
            after = self.after(state)
            begins = grammar.errors[after] > grammar.errors[state]
            closes = np.isin(after, list(grammar.closed))
            alive = after != DEAD
            rows = [alive & begins & ~closes, alive & ~begins & ~closes]
            return np.stack(rows).astype(np.float32)

        return self._tensor("further", state, like, kinds)

    def severity(self, state: int, like: torch.Tensor) -> torch.Tensor:
        """(vocabulary,) the severity that each token begins with, in a state before one."""

        def values() -> NDArray[np.float32]:
            digits = self._bytes[:, 0].astype(np.float32) - 48.0
            return np.where(self.after(state) == DEAD, np.float32(0), digits)

        return self._tensor("severity", state, like, values)

    def _only_end(self) -> NDArray[np.bool_]:
        mask = np.zeros(max(len(self._lengths), self.eos + 1), dtype=bool)
        mask[self.eos] = True
        return mask

    def _tensor(self, kind: str, state: int, like: torch.Tensor, make: Any) -> torch.Tensor:
        known = self._tensors.get((kind, state))
        if known is None or known.device != like.device or known.shape[-1] != like.shape[-1]:
            known = self._tensors[kind, state] = _padded(make(), like)
        return known

    def _walk(self, state: int) -> NDArray[np.int16]:
        table = self.grammar.table
        states = np.full(len(self._lengths), DEAD, dtype=np.int16)
        alive = np.flatnonzero(self._lengths)
        reached = np.full(len(alive), state, dtype=np.int16)
        place = 0
        while len(alive):
            reached = table[reached, self._bytes[alive, place]]
            place += 1
            whole = (self._lengths[alive] == place) & (reached != DEAD)
            states[alive[whole]] = reached[whole]
            on = (self._lengths[alive] > place) & (reached != DEAD)
            alive, reached = alive[on], reached[on]
        return states

    def _closing_costs(self) -> NDArray[np.int32]:
        """(states,) the fewest tokens to the end from a state, without beginning another error."""
        grammar = self.grammar
        last = grammar.blocks[-1]
        outside = [
            state
            for state in range(len(grammar.table))
            if not any(state in block for block in grammar.blocks)
        ]
        edges = {}
        for state in [*outside, *last]:
            found = np.unique(self._walk(state))
            edges[state] = found[found != DEAD]
        costs = np.full(len(grammar.table), _NEVER, dtype=np.int32)
        costs[grammar.end] = 0
        changed = True
        while changed:
            changed = False
            for state, targets in edges.items():
                best = costs[targets].min(initial=_NEVER)
                if best != _NEVER and best + 1 < costs[state]:
                    costs[state] = best + 1
                    changed = True
        for block in grammar.blocks:
            costs[block.start : block.stop] = costs[last.start : last.stop]
        return costs


@dataclass
class _Row:
    """Where one reply stands."""

    automaton: TokenAutomaton
    state: int = 0
    undecided: float = 1.0
    further: float = 0.0
    reached: list[float] = field(default_factory=list)
    severities: list[float] = field(default_factory=list)


class ReportConstraint(LogitsProcessor):  # type: ignore[misc]
    """Masks the tokens that would lead out of the grammar, for one batch from its first token on.

    Args:
        automata: one a row.
        budget: tokens of a reply; at least `TokenAutomaton.shortest` of every row.
    """

    def __init__(self, automata: Sequence[TokenAutomaton], budget: int) -> None:
        self._rows = [_Row(automaton) for automaton in automata]
        self._remaining = budget
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self._begun:
            self._advance(input_ids[:, -1].tolist())
        self._begun = True
        masks = [row.automaton.allowed(row.state, self._remaining, scores[0]) for row in self._rows]
        self._remaining -= 1
        scores = scores.masked_fill(~torch.stack(masks), -torch.inf)
        self._observe(scores)
        return scores

    def expected_severity(self, row: int) -> float:
        """S that the model's own probabilities expect, along the reply that it wrote.

        With p_k the probability that the list goes on to a k-th error, q_k = p_1 … p_k, and E_k the
        mean of the k-th severity digit, S = Σ q_k E_k over the errors written, plus q_{n+1} times
        the mean of the E_k (`TYPICAL_SEVERITY` in an empty list) for the error that was not
        written.
        """
        one = self._rows[row]
        written = list(zip(one.reached, one.severities, strict=False))
        total, reach = 0.0, 1.0
        for probability, severity in written:
            reach *= probability
            total += reach * severity
        severities = [severity for _, severity in written]
        mean = sum(severities) / len(severities) if severities else TYPICAL_SEVERITY
        return total + reach * one.further * mean

    def mean_severities(self, row: int) -> tuple[float, ...]:
        """E_k of the errors that a reply lists, each in [1, 3]."""
        return tuple(self._rows[row].severities)

    def _advance(self, tokens: Sequence[int]) -> None:
        for row, token in zip(self._rows, tokens, strict=True):
            grammar = row.automaton.grammar
            before, row.state = row.state, row.automaton.advance(row.state, token)
            if (
                grammar.errors[row.state] > grammar.errors[before]
                and row.state not in grammar.closed
            ):
                row.reached.append(row.further)
                row.undecided, row.further = 1.0, 0.0

    def _observe(self, scores: torch.Tensor) -> None:
        """Take note of the probabilities where it is decided how many errors, and how severe."""
        watched = [
            index
            for index, row in enumerate(self._rows)
            if row.state in row.automaton.grammar.forks
            or row.state in row.automaton.grammar.severities
        ]
        if not watched:
            return
        shares = torch.softmax(scores[watched].float(), dim=-1)
        for index, share in zip(watched, shares, strict=True):
            row = self._rows[index]
            if row.state in row.automaton.grammar.severities:
                values = row.automaton.severity(row.state, share)
                row.severities.append(float(share @ values))
            else:
                begins, open_still = (row.automaton.further(row.state, share) @ share).tolist()
                row.further += row.undecided * begins
                row.undecided *= open_still


def _padded(values: NDArray[Any], like: torch.Tensor) -> torch.Tensor:
    """Values of tokens as a tensor as long as a row of logits, which may be padded."""
    wide = np.zeros((*values.shape[:-1], like.shape[-1]), dtype=values.dtype)
    wide[..., : values.shape[-1]] = values[..., : like.shape[-1]]
    return torch.from_numpy(wide).to(like.device)


@lru_cache(maxsize=2)
def _token_bytes(tokenizer: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """(tokens, longest) the bytes of every token and (tokens,) how many; none for added tokens."""
    # The byte-level alphabet: printable bytes stand for themselves, the rest from U+0100 on.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet |= {chr(256 + number): byte for number, byte in enumerate(others)}
    added = set(tokenizer.added_tokens_decoder)
    vocabulary = tokenizer.get_vocab()
    spelled: dict[int, bytes] = {}
    for text, token in vocabulary.items():
        if token in added:
            continue
        try:
            spelled[token] = bytes(alphabet[char] for char in text)
        except KeyError as error:
            raise ErmError(f"The tokenizer is not byte-level: its token {text!r}.") from error
    size = max(vocabulary.values()) + 1
    lengths = np.zeros(size, dtype=np.int32)
    data = np.zeros((size, max(map(len, spelled.values()))), dtype=np.uint8)
    for token, content in spelled.items():
        lengths[token] = len(content)
        data[token, : len(content)] = np.frombuffer(content, dtype=np.uint8)
    return data, lengths
