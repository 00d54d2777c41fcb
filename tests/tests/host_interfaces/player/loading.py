"""Runs samples through a network whose weights are loaded, with the Python driver that snnc wrote for it: half of them with
the weights of `weights.bin`, the others with those of `second.bin`.

    python3 loading.py DRIVER SAMPLES SIMULATOR ARGUMENTS...

Says what `player` says in Rust.
"""
import importlib.util
import subprocess
import sys

spec = importlib.util.spec_from_file_location("driver", sys.argv[1])
driver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(driver)
simulator = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def tell(order):
    simulator.stdin.write(order + "\n")


def ask(order):
    tell(order)
    answer = simulator.stdout.readline().strip()
    assert answer and not answer.startswith("WRONG"), f"{order}: {answer}"
    return answer


class Memory:
    """A processor's memory."""

    def read(self, offset):
        return int(ask(f"r {offset // 4:x} 0"), 16)

    def write(self, offset, value):
        assert ask(f"w {offset // 4:x} {value:x}") == "written 0"


class Port:
    """A serial port."""

    def write(self, data):
        for byte in data:
            tell(f"t {byte:x} 0")

    def read(self, count):
        return bytes(int(ask("g 0 0"), 16) for _ in range(count))


def transfer(data):
    """A transaction of SPI."""
    tell("b 0 0")
    back = [int(ask(f"x {byte:x} 0"), 16) for byte in data]
    tell("e 0 0")
    return back


if hasattr(driver, "Mmio"):
    bus = driver.Mmio(Memory())
elif hasattr(driver, "Spi"):
    bus = driver.Spi(transfer)
else:
    bus = driver.Uart(Port())
network = driver.Network(bus, patience=300 if hasattr(driver, "Mmio") else 20)
first, second = (open(name, "rb").read() for name in ("weights.bin", "second.bin"))


def refused(call, *arguments):
    try:
        call(*arguments)
    except driver.NetworkError as error:
        return str(error)
    sys.exit("it is not refused")


def changed(at):
    return first[:at] + bytes([first[at] ^ 1]) + first[at + 1 :]


for file, why in (
    (b"", "no file of weights"),
    (changed(0), "no file of weights"),
    (first[:-1], "no file of weights"),
    (changed(8), "for another design"),
    (first[:-4], "words of weights"),
    (changed(20), "damaged"),
):
    said = refused(network.load, file)
    assert why in said, f"{said}, expected: {why}"
network.reset()
assert network.registers()["STATUS"] == driver.STATUS_EMPTY
refused(network.infer, [[]] * (driver.INPUT_STEPS * driver.DIGITS))

lines = open(sys.argv[2]).read().splitlines()
half = len(lines) // 2
for number, line in enumerate(lines):
    if number % half == 0:
        network.load(second if number else first)
    frames = [[int(word) for word in frame.split()] for frame in line.rsplit("end", 1)[0].split("end")]
    result, spikes = network.infer(frames)
    for timestep, element in spikes:
        print(number, timestep, element)
    told, counted = network.registers(), int(ask("c 0 0"), 16)
    assert told["SAMPLES"] == number % half + 1 and told["CLASS"] == result and told["STATUS"] == 0
    print(number, "class", result, told["CLOCKS"], counted)
