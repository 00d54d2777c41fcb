"""Driver of `{{ i.top }}`, a spiking neural network on an FPGA that is reached over {{ over }}. Written by snnc.

    network = Network({{ example }})
    network.reset()
    result, spikes = network.infer(frames)        # lists of active elements
"""
# the register map: words
WORDS = {
{%- for register in registers %}
    "{{ register.name }}": {{ loop.index0 }},  # {{ register.doc }}
{%- endfor %}
}
READABLE = {{ readable.len() }}  # registers from IDENTITY on that reading does not change
{% for (what, bits) in bits -%}
{%- for bit in bits.iter() %}
{{ what }}_{{ bit.name }} = 1 << {{ bit.place }}  # {{ bit.doc }}
{%- endfor %}
{%- endfor %}

# the network
FINGERPRINT = {{ "{:#010x}"|format(i.fingerprint) }}
SHAPE = {{ "{:?}"|format(i.shape) }}  # of the input: height, width, channels; an element is a place in it, channels last
INDEX = {{ "{:?}"|format(i.index) }}  # bits of row, column and channel in the index of an event
ELEMENTS = {{ i.inputs() }}  # of the input
OUTPUTS = {{ i.outputs }}  # elements of the output
STEPS = {{ i.timesteps }}  # timesteps of a sample
INPUT_STEPS = {{ i.frames }}  # timesteps of a sample that have input
DIGITS = {{ i.planes }}  # digit planes of a timestep of input, most significant first; 1: spikes
{%- if host == Host::Axi %}
SLOTS = {{ i.slots }}  # events of a transfer on the input stream
INDEX_BYTES = {{ i.index_bytes() }}  # of each on the input stream
CLASS_BYTES = {{ i.out_bytes() }}  # of a spike on the output stream
{%- else %}
EVENT_BYTES = {{ i.event_bytes() }}  # of an input event in a packet
SPIKE_BYTES = {{ i.spike_bytes() }}  # of an output event in a packet
{%- endif %}
{%- if i.weights > 0 %}
WEIGHT_WORDS = {{ i.weights }}  # of weights that are loaded
WEIGHTS_MAGIC = int.from_bytes(b"SNNW", "little")  # what a file of them begins with
{%- endif %}

BURST = 32  # events that are sent or received at once, at most


class NetworkError(Exception):
    """What went wrong; the network needs a reset then."""
{% match host %}
{%- when Host::Axi %}

class Mmio:
    """The registers in memory: `memory` reads and writes words at offsets in bytes, as pynq's MMIO does."""

    def __init__(self, memory):
        self.memory = memory

    def read(self, word, count):
        return [self.memory.read(4 * at) for at in range(word, word + count)]

    def write(self, word, value):
        self.memory.write(4 * word, value)

    def send(self, events):
        for event in events:
            self.write(WORDS["EVENT"], event)

    def receive(self, count):
        return [self.read(WORDS["SPIKE"], 1)[0] for _ in range(count)]

    def synchronise(self):
        pass
{%- when _ %}

class Packets:
    """The registers behind packets of bytes; `tell` and `ask` carry them."""

    def read(self, word, count):
        answer = self.ask(bytes([1, word, count]), 4 * count)
        return [int.from_bytes(answer[4 * at : 4 * at + 4], "little") for at in range(count)]

    def write(self, word, value):
        self.tell(bytes([2, word, 1]) + value.to_bytes(4, "little"))

    def send(self, events):
        packed = (event >> 29 << 8 * EVENT_BYTES - 3 | event & (1 << 29) - 1 for event in events)
        self.tell(bytes([3, len(events)]) + b"".join(event.to_bytes(EVENT_BYTES, "little") for event in packed))

    def receive(self, count):
        answer = self.ask(bytes([4, count]), SPIKE_BYTES * count)
        packed = (int.from_bytes(answer[at : at + SPIKE_BYTES], "little") for at in range(0, len(answer), SPIKE_BYTES))
        bits = 8 * SPIKE_BYTES - 3
        return [event >> bits << 29 | event & (1 << bits) - 1 for event in packed]

    def synchronise(self):
        pass
{% match host %}
{%- when Host::Spi %}

class Spi(Packets):
    """The registers over SPI, mode 0: `transfer(data)` selects the device, exchanges the bytes and gives those that
    came back, as spidev's `xfer2` does. Its clock is an eighth of the design's, at most."""

    def __init__(self, transfer):
        self.transfer = transfer

    def tell(self, packet):
        self.transfer(list(packet))

    def ask(self, packet, count):
        return bytes(self.transfer(list(packet) + [0] * (1 + count))[len(packet) + 1 :])
{%- when _ %}

class Uart(Packets):
    """The registers behind a serial port, 8N1: `port` has `write(bytes)` and `read(count)`, as pyserial's Serial has."""

    def __init__(self, port):
        self.port = port

    def tell(self, packet):
        self.port.write(packet)

    def ask(self, packet, count):
        self.tell(packet)
        answer = self.port.read(count)
        if len(answer) != count:
            raise NetworkError(f"{len(answer)} of {count} bytes came back in time")
        return answer

    def synchronise(self):
        """Zeros end any packet: they are its rest, or pass. What was answered before is passed over."""
        self.tell(bytes(288))
        heard = self.ask(bytes([1, WORDS["IDENTITY"], 1]), 4)
        for _ in range(288):
            if heard == b"CNNS":
                return
            heard = heard[1:] + self.ask(b"", 1)
        raise NetworkError("what answers is no design of snnc")
{%- endmatch %}
{%- endmatch %}


