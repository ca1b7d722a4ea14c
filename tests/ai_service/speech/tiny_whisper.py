"""A Whisper of random weights, a few hundred kilobytes: everything of a real one but sense."""

import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 32, 2, 1, 2
_MELS, _FRAMES, _LONGEST = 80, 1500, 448
# The letters that it ever says; the last one stands for a space.
_SAID = "abcdefghijklmnopqrstuvwxyz\u0120"
# How much likelier than by chance it comes to its end, so that it says a dozen letters and not 200.
_BREVITY = 2.0
# In the order of the English models, whose smaller vocabulary says that they know one language.
_SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nocaptions|>",
    "<|notimestamps|>",
)


def build(folder: Path, seed: int = 7) -> Path:
    """Write the model into a folder, as CTranslate2's converter would, with its tokenizer; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    timestamps = [f"<|{number * 0.02:.2f}|>" for number in range(1501)]
    tokens = [*letters, *_SPECIAL, *timestamps]
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens[len(letters) :]])
    tokenizer.save(str(folder / "tokenizer.json"))

    spec = WhisperSpec(ENCODER_LAYERS, HEADS, DECODER_LAYERS, HEADS)
    never = [number for number, letter in enumerate(letters) if letter not in _SAID]
    _fill(spec, len(tokens), np.random.default_rng(seed))
    spec.decoder.projection.bias[never] = -1e4
    spec.decoder.projection.bias[tokens.index("<|endoftext|>")] = _BREVITY
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = []
    spec.config.alignment_heads = [(DECODER_LAYERS - 1, head) for head in range(HEADS)]
    # Where it is unsure, as it always is, Whisper draws what it says.
    ctranslate2.set_random_seed(seed)
    spec.validate()
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS}))
    return folder


def _fill(spec: Any, words: int, random: np.random.Generator) -> None:
    def some(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.2).astype(np.float32)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = some(outputs, inputs), some(outputs)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def attention(layer: Any, *outputs: int) -> None:
        norm(layer.layer_norm)
        for number, times in enumerate(outputs):
            linear(layer.linear[number], times * WIDTH, WIDTH)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 4 * WIDTH, WIDTH)
        linear(layer.linear_1, WIDTH, 4 * WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = some(WIDTH, _MELS, 3), some(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = some(WIDTH, WIDTH, 3), some(WIDTH)
    encoder.position_encodings.encodings = some(_FRAMES, WIDTH)
    decoder.embeddings.weight = some(words, WIDTH)
    decoder.position_encodings.encodings = some(_LONGEST, WIDTH)
    linear(decoder.projection, words, WIDTH)
    for part in (encoder, decoder):
        norm(part.layer_norm)
        for layer in part.layer:
            attention(layer.self_attention, 3, 1)
            feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.attention, 1, 2, 1)
