//! Random layers, made on the core: shapes, weights, neurons and spikes from a seed, in memory that is used again for the
//! next layer. Both runtimes read the same numbers.

/// Xorshift (Marsaglia 2003).
pub struct Rng(u32);

impl Rng {
    pub fn new(seed: u32) -> Self {
        let mut rng = Self(seed.wrapping_mul(0x9e37_79b9) | 1);
        for _ in 0..4 {
            rng.bits();
        }
        rng
    }

    pub fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// `low..=high`.
    pub fn range(&mut self, low: i32, high: i32) -> i32 {
        low + (self.bits() >> 1) as i32 % (high - low + 1)
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.bits() as usize % choices.len()]
    }
}

/// How the weights of a layer are kept.
#[derive(Clone, Copy, PartialEq)]
pub enum Encoding {
    Int8,
    Binary,
    Planes { bits: u8, odd: bool },
    Nibbles { odd: bool },
    /// Lists of at most [`ENTRIES`] weights.
    Sparse,
    /// Lists of one.
    Single,
    /// 256 words, and bytes that name them; of dense layers.
    Codewords,
}

/// Weights of the longest list.
pub const ENTRIES: usize = 3;

/// What the input of a layer carries.
#[derive(Clone, Copy, PartialEq)]
pub enum Values {
    Spikes,
    U8,
    I8,
    I16,
}

/// What a neuron of a layer does.
#[derive(Clone, Copy)]
pub struct Neurons {
    /// 0: none, 1: a shift, 2: a factor.
    pub leak: u8,
    pub amount: u8,
    /// 0: none, 1: to a value, 2: by subtraction, 3: by subtraction of the threshold.
    pub reset: u8,
    pub delayed: bool,
    pub bits: u8,
    /// Whether all channels have one threshold and one reset.
    pub alike: bool,
}

/// A layer of its own; its readout looks at spikes or at membranes.
#[derive(Clone, Copy)]
pub struct Layer {
    /// Height, width and channels of the input.
    pub from: [u32; 3],
    /// Height, width and channels of the output.
    pub to: [u32; 3],
    /// Kernel, stride, padding and dilation, alike in both directions; none of a dense layer.
    pub window: Option<[u16; 4]>,
    pub values: Values,
    pub encoding: Encoding,
    pub neurons: Neurons,
    pub membranes_are_read: bool,
    pub reduce: u8,
    /// Of 256 inputs, about so many spike.
    pub active: i32,
}

/// Memory for the numbers of a layer.
pub struct Tables {
    pub weights: [u32; 26_000],
    pub thresholds: [i32; 512],
    pub resets: [i32; 512],
    pub biases: [i32; 512],
    pub frame: Frame,
}

/// A timestep of input: bits, or numbers of 8 or 16 bits, one behind the other.
pub type Frame = [u32; 512];

impl Tables {
    pub const EMPTY: Self =
        Self { weights: [0; 26_000], thresholds: [0; 512], resets: [0; 512], biases: [0; 512], frame: [0; 512] };
}

const fn words(bits: usize) -> usize {
    bits.div_ceil(32)
}

