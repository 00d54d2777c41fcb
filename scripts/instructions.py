#!/usr/bin/env python3
"""Finds what a unit of work takes on a core: the tables of compiler/src/backend/rust/instructions/prices.rs.

    cargo run --release -p snnc-tests --bin instructions -- 14 > WORK.jsonl
    instructions.py WORK.jsonl

Least squares without negative prices, over the networks of the file and the kernels of tests/tests/mcu_kernels.txt, each weighed
so that the same part of its instructions counts nearly the same; random networks only price what no other has. A unit's cycles are
one to two times its instructions. Prints the tables, and how far off they are; needs numpy and scipy."""
import json
import pathlib
import re
import sys

import numpy as np
from scipy.optimize import lsq_linear

ROOT = pathlib.Path(__file__).parent.parent
UNIT = (ROOT / "compiler/src/backend/rust/instructions/unit.rs").read_text()
UNITS = re.findall(r"^    (\w+),$", UNIT[UNIT.index("pub enum Unit {"):UNIT.index("pub const UNITS")], re.M)
NEURONS = {
    "shift, subtract, alike": "PackedAlike", "factor, subtract, alike": "PackedAlike", "shift, subtract": "PackedSubtract",
    "shift, to value": "PackedValue", "factor, subtract later": "PackedSubtractLater",
    "factor, to value later": "PackedValueLater", "shift, subtract, 20 bits": "Wide",
    "factor, subtract later, 20 bits": "Wide",
}
# what is seen in the assembly, and lost among a model's other layers
COUNTED = {"cortex-m4": {"Narrow": 14}}


def kernel(name):
    """Work of a timestep of a layer of mcu_kernels.txt; None of one that is not known."""
    work = {"Step": 1, "Position": 1, "Stretch": 1, "Neurons": 1}
    if found := re.fullmatch(r"(.+) 784-128, (\d+) (spikes|bytes)", name):
        encoding, n, what = found[1], int(found[2]), found[3]
        work |= {"PackedAlike": 128}
        if what == "bytes":
            return work | {"Value": 784, "Factor": n, "Int8Products": 32 * n}
        work |= {"Word": 25, "Row": n}
        return work | {
            "int8": {"Int8": 32 * n, "Int8Sums": 8}, "binary": {"Signs": 4 * n, "Counters": 4},
            "codewords": {"Codewords": 4 * n, "Counters": 4},
            "4-bit": {"Nibbles": 16 * n, "NibbleSums": 8}, "odd 4-bit": {"OddNibbles": 16 * n, "NibbleSums": 8},
            "lists of 3": {"Entry": 3 * n},
            "lists of 1": {"Single": n},
        }[encoding]
    count, kind = re.fullmatch(r"(\d+) neurons, (.+)", name).groups()
    if kind not in NEURONS:
        return None
    return work | {"Word": 1, NEURONS[kind]: int(count)}


def kernels(core):
    for line in (ROOT / "tests/tests/mcu_kernels.txt").read_text().splitlines():
        name, ticks = line.split(" ", 2)[2].split(": ")
        work = kernel(name)
        if line.split()[1] == core and work:
            # 40 timesteps, and 40 instructions a tick
            yield name, [work.get(unit, 0) for unit in UNITS], float(ticks)


def fitted(work, found, low, high):
    weight = found**-0.85
    scale = np.maximum(np.linalg.norm(work * weight[:, None], axis=0), 1e-9)
    bounds = (low * scale, np.maximum(high * scale, low * scale + 1e-9))
    return lsq_linear(work * weight[:, None] / scale, found * weight, bounds).x / scale


def main():
    rows = [json.loads(line) for line in open(sys.argv[1])]
    for core, name in (("cortex-m4", "M4"), ("cortex-m0", "M0")):
        of_core = [row for row in rows if row["core"] == core]
        names = [f"{row['name']} by {row['order']}" for row in of_core]
        works = [np.sum(row["work"], axis=0) for row in of_core]
        found = [row["instructions"] for row in of_core]
        cycles = np.array([row["cycles"] for row in of_core])
        for kernel_name, work, instructions in kernels(core):
            names.append(kernel_name)
            works.append(work)
            found.append(instructions)
        works, found = np.array(works, float), np.array(found)
        seen = works.sum(axis=0) > 0
        usual = np.array(["random" not in name for name in names])
        known = works[usual].sum(axis=0) > 0
        counted = np.array([COUNTED.get(core, {}).get(unit, 0) for unit in UNITS], float)
        most = np.where(counted > 0, counted, np.where(known, np.inf, 0))
        price = fitted(works[usual], found[usual], counted, most)
        price = fitted(works, found, price, np.where(known | ~seen, price, np.inf))
        networks = works[: len(cycles)]
        slower = fitted(networks, cycles, price, 2 * price)
        for what, given, wanted in (("instructions", works @ price, found), ("cycles", networks @ slower, cycles)):
            off = given / wanted - 1
            print(f"// {core}, {what}: median {np.median(abs(off)):.1%} off, the worst:")
            for i in np.argsort(-abs(off))[:8]:
                print(f"//   {off[i]:+.1%} of {wanted[i]:.0f}: {names[i]}")
        print(f"const {name}_PRICES: &[Price] = &[")
        for unit, a, b in (line for line, seen in zip(zip(UNITS, price, slower), seen & (price >= 0.1)) if seen):
            print(f"    (Unit::{unit}, [{a:.2f}, {b:.2f}]),")
        print("];")


main()
