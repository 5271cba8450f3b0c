"""Generation within the grammar of a report, and the severity that the model expects.

A logits processor masks the tokens that the grammar (`erm.models.reply_grammar`) forbids, closes
the report before the tokens run out, and observes the model's probabilities. It works with any
byte-level tokenizer, ours and Qwen's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessor

from erm.errors import ErmError
from erm.models.reply_grammar import DEAD, reply_grammar
from erm.report import GRADES

MAX_ERRORS = 24
"""Most errors in a constrained reply; training data has fewer."""

_NEVER = np.iinfo(np.int32).max


class TokenAutomaton:
    """A task's grammar over the tokens of a tokenizer.

    The allowed tokens of a state are computed when it is first reached.

    Args:
        tokenizer: a byte-level one, such as Qwen's and that of `erm.models.tokenizer`.
        max_errors: most errors in a reply.

    Attributes:
        shortest: number of tokens of the shortest reply.
        longest_close: most tokens that closing a report takes, from any state.

    Raises:
        ErmError: the task is unknown, or the tokenizer can't write its replies.
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
        """(tokens,) the next state for each token, or `DEAD`."""
        found = self._after.get(state)
        if found is None:
            found = self._after[state] = self._walk(state)
        return found

    def advance(self, state: int, token: int) -> int:
        """The state after an allowed token."""
        return state if state == self.grammar.end else int(self.after(state)[token])

    def allowed(self, state: int, remaining: int, like: torch.Tensor) -> torch.Tensor:
        """(vocabulary,) bool: the tokens that may come next, if `remaining` tokens are left.

        After each of them the rest still suffices to close the reply.

        Args:
            like: a row of logits, whose length and device the result has.
        """
        if state == self.grammar.end:
            return self._tensor("end", state, like, self._only_end)
        if remaining > self.longest_close:
            return self._tensor("all", state, like, lambda: self.after(state) != DEAD)
        after = self.after(state)
        fits = np.where(after == DEAD, _NEVER, self._costs[after]) < remaining
        return _padded(fits, like)

    def graded(self, like: torch.Tensor) -> torch.Tensor:
        """(vocabulary,) the sum of severities that each token grades, before the grade's digit."""

        def values() -> NDArray[np.float32]:
            digits = self._bytes[:, 0].astype(np.int64) - 48
            alive = self.after(self.grammar.grade) != DEAD
            grades = np.array(GRADES, dtype=np.float32)
            return np.where(alive, grades[np.clip(digits, 0, len(GRADES) - 1)], np.float32(0))

        return self._tensor("graded", self.grammar.grade, like, values)

    def expected_severity(self, logits: torch.Tensor) -> float:
        """Σ p_g S_g over the grades g, with S_g of `erm.report.GRADES`.

        Args:
            logits: (vocabulary,) where the grade's digit comes next.
        """
        digits = self.allowed(self.grammar.grade, self.longest_close + 1, logits)
        shares = torch.softmax(logits.float().masked_fill(~digits, -torch.inf), dim=-1)
        return float(shares @ self.graded(logits))

    def _only_end(self) -> NDArray[np.bool_]:
        mask = np.zeros(max(len(self._lengths), self.eos + 1), dtype=bool)
        mask[self.eos] = True
        return mask

    def _tensor(self, kind: str, state: int, like: torch.Tensor, make: Any) -> torch.Tensor:
        found = self._tensors.get((kind, state))
        if found is None or found.device != like.device or found.shape[-1] != like.shape[-1]:
            found = self._tensors[kind, state] = _padded(make(), like)
        return found

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
        """(states,) fewest tokens to the end of the reply, without beginning another error."""
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
    """The state of one reply.

    Attributes:
        expected: the sum of severities by the probabilities of the grade, once it is due.
    """

    automaton: TokenAutomaton
    state: int = 0
    expected: float | None = None


class ReportConstraint(LogitsProcessor):  # type: ignore[misc]
    """Masks the tokens that the grammar forbids, for one batch from its first token on.

    Args:
        automata: one per row of the batch.
        budget: tokens of a reply; at least `TokenAutomaton.shortest` of each row.
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

    def expected_severity(self, row: int) -> float | None:
        """The sum of severities that the model's probabilities of the overall grade expect.

        It does not depend on the errors that the reply then lists. None before the grade was
        written.
        """
        return self._rows[row].expected

    def _advance(self, tokens: Sequence[int]) -> None:
        for row, token in zip(self._rows, tokens, strict=True):
            row.state = row.automaton.advance(row.state, token)

    def _observe(self, scores: torch.Tensor) -> None:
        """Record the probabilities of the grade where it comes next."""
        for row, logits in zip(self._rows, scores, strict=True):
            if row.state == row.automaton.grammar.grade:
                row.expected = row.automaton.expected_severity(logits)


def _padded(values: NDArray[Any], like: torch.Tensor) -> torch.Tensor:
    """Values per token as a tensor of the length of a row of logits, which may be padded."""
    wide = np.zeros((*values.shape[:-1], like.shape[-1]), dtype=values.dtype)
    wide[..., : values.shape[-1]] = values[..., : like.shape[-1]]
    return torch.from_numpy(wide).to(like.device)


@lru_cache(maxsize=2)
def _token_bytes(tokenizer: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """(tokens, longest) the bytes of each token and (tokens,) their number; 0 for added tokens."""
    # The byte-level alphabet: a printable byte is its own character, the others begin at U+0100.
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