impl Layer {
    pub fn random(rng: &mut Rng) -> Self {
        let encoding = match rng.range(0, 7) {
            6 => Encoding::Single,
            5 => Encoding::Codewords,
            4 => Encoding::Sparse,
            3 => Encoding::Nibbles { odd: rng.range(0, 1) == 1 },
            0 | 1 => Encoding::Int8,
            2 => Encoding::Binary,
            _ => {
                let odd = rng.range(0, 1) == 1;
                Encoding::Planes { bits: rng.range(if odd { 1 } else { 2 }, 8) as u8, odd }
            }
        };
        // whole blocks of a kernel as often as what is left over
        let channels = match rng.range(0, 3) {
            0 => 16 * rng.range(1, 5),
            1 => 4 * rng.range(1, 20),
            2 => rng.range(9, 12), // added as they are found
            _ => rng.range(1, 70),
        } as u32;
        let (from, to, window) = if encoding != Encoding::Codewords && rng.range(0, 2) == 0 {
            let size = rng.range(2, 5) as u32;
            let from = [size, size + 1, rng.range(1, 40) as u32];
            let [kernel, stride, padding, dilation] =
                [rng.range(1, 4), rng.range(1, 2), rng.range(0, 2), rng.range(1, 2)].map(|number| number as u16);
            // windows begin within the padded map
            let most = |size: u32| ((size + u32::from(padding)).div_ceil(stride.into())).min(3) as i32;
            let [height, width] = [most(from[0]), most(from[1])].map(|most| rng.range(1, most) as u32);
            (from, [height, width, channels.min(40)], Some([kernel, stride, padding, dilation]))
        } else {
            ([1, 1, rng.range(1, 700) as u32], [1, 1, channels], None)
        };
        let bits = rng.pick(&[8, 12, 16, 16, 17, 20]);
        let leak = rng.range(0, 2) as u8;
        let neurons = Neurons {
            leak,
            amount: rng.range(0, if leak == 1 { 11 } else { 255 }) as u8,
            reset: rng.range(0, 3) as u8,
            delayed: rng.range(0, 1) == 1,
            bits,
            alike: rng.range(0, 1) == 1,
        };
        let active = rng.pick(&[0, 6, 25, 100, 256]);
        let values = match rng.range(0, 3) {
            0 => rng.pick(&[Values::U8, Values::I8, Values::I16]),
            _ => Values::Spikes,
        };
        let (membranes_are_read, reduce) = (rng.range(0, 3) == 0, rng.range(0, 3) as u8);
        Self { from, to, window, values, encoding, neurons, membranes_are_read, reduce, active }
    }

    /// All to all; a sample's spikes are summed up.
    pub const fn dense(inputs: u32, outputs: u32, encoding: Encoding, neurons: Neurons) -> Self {
        let (from, to, values) = ([1, 1, inputs], [1, 1, outputs], Values::Spikes);
        Self { from, to, window: None, values, encoding, neurons, membranes_are_read: false, reduce: 0, active: 0 }
    }

    pub fn inputs(&self) -> usize {
        self.from.iter().product::<u32>() as usize
    }

    /// Rows of weights.
    pub fn rows(&self) -> usize {
        match self.window {
            Some([kernel, ..]) => usize::from(kernel) * usize::from(kernel) * self.from[2] as usize,
            None => self.inputs(),
        }
    }

    /// Words of weights.
    pub fn weight_words(&self) -> usize {
        let width = self.to[2] as usize;
        match self.encoding {
            Encoding::Int8 => (self.rows() * width).div_ceil(4),
            Encoding::Binary => self.rows() * words(width),
            Encoding::Nibbles { .. } => self.rows() * words(4 * width),
            Encoding::Sparse => self.rows() + 1 + (ENTRIES * self.rows()).div_ceil(2) + (ENTRIES * self.rows()).div_ceil(4),
            Encoding::Single => self.rows().div_ceil(2) + self.rows().div_ceil(4),
            Encoding::Codewords => 256 + (self.rows() * words(width)).div_ceil(4),
            Encoding::Planes { bits, .. } => self.rows() * words(usize::from(bits) * width),
        }
    }

    /// Weights of bytes.
    pub fn weight_bytes(&self) -> usize {
        self.rows() * self.to[2] as usize
    }

