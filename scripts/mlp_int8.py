"""Accuracy of an int8 MLP of 784-128-10 on MNIST: what a spiking network of the same shape is held against (docs/mcu.md).

    pip install numpy
    python scripts/mlp_int8.py FOLDER

FOLDER holds MNIST's four idx files, of which 60,000 images are trained on and 10,000 tested, all of them and the first
1000. The network is ReLU, trained with Adam for twelve epochs; then weights and activations are int8 as CMSIS-NN takes them:
one scale per layer for weights, the hidden layer's from 1000 training images, sums in 32 bits.
"""
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])


def idx(name, header):
    return np.frombuffer((folder / name).read_bytes(), np.uint8, offset=header)


def images(name):
    return idx(name, 16).reshape(-1, 784)


x, y = images("train-images-idx3-ubyte"), idx("train-labels-idx1-ubyte", 8)
test, labels = images("t10k-images-idx3-ubyte"), idx("t10k-labels-idx1-ubyte", 8)

rng = np.random.default_rng(0)
shapes = [(784, 128), (128,), (128, 10), (10,)]
parameters = [(rng.standard_normal(s) * (2 / s[0]) ** 0.5 * (len(s) > 1)).astype(np.float32) for s in shapes]
first, second = ([np.zeros_like(p) for p in parameters] for _ in range(2))
BATCH, EPOCHS, step = 128, 12, 0
for epoch in range(EPOCHS):
    order = rng.permutation(len(x))
    for at in range(0, len(x) - BATCH + 1, BATCH):
        batch = order[at : at + BATCH]
        a, target = x[batch].astype(np.float32) / 255, np.eye(10, dtype=np.float32)[y[batch]]
        w1, b1, w2, b2 = parameters
        hidden = np.maximum(a @ w1 + b1, 0)
        scores = hidden @ w2 + b2
        scores = np.exp(scores - scores.max(1, keepdims=True))
        wrong = (scores / scores.sum(1, keepdims=True) - target) / BATCH
        back = wrong @ w2.T * (hidden > 0)
        step += 1
        rate = np.float32(2e-3 * (1 - step / (EPOCHS * len(x) // BATCH + 1)))
        for p, m, v, g in zip(parameters, first, second, (a.T @ back, back.sum(0), hidden.T @ wrong, wrong.sum(0))):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)

w1, b1, w2, b2 = parameters
scale1, scale2 = np.abs(w1).max() / 127, np.abs(w2).max() / 127
q1, q2 = np.rint(w1 / scale1).astype(np.int32), np.rint(w2 / scale2).astype(np.int32)
bias1 = np.rint(b1 * 255 / scale1).astype(np.int32)
top = np.maximum(x[:1000].astype(np.int32) @ q1 + bias1, 0).max() / 127
bias2 = np.rint(b2 * 255 / scale1 / top / scale2).astype(np.int32)


def integers(images):
    hidden = np.clip(np.rint((images.astype(np.int32) @ q1 + bias1) / top), 0, 127).astype(np.int32)
    return (hidden @ q2 + bias2).argmax(1)


floats = (np.maximum(test / np.float32(255) @ w1 + b1, 0) @ w2 + b2).argmax(1)
for name, found in ("float", floats), ("int8", integers(test)):
    right = found == labels
    print(f"{name}: {100 * right.mean():.2f} % of 10,000, {100 * right[:1000].mean():.1f} % of the first 1000")
