"""Images as spikes whose rate is a pixel's brightness: bools `[n, T, height, width]`, for `snnc verify` (docs/mcu.md).

    pip install numpy
    python scripts/rate_code.py IMAGES.npz T SPIKES.npz
"""
import sys

import numpy as np

source, timesteps, to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = np.load(source)
x = data["x"][:, None] / 255
spikes = np.random.default_rng(0).random((len(x), timesteps, *x.shape[2:])) < x
np.savez_compressed(to, x=spikes, y=data["y"])
