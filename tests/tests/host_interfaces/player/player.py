"""Runs samples through a network behind a simulated host interface, with the Python driver that snnc wrote for it.

    python3 player.py DRIVER SAMPLES SIMULATOR ARGUMENTS...

Says what `player` says in Rust.
"""
import sys

from wire import ask, driver, network

network.reset()
for number, line in enumerate(open(sys.argv[2])):
    frames = [[int(word) for word in frame.split()] for frame in line.rsplit("end", 1)[0].split("end")]
    result, spikes = network.infer(frames)
    for timestep, element in spikes:
        print(number, timestep, element)
    told, counted = network.registers(), int(ask("c 0 0"), 16)
    assert told["SAMPLES"] == number + 1 and told["CLASS"] == result and told["STATUS"] == 0
    print(number, "class", result, told["CLOCKS"], counted)

for wrong in ([], [[driver.ELEMENTS]] + [[]] * (driver.INPUT_STEPS * driver.DIGITS - 1)):
    try:
        network.infer(wrong)
        sys.exit("what is no sample of this network is not refused")
    except driver.NetworkError:
        network.reset()
dense = [[(element + step) % 2 for element in range(driver.ELEMENTS)] for step in range(driver.INPUT_STEPS)]
lists = driver.values(dense)
assert len(lists) == driver.INPUT_STEPS * driver.DIGITS
assert lists[driver.DIGITS - 1] == list(range(1, driver.ELEMENTS, 2))