    /// Writes the layer's numbers.
    pub fn fill(&self, tables: &mut Tables, rng: &mut Rng) {
        for word in &mut tables.weights[..self.weight_words()] {
            *word = rng.bits();
        }
        if self.encoding == Encoding::Sparse {
            self.fill_lists(tables, rng);
        }
        if self.encoding == Encoding::Single {
            self.fill_columns(&mut tables.weights[..self.rows().div_ceil(2)], rng);
        }
        if self.encoding == Encoding::Codewords {
            tables.weights[0] = 0;
        }
        let top = (1 << (self.neurons.bits - 1)) - 1;
        // some are hardly reached, some nearly always; beyond the membranes' width, all of the layer goes the portable way
        let beyond = if tables.weights[0].is_multiple_of(4) { top + 5 } else { 0 };
        let threshold = |rng: &mut Rng| match rng.range(0, 15) {
            0 => top + beyond,
            1 => -top - beyond,
            2 => -rng.range(0, top),
            _ => rng.range(1, (top / 2).min(2000)),
        };
        let (first, reset) = (threshold(rng), rng.range(-top / 2, top));
        let tables_of = tables.thresholds.iter_mut().zip(&mut tables.resets).zip(&mut tables.biases);
        for ((threshold_of, reset_of), bias) in tables_of {
            *threshold_of = if self.neurons.alike { first } else { threshold(rng) };
            *reset_of = match self.neurons.reset {
                3 => *threshold_of,
                _ if self.neurons.alike => reset,
                1 => rng.range(-top, top),
                _ => rng.range(-top / 2, 2 * top),
            };
            *bias = rng.range(-300, 300);
        }
    }

    /// Writes where each row begins, and columns of which some are of no output; weights are as they were.
    fn fill_lists(&self, tables: &mut Tables, rng: &mut Rng) {
        let (starts, columns) = tables.weights.split_at_mut(self.rows() + 1);
        let mut end = 0;
        for start in starts {
            *start = end;
            // a measured layer has lists of one length
            end += if self.active == 0 { ENTRIES as u32 } else { rng.range(0, ENTRIES as i32) as u32 };
        }
        self.fill_columns(&mut columns[..(ENTRIES * self.rows()).div_ceil(2)], rng);
    }

    /// Writes columns, two to a word, of which some are of no output.
    fn fill_columns(&self, columns: &mut [u32], rng: &mut Rng) {
        for pair in columns {
            let mut column = || rng.range(0, self.to[2] as i32 - i32::from(self.active == 0)) as u32;
            *pair = column() << 16 | column();
        }
    }

    /// Bits of an input.
    const fn input_bits(&self) -> usize {
        match self.values {
            Values::Spikes => 1,
            Values::U8 | Values::I8 => 8,
            Values::I16 => 16,
        }
    }

    /// Makes an input spike, or gives it a value.
    fn activate(&self, frame: &mut Frame, rng: &mut Rng, input: usize) {
        let (bits, mask) = (self.input_bits(), u32::MAX >> (32 - self.input_bits()));
        let value = match rng.range(0, 3) {
            0 => mask,             // 255, or -1
            1 => (mask >> 1) + 1,  // 128, or the lowest
            _ => rng.bits() & mask | 1,
        };
        frame[input * bits / 32] |= value << (input * bits % 32);
    }

    /// Writes exactly so many spikes or values.
    pub fn spike_exactly(&self, tables: &mut Tables, rng: &mut Rng, active: usize) {
        tables.frame.fill(0);
        let (bits, mut left) = (self.input_bits(), active);
        while left > 0 {
            let input = rng.bits() as usize % self.inputs();
            let mask = u32::MAX >> (32 - bits) << (input * bits % 32);
            if tables.frame[input * bits / 32] & mask == 0 {
                self.activate(&mut tables.frame, rng, input);
                left -= 1;
            }
        }
    }

    /// Writes a timestep's spikes or values; silent now and then.
    pub fn spike(&self, tables: &mut Tables, rng: &mut Rng) {
        let active = if rng.range(0, 7) == 0 { 0 } else { self.active };
        tables.frame.fill(0);
        for input in 0..self.inputs() {
            if rng.range(0, 255) < active {
                self.activate(&mut tables.frame, rng, input);
            }
        }
    }
}
