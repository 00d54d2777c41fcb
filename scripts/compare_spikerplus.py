"""Clocks and LUTs of one network, side by side: snnc and Spiker+ (PyPI `spikerplus`), the generator of VHDL.

    apt-get install -y ghdl-mcode yosys verilator g++ make
    pip install numpy && pip install --no-deps spikerplus==2.0.3      (torch, which it asks for, is not used here)
    cargo build --release
    python scripts/compare_spikerplus.py [WORK_FOLDER] [--slots 1|2|4]...

The network is the fixture bench_fc_rate: 784-128-10, 25 timesteps, weights of 6 bits, membranes of 12, reset by subtraction,
leak v >> 4; its 16 rate-coded images.
Spiker+ is simulated by GHDL, image after image, from the clock that takes `start` to the one in which it is `ready` again. It
steps once more than there are timesteps; here it is given silence then, which is shorter (with the last timestep's spikes
again it takes 23,640 clocks). snnc: `snnc verify` with Verilator, every spike equal to the host's, images back to back.
LUTs are those of one Yosys, `synth_xilinx -family xc7 -flatten -nodsp`, of everything that either writes; Spiker+ is turned
into Verilog by GHDL first. That synthesis takes 8 minutes and 7 GB on a machine of its own; its VHDL and its synthesis are
not made again where they lie in WORK_FOLDER.
"""
import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import types
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path

TOOLS = {"ghdl": "ghdl-mcode", "yosys": "yosys", "verilator": "verilator g++ make"}
PEER = ("spikerplus", "2.0.3")
for tool, package in TOOLS.items():
    if not shutil.which(tool):
        sys.exit(f"`{tool}` is not installed: apt-get install -y {package}")
try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not installed: pip install numpy")

root = Path(__file__).resolve().parent.parent
fixture = root / "tests/fixtures/bench_fc_rate"
binary = root / "target/release/snnc"
TIMESTEPS, INPUTS, OUTPUTS = 25, 784, 10

TESTBENCH = """
library ieee;
use ieee.std_logic_1164.all;
use std.textio.all;
use std.env.all;

entity bench is end entity;

architecture play of bench is
    signal clk, rst_n, start, ready, sample : std_logic := '0';
    signal in_spikes : std_logic_vector(INPUTS - 1 downto 0) := (others => '0');
    signal out_spikes : std_logic_vector(OUTPUTS - 1 downto 0);
begin
    clk <= not clk after 5 ns;
    rst_n <= '1' after 22 ns;
    dut : entity work.network port map (
        clk => clk, rst_n => rst_n, start => start, sample_ready => '1', ready => ready, sample => sample,
        in_spikes => in_spikes, out_spikes => out_spikes);
    process (clk)
        file input : text open read_mode is "spikes.txt";
        variable row, said : line;
        variable bits : string(1 to INPUTS);
        variable busy : boolean := false;
        variable clocks, images : integer := 0;
        type counts is array (0 to OUTPUTS - 1) of integer;
        variable fired : counts := (others => 0);
    begin
        if rising_edge(clk) and rst_n = '1' then
            start <= '0';
            if busy then
                clocks := clocks + 1;
            end if;
            if sample = '1' then
                -- what the timestep before gave, and the next one in
                for i in fired'range loop
                    if out_spikes(i) = '1' then
                        fired(i) := fired(i) + 1;
                    end if;
                end loop;
                readline(input, row);
                read(row, bits);
                for i in 1 to INPUTS loop
                    if bits(i) = '1' then
                        in_spikes(i - 1) <= '1';
                    else
                        in_spikes(i - 1) <= '0';
                    end if;
                end loop;
            end if;
            if ready = '1' and start = '0' then
                if busy then
                    for i in fired'range loop
                        if out_spikes(i) = '1' then
                            fired(i) := fired(i) + 1;
                        end if;
                    end loop;
                    write(said, "IMAGE " & integer'image(clocks));
                    for i in fired'range loop
                        write(said, " " & integer'image(fired(i)));
                    end loop;
                    writeline(output, said);
                    images := images + 1;
                    busy := false;
                end if;
                if images = IMAGES then
                    stop;
                end if;
                start <= '1';
            end if;
            if ready = '1' and start = '1' then
                busy := true;
                clocks := 0;
                fired := (others => 0);
            end if;
        end if;
    end process;
end architecture;
"""


