"""How much of a GRPO gradient is signal: how many completions a policy needs to learn from.

``python -m benchmarks.gradient_noise [--policy FOLDER] [--reward PART] [--images N]``

samples completions of fresh images, rewards them, and computes the gradient of each image's group
as TRL does: log-probabilities weighted by rewards that are centred and scaled within the group.
Over many images the mean gradient is the signal and its scatter the noise. Printed is the squared
ratio of both for one group, S, also after each parameter's gradient is divided by its root mean
square, as Adam does, and 1/S: the number of groups whose mean holds as much signal as noise. It is
the noise scale of McCandlish et al., "An Empirical Model of Large-Batch Training", in groups.

Without an accelerator, on one thread, 96 images with 16 completions take two minutes at the size
`tiny`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from erm.critics.loading import critic_from_spec
from erm.images import open_image
from erm.models.checkpoint import Checkpoint, load_checkpoint
from erm.models.decoding import decode_unfinished
from erm.models.generation import prompt_inputs, visual_prompt
from erm.parameters import read_params
from erm.policies.references import Picture, draw_pictures
from erm.render import Renderer
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.reward import Reward
from erm.rewards.rollout import Rollout
from erm.rewards.settings import PartSettings

FOLDS = 8
"""Means over parts of the images, from whose agreement the signal is computed."""


def signal_to_noise(folds: torch.Tensor, groups: int) -> float:
    """Squared norm of the mean gradient of a group, by the variance of a group's gradient.

    The product of two independent means estimates the squared signal without bias, so that noise
    alone gives 0 in the mean, and now and then less.

    Args:
        folds: (folds, parameters), sums of the gradients of equally many groups.
        groups: in all folds.
    """
    number = len(folds)
    products = folds @ folds.T
    signal = (products.sum() - products.diag().sum()) / (number * (number - 1))
    noise = products.diag().mean() - signal
    return float(signal / noise) / (groups / number)


class Sampling:
    """Completions of a policy and the gradients of their log-probabilities."""

    def __init__(self, checkpoint: Checkpoint, temperature: float, most_tokens: int) -> None:
        self.model, self.processor, self.role = checkpoint
        self.temperature = temperature
        self.most_tokens = most_tokens
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]

    def sample(self, picture: Picture, number: int) -> list[torch.Tensor]:
        """The tokens of each completion, its end included."""
        inputs = self._inputs(picture, number)
        tokenizer = self.processor.tokenizer
        with torch.inference_mode():
            ids = self.model.generate(
                **inputs,
                max_new_tokens=self.most_tokens,
                do_sample=True,
                temperature=self.temperature,
                top_p=1.0,
                top_k=0,
                pad_token_id=tokenizer.pad_token_id,
                custom_generate=decode_unfinished,
            )
        rows = []
        for row in ids[:, inputs["input_ids"].shape[1] :].clone():
            ends = (row == tokenizer.eos_token_id).nonzero()
            rows.append(row[: int(ends[0, 0]) + 1] if len(ends) else row)
        return rows

    def gradient(
        self, picture: Picture, rows: Sequence[torch.Tensor], weights: NDArray[np.float64]
    ) -> torch.Tensor:
        """(parameters,) of the weighted sum of the completions' log-probabilities."""
        self.model.zero_grad()
        for row, weight in zip(rows, weights, strict=True):
            if weight:
                (float(weight) * self._log_probability(picture, row)).backward()
        return torch.cat(
            [
                (torch.zeros_like(one) if one.grad is None else one.grad).flatten()
                for one in self.weights
            ]
        )

    def _log_probability(self, picture: Picture, row: torch.Tensor) -> torch.Tensor:
        inputs = self._inputs(picture, 1)
        prompt = inputs["input_ids"].shape[1]
        inputs["input_ids"] = torch.cat([inputs["input_ids"], row[None]], dim=1)
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        kinds = inputs["mm_token_type_ids"]
        inputs["mm_token_type_ids"] = torch.cat([kinds, kinds.new_zeros(1, len(row))], dim=1)
        logits = self.model(**inputs).logits[0, prompt - 1 : -1].float() / self.temperature
        return logits.log_softmax(-1).gather(1, row[:, None]).sum()

    def _inputs(self, picture: Picture, number: int) -> Any:
        image = picture.image
        prompt = visual_prompt(self.role.prompts[picture.task], [image], [open_image(image)])
        return prompt_inputs(self.model, self.processor, [prompt] * number)


def measure(
    sampling: Sampling, reward: Reward, pictures: Sequence[Picture], completions: int
) -> dict[str, float]:
    """The ratios, and the mean and the best severity of a group where the reward has one."""
    size = sum(weight.numel() for weight in sampling.weights)
    folds, squares = torch.zeros(FOLDS, size), torch.zeros(size)
    severities: list[list[float]] = []
    used = 0
    tokenizer = sampling.processor.tokenizer
    for number, picture in enumerate(tqdm(pictures, unit="image")):
        rows = sampling.sample(picture, completions)
        texts = tokenizer.batch_decode([row.tolist() for row in rows], skip_special_tokens=True)
        scored = reward.score(
            [Rollout(picture.task, picture.image, text, picture.source) for text in texts]
        )
        values = np.array([one.require() for one in scored])
        spread = values.std(ddof=1)
        used += bool(spread)
        found = [one.severity for one in scored if one.severity is not None]
        severities += [found] if found else []
        if spread:
            gradient = sampling.gradient(picture, rows, (values - values.mean()) / spread)
            folds[number % FOLDS] += gradient
            squares += gradient**2
    scale = (squares / len(pictures)).sqrt()
    scaled = torch.where(scale > 0, folds / scale.clamp_min(1e-30), 0.0)
    plain, adam = signal_to_noise(folds, len(pictures)), signal_to_noise(scaled, len(pictures))
    numbers = {
        "groups with spread": used / len(pictures),
        "signal to noise": plain,
        "groups": 1 / plain if plain > 0 else float("inf"),
        "signal to noise, Adam": adam,
        "groups, Adam": 1 / adam if adam > 0 else float("inf"),
    }
    if severities:
        numbers["severity"] = float(np.mean([np.mean(one) for one in severities]))
        numbers["best severity"] = float(np.mean([min(one) for one in severities]))
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--policy", type=Path, default=Path("models/policy-sft"))
    parser.add_argument("--critic", default="models/critic", help="for a reward that asks one")
    parser.add_argument("--reward", default="exact", metavar="PART", help="by default exact")
    parser.add_argument("--task", default="svg")
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--completions", type=int, default=16, help="of an image (default 16)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.images < 2 * FOLDS or arguments.completions < 2:
        parser.error(f"--images must be {2 * FOLDS} or more and --completions 2 or more")
    settings = read_params().reinforce
    parts = (PartSettings(part=arguments.reward),)
    chosen = settings.reward.model_copy(update={"parts": parts})
    critic = critic_from_spec(arguments.critic) if needs_critic(chosen) else None
    torch.manual_seed(arguments.seed)
    checkpoint = load_checkpoint(arguments.policy, "policy")
    images = {arguments.task: arguments.images}
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        pictures = list(
            draw_pictures(images, settings.variety, arguments.seed, set(), renderer, "evaluation")
        )
        reward = load_reward(chosen, critic, renderer)
        sampling = Sampling(checkpoint, settings.temperature, settings.max_completion_tokens)
        numbers = measure(sampling, reward, pictures, arguments.completions)
    for name, value in numbers.items():
        print(f"{name:24} {value:.4g}")
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    main()
