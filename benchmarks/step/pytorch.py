"""The same model with PyTorch's `nn.LSTM`, on a CPU, or with cuDNN if there is a GPU.

Time is the first axis, which is fastest for nn.LSTM; Adam is fused. Documents have no padding, so
nothing is packed or masked. One of the two biases of nn.LSTM is not trained.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from step.shape import CLIP, EPSILON, LEARNING_RATE, Shape, batch, regated

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
affinity = getattr(os, "sched_getaffinity", None)
torch.set_num_threads(len(affinity(0)) if affinity else os.cpu_count() or 1)
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True


class Model(nn.Module):
    """The reference model."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.embedding)
        nn.init.normal_(self.embedding.weight, std=shape.embedding**-0.5)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.encoder = nn.LSTM(shape.embedding, shape.encoder, bidirectional=True)
        self.bridge = nn.ModuleList(nn.Linear(2 * shape.encoder, shape.decoder) for _ in range(2))
        self.decoder = nn.LSTM(shape.embedding, shape.decoder)
        self.combine = nn.Linear(2 * shape.decoder, shape.embedding)
        for name, parameter in self.named_parameters():
            if ".bias_hh" in name:
                nn.init.zeros_(parameter).requires_grad_(False)

    def forward(self, document: Any, summary: Any) -> Any:
        """Return logits [T, B, N] of documents [S, B] and summaries [T, B]."""
        memory, (final, _) = self.encoder(self.embedding(document))
        final = torch.cat([final[0], final[1]], -1)
        initial = tuple(torch.tanh(dense(final))[None] for dense in self.bridge)
        hidden, _ = self.decoder(self.embedding(summary), initial)
        queries, memory = hidden.transpose(0, 1), memory.transpose(0, 1)
        weights = torch.softmax(queries @ memory.transpose(1, 2), -1)
        context = (weights.to(memory.dtype) @ memory).transpose(0, 1)
        features = torch.tanh(self.combine(torch.cat([hidden, context], -1)))
        return nn.functional.linear(features, self.embedding.weight, self.bias)


class Built:
    """The model, its optimizer and its step.

    Args:
        case: float32, or bfloat16 by autocast.
        shape: sizes of batch and model.
        weights: initial weights, written by this project's model.
    """

    def __init__(self, case: str, shape: Shape, weights: Path | None = None):
        self.autocast = case == "bfloat16"
        self.model = Model(shape)
        if weights:
            self._assign(np.load(weights))
        self.model.to(DEVICE)
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(self.trained, LEARNING_RATE, eps=EPSILON, fused=True)
        arrays = batch(shape)
        names = ("document", "summary_in", "summary_out")
        steps_first = (torch.from_numpy(arrays[name].T.astype(np.int64)) for name in names)
        self.batch = [x.contiguous().to(DEVICE) for x in steps_first]

    def step(self) -> float:
        """Train one step and return the loss before it."""
        document, summary, target = self.batch
        with torch.autocast(DEVICE, torch.bfloat16, enabled=self.autocast):
            logits = self.model(document, summary)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1).float(), target.flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, CLIP)
        self.optimizer.step()
        return loss.item()

    def parameters(self) -> int:
        return sum(p.numel() for p in self.trained)

    def _assign(self, arrays: Any) -> None:
        lstms = [("encoder.left", self.model.encoder, "l0")]
        lstms += [("encoder.right", self.model.encoder, "l0_reverse")]
        lstms += [("decoder.cell", self.model.decoder, "l0")]
        pairs = [(self.model.embedding.weight, arrays["embeddings"])]
        pairs += [(self.model.bias, arrays["output_bias"])]
        theirs = {"weight_ih": "kernel", "weight_hh": "recurrent_kernel", "bias_ih": "bias"}
        for name, lstm, suffix in lstms:
            for kind, part in theirs.items():
                value = regated(arrays[f"{name}.{part}"], (0, 1, 3, 2))
                pairs.append((getattr(lstm, f"{kind}_{suffix}"), value.T))
        dense = [(f"decoder.bridge.{i}", layer) for i, layer in enumerate(self.model.bridge)]
        for name, layer in [*dense, ("decoder.combine", self.model.combine)]:
            pairs += [(layer.weight, arrays[f"{name}.kernel"].T)]
            pairs += [(layer.bias, arrays[f"{name}.bias"])]
        with torch.no_grad():
            for parameter, value in pairs:
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