def call(command, folder, **options):
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def weights():
    """The layers of the native model: a safetensors file."""
    content = (fixture / "model.snn").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    for name in "w1", "w2":
        begin, end = header[name]["data_offsets"]
        yield np.frombuffer(data[begin:end], np.int8).reshape(header[name]["shape"])


def spiker():
    """The parts of `spikerplus` that write VHDL. Its package imports torch and snntorch for training: not needed here."""
    found = PathFinder.find_spec(PEER[0])
    if found is None:
        sys.exit(f"{PEER[0]} is not installed: pip install --no-deps {PEER[0]}=={PEER[1]}")
    package = types.ModuleType(PEER[0])
    package.__path__ = list(found.submodule_search_locations)
    sys.modules[PEER[0]] = package
    torch = types.ModuleType("torch")
    torch.Tensor = np.ndarray    # named in annotations
    sys.modules.setdefault("torch", torch)
    from spikerplus.vhdl.layer import Layer
    from spikerplus.vhdl.network import Network

    return Network, Layer


def generate(folder):
    """The network in VHDL: weights, thresholds and membranes in sixteenths."""
    if folder.is_dir():
        return
    Network, Layer = spiker()
    network = Network(TIMESTEPS)
    for index, weight in enumerate(weights()):
        neurons = len(weight)
        network.add(Layer(
            label=f"_{index}", w_exc=weight / 16, w_inh=np.zeros((neurons, neurons)), v_th=np.ones(neurons), bitwidth=12,
            fp_decimals=4, w_exc_bw=6, w_inh_bw=6, shift=4, reset="subtractive", functional=True))
    network.write_file_all(output_dir=str(folder), rm=True)


def simulate(vhdl, folder, spikes):
    """Clocks of each image, and the spikes of each output."""
    folder.mkdir(exist_ok=True)
    # it steps once more than there are timesteps, for the layer behind: silence
    silence = "0" * INPUTS
    lines = [line for image in spikes for line in [*("".join(map(str, row)) for row in image), silence]]
    (folder / "spikes.txt").write_text("\n".join(lines) + "\n")
    sizes = {"INPUTS": INPUTS, "OUTPUTS": OUTPUTS, "IMAGES": len(spikes)}
    text = re.sub(r"\b(INPUTS|OUTPUTS|IMAGES)\b", lambda name: str(sizes[name[0]]), TESTBENCH)
    (folder / "bench.vhd").write_text(text)
    call(["ghdl", "-i", "--std=08", *sorted(vhdl.glob("*.vhd")), "bench.vhd"], folder)
    call(["ghdl", "-m", "--std=08", "bench"], folder)
    said = call(["ghdl", "-r", "--std=08", "bench", "--ieee-asserts=disable"], folder)
    images = [[int(number) for number in line.split()[1:]] for line in said.splitlines() if line.startswith("IMAGE ")]
    if len(images) != len(spikes):
        sys.exit(f"Spiker+: {len(images)} of {len(spikes)} images came to an end:\n{said[-1000:]}")
    return [image[0] for image in images], [image[1:] for image in images]


def short_literals(verilog):
    """A constant of 100,000 digits is more than Yosys 0.23 reads: the same in parts."""
    def parts(match):
        digits = match[2]
        return "{" + ", ".join(f"{len(part)}'b{part}" for part in re.findall(".{1,4096}", digits)) + "}"
    return re.sub(r"\b(\d+)'b([01]{5000,})", parts, verilog)