class Network:
    """The network behind its registers."""

    def __init__(self, bus, patience=1_000_000):
        self.bus = bus
        self.patience = patience  # polls in which something must happen

    def reset(self):
        """Brings network, queues and counts to their beginning; events and spikes go over the registers from then on."""
        self.bus.synchronise()
        self.bus.write(WORDS["CONTROL"], CONTROL_RESET | CONTROL_QUEUED)
        found = self.registers()
        for name, expected in (("IDENTITY", 0x534E4E43), ("VERSION", {{ version }}), ("FINGERPRINT", FINGERPRINT)):
            if found[name] != expected:
                raise NetworkError(f"another design: {name} is {found[name]:#x}, expected {expected:#x}")

{%- if i.weights > 0 %}

    def load(self, file):
        """Loads weights: the bytes of a `weights.bin`. What is not for this design is refused before a word is written."""
        header = [int.from_bytes(file[at : at + 4], "little") for at in range(0, 20, 4)]
        words = [int.from_bytes(file[at : at + 4], "little") for at in range(20, len(file), 4)]
        if len(file) % 4 or header[:2] != [WEIGHTS_MAGIC, 1]:
            raise NetworkError("this is no file of weights")
        if header[2] != FINGERPRINT:
            raise NetworkError(f"the weights are for another design: {header[2]:#x}, expected {FINGERPRINT:#x}")
        if not WEIGHT_WORDS == header[3] == len(words):
            raise NetworkError(f"the file has {len(words)} words of weights, expected {WEIGHT_WORDS}")
        check = 0
        for word in words:
            check = (check << 1 | check >> 31) & 0xFFFFFFFF ^ word
        if check != header[4]:
            raise NetworkError(f"the weights are damaged: their check is {check:#x}, expected {header[4]:#x}")
        self.reset()
        self.bus.write(WORDS["CONTROL"], CONTROL_LOAD | CONTROL_QUEUED)
        for word in words:
            self.bus.write(WORDS["LOAD"], word)
        loaded, found = self.bus.read(WORDS["LOADED"], 2)
        if (loaded, found) != (WEIGHT_WORDS, check):
            raise NetworkError(f"the weights were altered on the way: {loaded} words, their check is {found:#x}")
        self.reset()
{%- endif %}

    def registers(self):
        """Every register that reading does not change, by its name."""
        return dict(zip(WORDS, self.bus.read(WORDS["IDENTITY"], READABLE)))

    def infer(self, frames):
        """Runs one sample: a list of active elements for each timestep (and in it for each digit plane). Gives its class
        and its spikes, pairs of timestep and element."""
        waiting, sent = list(events(frames)), 0
        samples = self.bus.read(WORDS["SAMPLES"], 1)[0]
        spikes, timestep, fired, idle = [], 0, 0, 0
        while True:
            queues = self.bus.read(WORDS["QUEUES"], 1)[0]
            burst = waiting[sent : sent + min(queues >> 16, BURST)]
            if burst:
                self.bus.send(burst)
                sent += len(burst)
            taken = self.bus.receive(min(queues & 0xFFFF, BURST)) if queues & 0xFFFF else []
            for word in taken:
                keep, last, first = (word & bit != 0 for bit in (EVENT_KEEP, EVENT_LAST, EVENT_FIRST))
                fired += keep
                if not (keep or last) or first != (timestep == 0) or timestep == STEPS or fired > OUTPUTS:
                    raise NetworkError(f"the spikes are not those of one sample, STATUS {self.registers()['STATUS']}")
                if keep:
                    spikes.append((timestep, word & (EVENT_FIRST - 1)))
                if last:
                    timestep, fired = timestep + 1, 0
            if burst or taken:
                idle = 0
                continue
            now = self.registers()
            if now["STATUS"] & ~STATUS_BUSY:
                raise NetworkError(f"a fault, STATUS {now['STATUS']}")
            if timestep == STEPS and now["SAMPLES"] != samples:
                return now["CLASS"], spikes
            idle += 1
            if idle == self.patience:
                raise NetworkError("nothing happens")


def values(frames):
    """Lists of active elements from numbers: an iterable of integers for each timestep that has input."""
    frames = [list(frame) for frame in frames]
    digits = range(DIGITS - 1, -1, -1)
    return [[at for at, value in enumerate(frame) if value >> digit & 1] for frame in frames for digit in digits]


def events(frames):
    """Events with their flags, as EVENT takes them."""
    if len(frames) != INPUT_STEPS * DIGITS:
        raise NetworkError(f"{len(frames)} timesteps and digit planes, expected {INPUT_STEPS * DIGITS}")
    for number, frame in enumerate(frames):
        first = EVENT_FIRST if number < DIGITS else 0
        for element in frame:
            if not 0 <= element < ELEMENTS:
                raise NetworkError(f"element {element}, expected 0 to {ELEMENTS - 1}")
            yield EVENT_KEEP | first | index(element)
        yield EVENT_LAST | first


def index(element):
    """The index that an element has in an event: itself, or {y, x, channel} for a convolution."""
    if INDEX[:2] == [0, 0]:
        return element
    pixel, channel = divmod(element, SHAPE[2])
    y, x = divmod(pixel, SHAPE[1])
    return (y << INDEX[1] | x) << INDEX[2] | channel
