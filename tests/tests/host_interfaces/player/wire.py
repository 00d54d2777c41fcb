"""A network behind a simulated host interface, through the Python driver that snnc wrote for it: `driver`, `network`."""
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
