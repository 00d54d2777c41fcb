"""Sets the smallest weights of each layer of a native model (`.snn`) to zero, for a network that is to be unrolled.

    python scripts/zero_small_weights.py MODEL.snn PERCENT OUT.snn

keeps the largest PERCENT of each layer's weights. What that costs says `snnc run`; training with the zeros held wins most
of it back.
"""
import array
import json
import struct
import sys

TYPES = {"F32": "f", "I8": "b"}


def main(model: str, percent: int, out: str) -> None:
    with open(model, "rb") as file:
        content = file.read()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    tensors = bytearray(content[start:])
    for name, tensor in header.items():
        if name == "__metadata__" or len(tensor["shape"]) < 2 or tensor["dtype"] not in TYPES:
            continue
        first, end = tensor["data_offsets"]
        weights = array.array(TYPES[tensor["dtype"]], bytes(tensors[first:end]))
        by_size = sorted(range(len(weights)), key=lambda index: abs(weights[index]))
        for index in by_size[: len(weights) * (100 - percent) // 100]:
            weights[index] = 0
        tensors[first:end] = weights.tobytes()
        print(f"{name}: {sum(map(bool, weights))} of {len(weights)} weights are not zero")
    with open(out, "wb") as file:
        file.write(content[:start] + tensors)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
