#!/usr/bin/env python3
"""Fits the coefficients of the FPGA cost model, and says how far off it is. docs/cost.md tells how.

    cost.py modules FAMILY DESIGN...   what yosys makes of each module alone, to DESIGN/FAMILY.modules.json
    cost.py whole FAMILY DESIGN...     and of the flat design, to DESIGN/FAMILY.whole.json
    cost.py fit FAMILY DESIGN...       the family's table for coefficients.rs, from what both left
    cost.py check FAMILY DESIGN...     predicted and found of each design, from what `whole` left

DESIGN is a folder that `cargo run -p snnc-tests --bin costs` wrote; FAMILY one of xc7, ice40, ecp5, gowin."""
import json
import pathlib
import re
import subprocess
import sys

SYNTH = {
    "xc7": "synth_xilinx -family xc7 -flatten -nodsp -noiopad -noclkbuf -top",
    "ice40": "synth_ice40 -abc9 -device hx -top",
    "ecp5": "synth_ecp5 -top",
    "gowin": "synth_gowin -noiopads -top",
}
LUTS = {
    "xc7": {"SRL16E": 1, "SRLC32E": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM32M": 4, "RAM64M": 4, "RAM128X1D": 4}
    | {f"LUT{n}": 1 for n in range(1, 7)},
    "ice40": {"SB_LUT4": 1},
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
    "gowin": {"ALU": 1, "RAM16SDP4": 6} | {f"LUT{n}": 1 for n in range(1, 5)},
}
COEFFICIENTS = pathlib.Path(__file__).parent.parent / "compiler/src/backend/verilog/cost/coefficients.rs"
# of a module that is no more often there than that, or than it has sizes, xc7's coefficients are scaled
RARE = 3
BLOCK_RAMS = {"RAMB36E1": 1, "RAMB18E1": 0.5, "SB_RAM40_4K": 1, "DP16KD": 1, "PDPW16KD": 1}
BLOCK_RAMS |= {name: 1 for name in ("SP", "SPX9", "DP", "DPX9", "SDP", "SDPX9", "pROM", "pROMX9")}


def yosys(design, family, script):
    """Cells of each module, and what holds what."""
    top = json.loads((design / "costs.json").read_text())["top"]
    sources = " ".join(sorted(file.name for file in design.glob("*.v")))
    stat, dump = f"{family}.stat", f"{family}.il"
    script = f"read_verilog -defer rtl/*.v {sources}; hierarchy -top {top}; {script}; {SYNTH[family]} {top}"
    script += f"; tee -q -o {stat} stat -json; dump -o {dump} {top}"
    if family == "ice40":
        script += "; write_json ice40.netlist.json"
    subprocess.run(["yosys", "-q", "-p", script], cwd=design, check=True, stderr=subprocess.DEVNULL)
    # yosys 0.23 leaves a comma behind the last item of some lists
    stat = json.loads(re.sub(r",(\s*[}\]])", r"\1", (design / stat).read_text()))
    cells = {name: module["num_cells_by_type"] for name, module in stat["modules"].items()}
    kinds = re.findall(r"^\s*cell (\S+) \\(\S+)\n", (design / dump).read_text(), re.M)
    # what is unrolled stands in a module of its own
    return cells["\\" + top], {name.removeprefix("u_frames."): cells[kind] for kind, name in kinds if kind in cells}


def packed(design):
    """Logic cells of an iCE40: a LUT and a flip-flop each, where the flip-flop takes what the LUT gives."""
    command = "nextpnr-ice40 --hx8k --package ct256 --pack-only --json ice40.netlist.json"
    said = subprocess.run(command.split(), cwd=design, capture_output=True, text=True).stderr
    return int(re.search(r"ICESTORM_LC:\s+(\d+)/", said)[1])


def module_of(part, top):
    """The module of a part: the adder trees of a layer are one of its own."""
    return top + "_" + part["name"][2:].replace("__", "_") if part["module"] == "snn_unrolled_sums" else part["module"]


def synthesise(what, family, design):
    out = design / f"{family}.{what}.json"
    if out.exists():
        return
    if what == "whole":
        found, _ = yosys(design, family, "")
        if family == "ice40":
            found["cells"] = packed(design)
    else:
        costs = json.loads((design / "costs.json").read_text())
        modules = {module_of(part, costs["frames"]) for part in costs["modules"]}
        kept = " ".join(f"{module} $paramod*\\{module}\\* $paramod*\\{module}" for module in sorted(modules))
        _, found = yosys(design, family, f"setattr -mod -set keep_hierarchy 1 {kept}")
    out.write_text(json.dumps(found))


def taken(family, cells):
    luts = sum(LUTS[family].get(cell, 0) * count for cell, count in cells.items())
    ffs = sum(count for cell, count in cells.items() if re.match("FD|SB_DFF|TRELLIS_FF|DFF", cell))
    return luts, ffs, sum(BLOCK_RAMS.get(cell, 0) * count for cell, count in cells.items())


def least_squares(rows, found, rounds=3000):
    """Coefficients of at least 0 with the least squares, an error of sqrt(y) weighing the same everywhere, by coordinate descent."""
    weights = [max(10, y) ** -0.5 for y in found]
    rows = [[x * w for x in row] for row, w in zip(rows, weights)]
    found = [y * w for y, w in zip(found, weights)]
    size = range(len(rows[0]))
    gram = [[sum(row[i] * row[j] for row in rows) for j in size] for i in size]
    target = [sum(row[i] * y for row, y in zip(rows, found)) for i in size]
    x = [0.0 for _ in size]
    for _ in range(rounds):
        for i in size:
            if gram[i][i] > 0:
                rest = sum(gram[i][j] * x[j] for j in size)
                x[i] = max(0.0, x[i] + (target[i] - rest) / gram[i][i])
    return x


def shared(family, designs):
    """What is left of LUTs and flip-flops where modules are not kept apart, over the designs that both were done for."""
    wholes, alone = [1e-9, 1e-9], [1e-9, 1e-9]
    for design in designs:
        files = [design / f"{family}.{what}.json" for what in ("whole", "modules")]
        if all(file.exists() for file in files):
            whole, modules = (json.loads(file.read_text()) for file in files)
            for at in (0, 1):
                wholes[at] += taken(family, whole)[at]
                alone[at] += sum(taken(family, cells)[at] for cells in modules.values())
    return {what: whole / apart for what, whole, apart in zip(("luts", "ffs"), wholes, alone)}


def known(kind):
    """Coefficients of xc7 as they are."""
    table = COEFFICIENTS.read_text().partition("XC7")[2].partition("];")[0]
    rows = re.findall(r'"(snn_\w+)",\s*of\(\s*&\[([^\]]*)\],\s*&\[([^\]]*)\]', table)
    return {name: [float(c) for c in (luts, ffs)[kind == "ffs"].split(",") if c.strip()] for name, luts, ffs in rows}


def fit(family, designs):
    modules = {module: {"luts": [], "ffs": []} for module in known("luts")}
    share = shared(family, designs)
    print(f"{family}: of modules alone the whole takes {share}", file=sys.stderr)
    for design in designs:
        if not (design / f"{family}.modules.json").exists():
            continue
        found = json.loads((design / f"{family}.modules.json").read_text())
        for part in json.loads((design / "costs.json").read_text())["modules"]:
            if part["name"] in found:
                luts, ffs, _ = taken(family, found[part["name"]])
                memories = part["memories"][family]
                of = modules.setdefault(part["module"], {"luts": [], "ffs": []})
                of["luts"].append((part["luts"], luts - memories["luts"], luts))
                of["ffs"].append((part["ffs"], ffs - memories["ffs"], ffs))
    print(f"/// Of {family}.\npub const {family.upper()}: &[(&str, Coefficients)] = &[")
    for module, of in sorted(modules.items()):
        texts = []
        for kind, rows in of.items():
            x, scale = known(kind).get(module), 1.0
            many = len(rows) > max(RARE, len(rows[0][0])) if rows else False
            if many or x is None:
                x, scale = least_squares([sizes for sizes, _, _ in rows], [rest for _, rest, _ in rows]), share[kind]
            elif rows:
                predicted = sum(c * s for sizes, _, _ in rows for c, s in zip(x, sizes))
                rest = sum(rest for _, rest, _ in rows)
                scale = share[kind] * (rest / predicted if rest > 0 else 1.0)  # below 0: its memories are more than it
            texts.append("&[" + ", ".join(f"{round(c * scale, 2)}" for c in x) + "]")
            if many:
                off = [sum(c * s for c, s in zip(x, sizes)) - rest for sizes, rest, _ in rows]
                worst = max(abs(o) / max(20, whole) for o, (*_, whole) in zip(off, rows))
                print(f"{module} {kind}: {len(rows)} of them, off by {worst:.0%} at worst", file=sys.stderr)
        print(f"    (\"{module}\", of({', '.join(texts)})),")
    print("];")
    if family == "ice40":
        above = ffs = 0  # the LUTs; without what stores memories
        for design in designs:
            for file in design.glob("ice40.whole.json"):
                cells = json.loads(file.read_text())
                modules = json.loads((design / "costs.json").read_text())["modules"]
                stored = sum(part["memories"]["ice40"]["ffs"] for part in modules)
                above += cells["cells"] - taken(family, cells)[0] - stored
                ffs += taken(family, cells)[1] - stored
        alone = above / ffs
        print(f"ice40: {alone:.2f} of the flip-flops of logic are alone in a cell", file=sys.stderr)


def check(family, designs):
    for design in designs:
        if not (design / f"{family}.whole.json").exists():
            continue
        cells = json.loads((design / f"{family}.whole.json").read_text())
        predicted = json.loads((design / "costs.json").read_text())["families"][family]
        line = [f"{design.name} {family}"]
        found = [*taken(family, cells), *([cells["cells"]] if "cells" in cells else [])]
        for what, found in zip(("luts", "ffs", "block_rams", "cells"), found):
            line.append(f"{what} {predicted[what]:g} for {found:g} ({predicted[what] / max(found, 1) - 1:+.1%})")
        print("; ".join(line))


if __name__ == "__main__":
    command, family, *designs = sys.argv[1:]
    designs = [pathlib.Path(design) for design in designs]
    if command in ("modules", "whole"):
        for design in designs:
            synthesise(command, family, design)
    else:
        {"fit": fit, "check": check}[command](family, designs)
