"""Runs samples through a network whose weights are loaded, with the Python driver that snnc wrote for it: half of them with
the weights of `weights.bin`, the others with those of `second.bin`.

    python3 loading.py DRIVER SAMPLES SIMULATOR ARGUMENTS...

Says what `player` says in Rust.
"""
import sys

from wire import ask, driver, network

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
