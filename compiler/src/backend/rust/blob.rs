//! The network as one block of words, as [`snnc_runtime::blob`] reads it.

use snnc_runtime::blob::{HEADER, MAGIC, VERSION, crc32};
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Reduce,
    Reset, ResetTiming, Step, Synapses, ValueKind, Window,
};

/// How many parts of a network point to its tables: what [`snnc_runtime::blob::Room`] must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Steps.
    pub steps: usize,
    /// Projections of all populations.
    pub projections: usize,
    /// Filters of all neurons.
    pub filters: usize,
}

impl Parts {
    /// Of a network.
    #[must_use]
    pub fn of(program: &Program<'_>) -> Self {
        let populations = program.steps().iter().filter_map(|step| match step {
            Step::Population(population) => Some(population),
            Step::Pool(_) => None,
        });
        let filters = |population: &Population<'_>| population.neuron.map_or(0, |neuron| neuron.synaptic.len());
        Self {
            steps: program.steps().len(),
            projections: populations.clone().map(|population| population.projections.len()).sum(),
            filters: populations.map(filters).sum(),
        }
    }
}

/// A network as a block.
#[must_use]
pub fn write(program: &Program<'_>) -> Vec<u32> {
    let mut writer = Writer::default();
    writer.push(program.timesteps());
    writer.edge(program.input());
    let readout = program.readout();
    writer.push(u32::from(readout.source));
    writer.push(match readout.quantity {
        Quantity::Spikes => 0_u32,
        Quantity::Membrane => 1,
        Quantity::Current => 2,
    });
    writer.push(match readout.reduce {
        Reduce::Sum => 0_u32,
        Reduce::Last => 1,
        Reduce::Max => 2,
        Reduce::First => 3,
    });
    for step in program.steps() {
        match step {
            Step::Population(population) => writer.population(population),
            Step::Pool(pool) => writer.pool(pool),
        }
    }
    let Parts { steps, projections, filters } = Parts::of(program);
    let tables = HEADER + writer.structure.len();
    let counts = [steps as u32, projections as u32, filters as u32, tables as u32];
    let behind = [&counts[..], &writer.structure, &writer.tables].concat();
    let length = (HEADER - counts.len() + behind.len()) as u32;
    [&[MAGIC, VERSION, length, crc32(&behind)][..], &behind].concat()
}

/// The structure, and the tables that it names.
#[derive(Default)]
struct Writer {
    structure: Vec<u32>,
    tables: Vec<u32>,
}

impl Writer {
    fn push(&mut self, word: impl Into<u32>) {
        self.structure.push(word.into());
    }

    fn words(&mut self, words: &[u32]) {
        self.structure.extend([self.tables.len() as u32, words.len() as u32]);
        self.tables.extend(words);
    }

    fn signed(&mut self, numbers: &[i32]) {
        self.words(&numbers.iter().map(|&number| number as u32).collect::<Vec<_>>());
    }