def resources(sources, top, folder):
    """LUTs (those that are memory too), flip-flops, latches and halves of 36-kbit block RAMs, by Yosys."""
    report = folder / "stat.txt"
    if not report.is_file():
        script = f"read_verilog {' '.join(sources)}; synth_xilinx -family xc7 -flatten -nodsp -top {top}; tee -q -o stat.new stat"
        call(["nice", "-n", "19", "yosys", "-q", "-p", script], folder)
        (folder / "stat.new").rename(report)
    cells = {name: int(count) for name, count in re.findall(r"^\s+([A-Z]\w+)\s+(\d+)\s*$", report.read_text(), re.M)}
    total = lambda pattern: sum(count for name, count in cells.items() if re.fullmatch(pattern, name))
    # a LUT RAM is four LUTs, but of one bit and one more port it is two
    memories = 4 * total(r"RAM(32|64)M\w*|RAM128X1D") + 2 * total(r"RAM(32|64)X1D") + total(r"SRL\w+")
    return {
        "LUTs": total(r"LUT[1-6]") + memories, "flip-flops": total(r"FD[RSCP]E(_1)?"), "latches": total(r"LD[CP]E"),
        "RAMB18": 2 * total("RAMB36E1") + total("RAMB18E1"), "of them RAM": memories,
    }


def peer(work, spikes):
    generate(work / "vhdl")
    clocks, counts = simulate(work / "vhdl", work / "ghdl", spikes)
    folder = work / "spikerplus"
    folder.mkdir(exist_ok=True)
    if not (folder / "network.v").is_file():
        verilog = call(["ghdl", "--synth", "--std=08", "--out=verilog", "network"], work / "ghdl")
        (folder / "network.v").write_text(short_literals(verilog))
    return clocks, counts, resources(["network.v"], "network", folder)


def ours(work, slots):
    """Clocks of each image in Verilator, and resources."""
    folder, spikes = work / f"snnc_{slots}", fixture / "spikes.npz"
    # `compile` does not replace a folder that something was added to
    shutil.rmtree(folder, ignore_errors=True)
    call([binary, "compile", fixture / "model.snn", "--calib", spikes, "--target", "fpga", "--slots", slots, "-o", folder], root)
    said = json.loads(call([binary, "verify", folder, "--data", spikes, "--machines", "verilator", "--json"], root))
    built = work / f"snnc_{slots}_yosys"
    shutil.rmtree(built, ignore_errors=True)
    shutil.copytree(folder, built)
    return said["machines"]["verilator"]["clocks"], resources(["bench_fc_rate.v", "rtl/*.v"], "bench_fc_rate", built)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("work", type=Path, nargs="?", default=root / "target/compare_spikerplus")
    arguments.add_argument("--slots", action="append", choices=["1", "2", "4"], help="inputs per clock of snnc [default: all]")
    chosen = arguments.parse_args()
    if not binary.is_file():
        sys.exit("snnc is not built: cargo build --release")
    work = chosen.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(fixture / "spikes.npz") as archive:
        spikes = np.load(io.BytesIO(archive.read("x.npy"))).astype(np.uint8)
        classes = np.load(io.BytesIO(archive.read("y.npy")))
    reference = np.load(fixture / "reference.npz")["out"]

    clocks, counts, area = peer(work, spikes)
    theirs = float(np.mean(clocks))
    same = int(sum(np.argmax(counts, 1) == np.argmax(reference, 1)))
    print(f"{len(spikes)} images; Spiker+ gives the reference's class on {same}, the right one on "
          f"{int(sum(np.argmax(counts, 1) == classes))}; snnc equals its host in every spike")
    head = ["clocks (mean)", "fewer clocks", "LUTs", "of its LUTs", "flip-flops", "latches", "RAMB18", "of them RAM"]
    row = lambda name, cells: print(f"{name:<22}" + "".join(f"{cell:>15}" for cell in cells))
    rest = lambda area: [area[name] for name in head[4:]]
    row("", head)
    row(f"Spiker+ {PEER[1]}", [f"{theirs:.0f}", "1.0 x", area["LUTs"], "100 %", *rest(area)])
    for slots in chosen.slots or ["1", "2", "4"]:
        clocks, own = ours(work, slots)
        mean = float(np.mean(clocks))
        share = own["LUTs"] / area["LUTs"]
        row(f"snnc, {slots} input{'s' * (slots != '1')} a clock",
            [f"{mean:.0f}", f"{theirs / mean:.1f} x", own["LUTs"], f"{100 * share:.0f} %", *rest(own)])


main()
