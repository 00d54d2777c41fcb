"""Host speed of one network, side by side in one run and on one thread: snnc, onnxruntime, SpikingJelly.

    pip install numpy onnx onnxruntime torch spikingjelly
    cargo build --release
    python scripts/compare_speed.py MNIST.npz [REPEATS]

The network is the fixture a_snntorch_fc (784-128-10, 25 timesteps). onnxruntime runs its unrolled graph image by image.
SpikingJelly runs the same weights in its nearest neuron (LIF without decay_input, soft reset) in batches of 100. Loading
is not counted anywhere. Prints the best and the median of REPEATS passes that take turns.
"""
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from spikingjelly.activation_based import functional, layer, neuron

root = Path(__file__).resolve().parent.parent
model = root / "tests/fixtures/a_snntorch_fc"
data, repeats = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
x = np.load(data)["x"].reshape(-1, 784).astype(np.float32) / 255
torch.set_num_threads(1)


def snnc():
    out = subprocess.run(
        [root / "target/release/snnc", "run", model / "step_dyn.onnx", "--timesteps", "25", "--calib",
         root / "tests/fixtures/mnist/train200.npz", "--data", data, "--threads", "1", "--json"],
        check=True, capture_output=True)
    return json.loads(out.stdout)["seconds"]


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(model / "unrolled_ts.onnx"), options, ["CPUExecutionProvider"])
name = session.get_inputs()[0].name
shape = [d if isinstance(d, int) else 1 for d in session.get_inputs()[0].shape]


def ort():
    start = time.perf_counter()
    for image in x:
        session.run(None, {name: image.reshape(shape)})
    return time.perf_counter() - start


weights = {i.name: torch.tensor(numpy_helper.to_array(i)) for i in onnx.load(model / "step_dyn.onnx").graph.initializer}
lif = lambda: neuron.LIFNode(tau=10.0, decay_input=False, v_reset=None)
net = torch.nn.Sequential(layer.Linear(784, 128), lif(), layer.Linear(128, 10), lif()).eval()
for index, fc in ((0, "fc1"), (2, "fc2")):
    net[index].weight.data, net[index].bias.data = weights[f"m.{fc}.weight"], weights[f"m.{fc}.bias"]


def spikingjelly():
    start = time.perf_counter()
    with torch.no_grad():
        for batch in torch.tensor(x).split(100):
            functional.reset_net(net)
            sum(net(batch) for _ in range(25))
    return time.perf_counter() - start


times = {peer.__name__: [] for peer in (snnc, ort, spikingjelly)}
for turn in range(repeats + 1):
    for peer in (snnc, ort, spikingjelly):
        seconds = peer()
        if turn > 0:  # the first is a warm-up
            times[peer.__name__].append(seconds)
for peer, seconds in times.items():
    print(f"{peer:<14} best {min(seconds):.4f} s, median {statistics.median(seconds):.4f} s for {len(x)} images")
