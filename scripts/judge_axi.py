"""An outside judge of `--host axi`: cocotbext-axi drives NAME_axi in Icarus, with pauses, and finds the host's spikes.

    pip install numpy cocotb cocotbext-axi        # cocotb 2 or later; and Debian's iverilog
    cargo build --release
    python scripts/judge_axi.py MODEL DATA.npz [SAMPLES [compile options...]]

DATA.npz holds `x` of bytes or of bool, as for `snnc run`. The samples go over the streams back to back, and once more with
every end in a transfer of its own; then over the registers, through the Python driver that snnc wrote. What
comes back is compared with `snnc run` on the folder that `snnc compile` wrote: every spike and every class.
"""
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

root = Path(__file__).resolve().parent.parent


def load(folder):
    """The driver in a folder, and its name without `snnc_`."""
    path = next(Path(folder).glob("driver/python/snnc_*.py"))
    spec = importlib.util.spec_from_file_location("driver", path)
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver, path.stem.removeprefix("snnc_")


def main():
    model, data, count, *options = [*sys.argv[1:3], *(sys.argv[3:] or ["4"])]
    snnc = os.environ.get("SNNC", root / "target/release/snnc")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run([snnc, "compile", model, "--target", "fpga", "--host", "axi", "-o", out, *options], check=True)
        subprocess.run([snnc, "run", out, "--data", data, "--samples", count, "--output", f"{folder}/result.npz",
                        "--trace", f"{folder}/trace.npz"], check=True)
        from cocotb_tools.runner import get_runner

        _, name = load(out)
        own = [out / f"{name}{suffix}.v" for suffix in ("_axi", "_registers", "")]
        sources = [*own, *sorted((out / "rtl").glob("*.v"))]
        runner = get_runner("icarus")
        runner.build(sources=sources, hdl_toplevel=f"{name}_axi", build_dir=f"{folder}/sim", timescale=("1ns", "1ps"))
        for memory in out.glob("*.mem"):
            (Path(folder) / "sim" / memory.name).write_bytes(memory.read_bytes())
        results = runner.test(
            hdl_toplevel=f"{name}_axi", test_module="judge_axi", build_dir=f"{folder}/sim", test_dir=f"{folder}/sim",
            extra_env={"JUDGE_FOLDER": folder, "JUDGE_DATA": str(Path(data).resolve()), "JUDGE_SAMPLES": count,
                       "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})
        from cocotb_tools.check_results import get_results

        tests, failed = get_results(results)
        print(f"{tests} tests, {failed} failed")
        sys.exit(1 if failed or not tests else 0)


if __name__ == "__main__":
    main()
else:
    import cocotb
    from cocotb.clock import Clock
    from cocotb.triggers import RisingEdge
    from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

    folder = os.environ["JUDGE_FOLDER"]
    driver, _ = load(f"{folder}/out")
    count = int(os.environ["JUDGE_SAMPLES"])
    x = np.load(os.environ["JUDGE_DATA"])["x"][:count]
    frames = [sample.reshape(driver.INPUT_STEPS, -1).astype(int).tolist() for sample in x]
    samples = [driver.values(sample) for sample in frames]
    expected_class = np.load(f"{folder}/result.npz")["pred"][:count].tolist()
    trace = np.load(f"{folder}/trace.npz")
    last = trace[trace.files[-1]]  # [T, n, ...]: the last layer
    expected_spikes = [[np.flatnonzero(last[t, n].reshape(-1)).tolist() for t in range(driver.STEPS)] for n in range(count)]
    random.seed(1)

    def pauses():
        while True:
            yield random.random() < 0.3

    async def begin(dut):
        """The design behind cocotbext's masters, after a reset."""
        dut._log.setLevel("WARNING")  # the masters say every transfer
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        dut.aresetn.value = 0
        registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, dut.aresetn, reset_active_level=False)
        source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, dut.aresetn, reset_active_level=False)
        sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, dut.aresetn, reset_active_level=False)
        channels = [registers.write_if.aw_channel, registers.write_if.w_channel, registers.write_if.b_channel,
                    registers.read_if.ar_channel, registers.read_if.r_channel, source, sink]
        for channel in channels:
            channel.set_pause_generator(pauses())
        for _ in range(4):
            await RisingEdge(dut.aclk)
        dut.aresetn.value = 1
        await RisingEdge(dut.aclk)
        return registers, source, sink

    async def stream(dut, apart):
        registers, source, sink = await begin(dut)
        width = driver.SLOTS * driver.INDEX_BYTES
        assert width == len(dut.s_axis_tkeep)
        for sample in samples:
            for number, elements in enumerate(sample):
                user = int(number < driver.DIGITS)
                data = b"".join(driver.index(element).to_bytes(driver.INDEX_BYTES, "little") for element in elements)
                keep = [1] * len(data)
                rest = -len(data) % width + (width if apart or not elements else 0)
                data, keep = data + bytes(rest), keep + [0] * rest
                await source.send(AxiStreamFrame(data, tkeep=keep, tuser=user))
        width = driver.CLASS_BYTES
        assert width == len(dut.m_axis_tkeep)
        for number, sample in enumerate(expected_spikes):
            for timestep, spikes in enumerate(sample):
                frame = await sink.recv(compact=False)
                kept = [at for at in range(0, len(frame.tdata), width) if frame.tkeep is None or frame.tkeep[at]]
                found = [int.from_bytes(frame.tdata[at : at + width], "little") for at in kept]
                assert found == spikes, f"sample {number}, timestep {timestep}: {found}, expected {spikes}"
                users = frame.tuser if isinstance(frame.tuser, list) else [frame.tuser]
                assert set(users) == {int(timestep == 0)}, f"sample {number}, timestep {timestep}: TUSER {users}"
        for _ in range(100):
            await RisingEdge(dut.aclk)
        word = driver.WORDS
        assert sink.empty()
        assert await registers.read_dword(4 * word["SAMPLES"]) == count
        assert await registers.read_dword(4 * word["STATUS"]) == 0
        assert await registers.read_dword(4 * word["CLASS"]) == expected_class[-1]

    @cocotb.test()
    async def streams_carry_samples(dut):
        await stream(dut, False)

    @cocotb.test()
    async def ends_come_alone(dut):
        await stream(dut, True)

    @cocotb.test()
    async def registers_carry_samples(dut):
        registers, _, _ = await begin(dut)

        class Memory:
            """The driver is no coroutine; cocotb lets it wait for one."""

            read = staticmethod(cocotb.task.resume(registers.read_dword))
            write = staticmethod(cocotb.task.resume(registers.write_dword))

        network = driver.Network(driver.Mmio(Memory))

        def run():
            network.reset()
            found = [network.infer(sample) for sample in samples]
            return found, network.registers()

        found, told = await cocotb.task.bridge(run)()
        assert [one for one, _ in found] == expected_class
        for (_, spikes), expected in zip(found, expected_spikes):
            assert spikes == [(t, element) for t, elements in enumerate(expected) for element in elements]
        assert told["SAMPLES"] == count and told["STATUS"] == 0