    /// Numbers of fewer bits, so many bytes each.
    fn bytes(&mut self, bytes: &[u8], numbers: usize) {
        self.structure.extend([self.tables.len() as u32, numbers as u32]);
        self.tables.extend(bytes.chunks(4).map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_le_bytes(word)
        }));
    }

    fn weights(&mut self, weights: &[i8]) {
        self.bytes(&weights.iter().map(|&weight| weight as u8).collect::<Vec<_>>(), weights.len());
    }

    fn unsigned_bytes(&mut self, bytes: &[u8]) {
        self.bytes(bytes, bytes.len());
    }

    fn halfwords(&mut self, numbers: &[u16]) {
        self.bytes(&numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>(), numbers.len());
    }

    fn edge(&mut self, edge: &Edge) {
        self.structure.extend([edge.shape.height, edge.shape.width, edge.shape.channels]);
        match edge.kind {
            EdgeKind::Spikes => self.push(0_u32),
            EdgeKind::Counts { max } => self.structure.extend([1, max.into()]),
            EdgeKind::Currents { bits } => self.structure.extend([2, bits.into()]),
            EdgeKind::Values(ValueKind::U8) => self.push(3_u32),
            EdgeKind::Values(ValueKind::I8) => self.push(4_u32),
            EdgeKind::Values(ValueKind::I16) => self.push(5_u32),
        }
        self.push(edge.rate == Rate::PerSample);
    }

    fn window(&mut self, window: &Window) {
        for [vertical, horizontal] in [window.kernel, window.stride, window.padding, window.dilation] {
            self.structure.extend([u32::from(vertical), u32::from(horizontal)]);
        }
    }

    fn pool(&mut self, pool: &Pool) {
        self.structure.extend([1, pool.source.into(), u32::from(pool.op == PoolOp::Sum)]);
        self.window(&pool.window);
        self.edge(&pool.output);
    }

    fn population(&mut self, population: &Population<'_>) {
        self.structure.extend([0, population.projections.len() as u32]);
        for projection in population.projections {
            self.projection(projection);
        }
        self.push(population.accumulator_bits);
        self.push(i32::from(population.current_shift) as u32);
        self.signed(population.bias);
        self.push(population.neuron.is_some());
        if let Some(neuron) = &population.neuron {
            self.neuron(neuron);
        }
        self.edge(&population.output);
    }

    fn projection(&mut self, projection: &Projection<'_>) {
        self.push(projection.source);
        self.push(projection.delay);
        match &projection.connection {
            Connection::Dense => self.push(0_u32),
            Connection::Conv2d(window) => {
                self.push(1_u32);
                self.window(window);
            }
            Connection::Identity => self.push(2_u32),
        }
        match projection.synapses {
            Synapses::Int8 { weights } => {
                self.push(0_u32);
                self.weights(weights);
            }
            Synapses::Binary { signs } => {
                self.push(1_u32);
                self.words(signs);
            }
            Synapses::Planes { bits, odd, planes } => {
                self.structure.extend([2, bits.into(), odd.into()]);
                self.words(planes);
            }
            Synapses::Nibbles { odd, nibbles } => {
                self.structure.extend([3, odd.into()]);
                self.words(nibbles);
            }
            Synapses::Codebook { index_bits, codewords, indices } => {
                self.structure.extend([4, index_bits.into()]);
                self.words(codewords);
                self.words(indices);
            }
            Synapses::Codewords { codewords, indices } => {
                self.push(6_u32);
                self.words(codewords);
                self.unsigned_bytes(indices);
            }
            Synapses::Sparse { starts, columns, weights } => {
                self.push(5_u32);
                self.words(starts);
                self.halfwords(columns);
                self.weights(weights);
            }
        }
    }

    fn neuron(&mut self, neuron: &Neuron<'_>) {
        self.push(neuron.synaptic.len() as u32);
        for filter in neuron.synaptic {
            self.leak(filter.leak);
            self.push(filter.bits);
            self.push(filter.negative);
        }
        self.push(neuron.mix.is_some());
        if let Some(mix) = neuron.mix {
            self.weights(mix.weights);
            self.push(mix.timesteps);
        }
        self.leak(neuron.leak);
        self.signed(neuron.threshold);
        match neuron.reset {
            Reset::None => self.push(0_u32),
            Reset::ToValue(values) => {
                self.push(1_u32);
                self.signed(values);
            }
            Reset::Subtract(amounts) => {
                self.push(2_u32);
                self.signed(amounts);
            }
        }
        self.push(match neuron.reset_timing {
            ResetTiming::Immediate => 0_u32,
            ResetTiming::Delayed => 1,
            ResetTiming::Overriding => 2,
            ResetTiming::Clearing => 3,
        });
        self.push(neuron.membrane_bits);
        self.push(neuron.max_spikes);
        self.push(neuron.floor.is_some());
        if let Some(floor) = neuron.floor {
            self.signed(floor);
        }
        self.push(neuron.stored.is_some());
        if let Some(stored) = neuron.stored {
            self.signed(stored.thresholds);
            self.signed(stored.levels);
            self.push(stored.steps);
        }
        self.push(neuron.inhibition);
    }

    fn leak(&mut self, leak: Leak<'_>) {
        match leak {
            Leak::None => self.push(0_u32),
            Leak::All => self.push(1_u32),
            Leak::Shift(n) => self.structure.extend([2, n.into()]),
            Leak::Multiply { factor, shift } => self.structure.extend([3, factor.into(), shift.into()]),
            Leak::MultiplyEach { factors, shift } => {
                self.push(4_u32);
                self.halfwords(factors);
                self.push(shift);
            }
        }
    }
}
