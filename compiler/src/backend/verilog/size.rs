//! Sizes of a layer's hardware: lanes, chunks, widths, and how many clocks each part is deep.

use snnc_runtime::program::{Connection, EdgeKind, Neuron, Program, Reset, Shape};

mod bits;
mod finish;
mod pace;
mod sums;
mod window;

pub use bits::{index_bits, synaptic_bits, table_bits};
use bits::{own_weight_bits, pooled_current_bits, response_bits, weight_bits};
pub use finish::Finish;
use pace::{group, neuron_loop, slots};
pub use sums::Sums;
use sums::{Choice, Taken};
pub use window::{VECTOR_FRAMES, WindowSize};

use super::plan::{Planned, planes};
use crate::compiled::{EdgeCode, Engine, Layout};

/// A layer and its sizes.
#[derive(Clone, Debug)]
pub struct Layer<'p> {
    /// What it carries.
    pub planned: Planned<'p>,
    /// Whether its currents are computed once per sample.
    pub constant: bool,
    /// Shape of its input frame.
    pub from: Shape,
    /// Digit planes of an input element.
    pub planes: usize,
    /// Whether the first plane is a sign.
    pub negative: bool,
    /// How the input is coded.
    pub code: EdgeCode,
    /// Timesteps of a sample.
    pub timesteps: usize,
    /// Where its items come from.
    pub front: Front,
    /// What it makes its sums of.
    pub sums: Sums,
    /// Outputs per position (of a dense layer: all outputs).
    pub channels: usize,
    /// Accumulators.
    pub lanes: usize,
    /// Inputs per clock.
    pub slots: usize,
    /// Engines, each with a copy of the weights, each of which takes every `copies`-th column of positions.
    pub copies: usize,
    /// Elements per clock behind the lanes.
    pub group: usize,
    /// Bits of what is stored of a weight.
    pub weight_bits: usize,
    /// Whether a weight is `2 q + 1` of what is stored.
    pub odd: bool,
    /// Codewords whose responses the lanes share; what is stored of a weight is then an index, one for each input channel.
    pub codewords: Option<&'p [u32]>,
    /// Words of weights.
    pub rows: usize,
    /// Bits of a sum.
    pub sum_bits: usize,
    /// Least clocks between two sums.
    pub interval: usize,
    /// Shift and bias of the sums.
    pub finish: Option<Finish>,
    /// Pool of currents: bits of its result.
    pub pooled_bits: Option<usize>,
    /// Own spikes that join constant currents.
    pub joined: Option<Joined<'p>>,
    /// Shift and bias of the pooled or joined currents.
    pub second_finish: Option<Finish>,
    /// Bits of the current that reaches the neurons or the readout.
    pub current_bits: usize,
    /// Groups of currents in a timestep, behind a pool of currents.
    pub words: usize,
    /// Whether it is the last layer.
    pub last: bool,
}

/// Own spikes that join constant currents.
#[derive(Clone, Debug)]
pub struct Joined<'p> {
    /// Their engine: a dense layer that reads nothing else.
    pub engine: Box<Layer<'p>>,
    /// Bits of both currents together.
    pub bits: usize,
}

/// The front end of a layer.
#[derive(Clone, Debug)]
pub enum Front {
    /// Events are rows of weights.
    Stream,
    /// A window over frames of packed elements.
    Window(Box<WindowSize>),
}

impl<'p> Layer<'p> {
    /// Sizes of every layer.
    pub fn all(program: &Program<'p>, plan: &[Planned<'p>], layout: &Layout) -> Vec<Self> {
        let mut layers: Vec<Self> = Vec::new();
        for (index, planned) in plan.iter().enumerate() {
            let engine = layout.engine(index);
            let lanes = layout.lanes.into_iter().chain(engine.lanes).min().map(|lanes| lanes as usize);
            let layer = Self::new(program, *planned, layers.last(), lanes, engine, index + 1 == plan.len());
            layers.push(layer);
        }
        layers
    }

    fn new(
        program: &Program<'p>,
        planned: Planned<'p>,
        before: Option<&Layer<'p>>,
        lanes: Option<usize>,
        engine: Engine,
        last: bool,
    ) -> Self {
        let population = &planned.population;
        let projection = planned.forward;
        let source = program.edge(planned.source);
        let (planes, negative) = planes(source.kind);
        let constant = planned.is_constant(program);
        let dense = projection.connection == Connection::Dense;
        let shape = population.output.shape;
        let channels = if dense { shape.len() } else { shape.channels as usize };
        let most_lanes = lanes.unwrap_or(channels).max(1);
        let stream = before.is_none() && dense && most_lanes >= channels && planned.own.is_none();
        let taps = match projection.connection {
            Connection::Conv2d(w) => {
                usize::from(w.kernel[0]) * usize::from(w.kernel[1]) * source.shape.channels as usize
            }
            Connection::Dense | Connection::Identity => source.shape.len(),
        };
        let codebook = sums::codebook(&projection, planes).filter(|_| !negative);
        let holes = matches!(projection.connection, Connection::Conv2d(w) if w.dilation != [1, 1]);
        let weight_bits = match planned.own {
            None => weight_bits(projection.synapses, holes),
            Some(own) => own_weight_bits(&own).max(weight_bits(projection.synapses, true)),
        };
        let group_before = before.map(|layer| layer.group);
        let binary = weight_bits == 1 && codebook.is_none() && digits(planes, negative).is_none();
        let choice = Choice {
            counts: engine.counts && binary && !stream,
            codebook: codebook.is_some(),
            group: group_before,
            chunk: engine.chunk.into(),
            lanes: most_lanes,
        };
        let Taken { sums, lanes, width, apart } = choice.taken(&projection, source.shape, channels);
        let front = match stream {
            true => Front::Stream,
            false => Front::Window(Box::new(WindowSize::new(&planned, source.shape, group_before, width, apart))),
        };
        let gathers = codebook.is_none() && sums == Sums::Gather;
        let copies = match &front {
            Front::Window(window) if gathers && lanes == channels => window.copies(engine.copies.into()),
            Front::Stream | Front::Window(_) => 1,
        };
        let mut group = match last {
            true => 1,
            false => {
                // what is replayed is not waited for by sums
                let inputs = taps * planes;
                let taken = sums.expected_clocks(inputs, engine.slots.into(), copies, engine.chunk.into());
                let clocks = if constant { 1 } else { taken.max(4) };
                group(lanes, shape.channels as usize, clocks, engine.group.into())
            }
        };
        if let (Front::Window(window), Some(_)) = (&front, planned.own) {
            // own spikes fill the same words
            while !window.chunk.is_multiple_of(group) {
                group /= 2;
            }
        }
        let lane_groups = channels / lanes;
        let spikes = planes == 1 && !constant && codebook.is_none();
        let code = match &front {
            Front::Window(window) if spikes && window.can_take(engine.code, lanes == channels) => engine.code,
            Front::Stream | Front::Window(_) => EdgeCode::Plain,
        };
        let slots = match &front {
            Front::Stream => engine.slots.into(),
            Front::Window(_) if codebook.is_some() || sums == Sums::Popcount => 1,
            Front::Window(window) if sums.takes_columns() => {
                usize::from(engine.slots).min(window.kernel[1].next_power_of_two())
            }
            Front::Window(window) => slots(engine, window),
        };
        let rows = match &front {
            Front::Window(w) if codebook.is_some() => lane_groups * w.chunks * w.chunk,
            Front::Stream => source.shape.len(),
            Front::Window(w) => sums.rows(w, lane_groups),
        };
        // what an item adds
        let added_bits = match &front {
            // a count, made of nines of bits
            Front::Window(window) if sums == Sums::Popcount => index_bits(window.chunk + 1).max(4) + 1,
            _ => codebook.map_or(weight_bits, |_| response_bits(&projection.connection)),
        };
        let weight_bits = codebook.map_or(weight_bits, |(index_bits, _)| index_bits);
        let odd = planned.own.is_none() && !holes && projection.synapses.is_odd();
        let uneven = codebook.is_none() && (odd || weight_bits == 1);
        let twice = matches!(front, Front::Window(_)) && digits(planes, negative).is_some();
        let wide = added_bits + usize::from(uneven) + usize::from(twice) + slots.ilog2() as usize;
        let sum_bits = usize::from(population.accumulator_bits).max(wide + 1);
        let positions = match &front {
            Front::Stream => 1,
            Front::Window(w) => w.out[0] * w.out[1] * lane_groups,
        };
        // a neuron comes back a timestep later
        let looped = if constant && planned.neurons.is_some() { 1 } else { neuron_loop(&planned) };
        let interval = (lanes / group).max(looped.div_ceil(positions));

        let finish = Finish::new(population, sum_bits);
        let bits = finish.map_or(sum_bits, |finish| finish.out_bits);
        let pooled_bits = planned.current_pool.map(|pool| pooled_current_bits(&pool, bits));
        let bits = pooled_bits.unwrap_or(bits);
        let joined = Self::of_own_spikes(&planned, lanes, group, engine, program.timesteps() as usize)
            .map(|engine| Joined { bits: bits.max(engine.sum_bits), engine: Box::new(engine) });
        let bits = joined.as_ref().map_or(bits, |joined| joined.bits);
        let second_finish = planned.identity.and_then(|identity| Finish::new(&identity, bits));
        let current_bits = second_finish.map_or(bits, |finish| finish.out_bits);
        let currents = planned.current_pool.map_or(shape, |pool| pool.output.shape);
        Self {
            planned,
            constant,
            from: source.shape,
            planes,
            negative,
            code,
            timesteps: program.timesteps() as usize,
            front,
            sums,
            channels,
            lanes,
            slots,
            copies,
            group,
            weight_bits,
            odd,
            codewords: codebook.map(|(_, codewords)| codewords),
            rows: rows.max(2),
            sum_bits,
            interval,
            finish,
            pooled_bits,
            joined,
            second_finish,
            current_bits,
            words: currents.len() / group,
            last,
        }
    }

    /// The engine of the own spikes that join constant currents. Its sums have the bits of the whole population's, which
    /// both currents together need.
    fn of_own_spikes(
        planned: &Planned<'p>,
        lanes: usize,
        group: usize,
        engine: Engine,
        timesteps: usize,
    ) -> Option<Self> {
        let (own, population) = (planned.joined?, planned.identity?);
        let channels = population.output.shape.len();
        let window = WindowSize::of_own_spikes(channels, group);
        let lane_groups = channels / lanes;
        let weight_bits = own_weight_bits(&own);
        let slots = slots(engine, &window);
        let sum_bits = usize::from(population.accumulator_bits).max(weight_bits + slots.ilog2() as usize + 1);
        Some(Self {
            planned: Planned { population, own: Some(own), joined: None, identity: None, ..*planned },
            constant: false,
            from: population.output.shape,
            planes: 1,
            negative: false,
            code: EdgeCode::Plain,
            timesteps,
            rows: (lane_groups * window.all_chunks() * window.bits()).max(2),
            front: Front::Window(Box::new(window)),
            sums: Sums::Gather,
            channels,
            lanes,
            slots,
            copies: 1,
            group,
            weight_bits,
            odd: false,
            codewords: None,
            sum_bits,
            interval: (lanes / group).max(neuron_loop(planned).div_ceil(lane_groups)),
            finish: None,
            pooled_bits: None,
            joined: None,
            second_finish: None,
            current_bits: sum_bits,
            words: channels / group,
            last: false,
        })
    }

    /// Whether it takes changes of its input, which act until they are taken back.
    pub fn takes_changes(&self) -> bool {
        self.code == EdgeCode::Delta
    }

    /// Whether it takes what differs from a base.
    pub fn has_base(&self) -> bool {
        self.code == EdgeCode::Inverted
    }

    /// Whether each element of its input has a sign.
    pub fn is_signed(&self) -> bool {
        self.takes_changes() || self.has_base()
    }

    /// Digits of an input element, each two bits of it, where they are read as digits and not as bits.
    pub fn digits(&self) -> Option<usize> {
        matches!(self.front, Front::Window(_)).then(|| digits(self.planes, self.negative)).flatten()
    }

    /// Digit planes that are summed one after the other.
    pub fn steps(&self) -> usize {
        self.digits().unwrap_or(self.planes)
    }

    /// Whether what it takes may be subtracted.
    pub fn subtracts(&self) -> bool {
        self.negative || self.is_signed() || self.digits().is_some()
    }

    /// Bits of a word's element in the memory of its window.
    pub fn stored_bits(&self) -> usize {
        self.planes + usize::from(self.is_signed())
    }

    /// Frames of the buffer that the layer before writes: its window's, or two samples that are inverted on the way.
    pub fn frames_before(&self) -> usize {
        match &self.front {
            Front::Window(_) if self.has_base() => 2 * self.timesteps,
            Front::Window(window) => window.frames(),
            Front::Stream => VECTOR_FRAMES,
        }
    }

    /// Bits of the samples that are inverted on the way.
    pub fn held_bits(&self) -> usize {
        match &self.front {
            Front::Window(window) if self.has_base() => self.frames_before() * window.words() * window.chunk,
            Front::Window(_) | Front::Stream => 0,
        }
    }

    /// Groups of sums of a frame.
    pub fn sum_words(&self) -> usize {
        match &self.front {
            Front::Window(window) => window.out[0] * window.out[1] * self.groups(),
            Front::Stream => self.groups(),
        }
    }

    /// Bits of a row of weights, as the encoder and the lanes number them.
    pub fn row_bits(&self) -> usize {
        index_bits(self.rows)
    }

    /// Bits of what the synaptic currents give to the neurons.
    pub fn synaptic_bits(&self) -> Option<usize> {
        synaptic_bits(&self.planned.neurons?.1)
    }

    /// Bits of a row of weights.
    pub fn word_bits(&self) -> usize {
        let each = match &self.front {
            Front::Window(window) if self.sums == Sums::Popcount => window.chunk,
            Front::Window(_) | Front::Stream => self.weight_bits,
        };
        self.lanes * each
    }

    /// Outputs that an input reaches in a position of its window.
    pub fn reached(&self) -> usize {
        match self.sums {
            Sums::Gather | Sums::Popcount => self.channels,
            Sums::Depthwise { multiple } => multiple,
        }
    }

    /// Words of a column that a group of lanes reads.
    pub fn words_of(&self, window: &WindowSize, lane_group: usize) -> std::ops::Range<usize> {
        match self.sums {
            Sums::Gather | Sums::Popcount => 0..window.all_chunks(),
            Sums::Depthwise { .. } => lane_group..lane_group + 1,
        }
    }

    /// Times that a window is read.
    pub fn lane_groups(&self) -> usize {
        self.channels / self.lanes
    }

    /// Groups of a position.
    pub fn groups(&self) -> usize {
        self.channels / self.group
    }

    /// Clocks of a timestep of [`Self::replays`].
    pub fn period(&self) -> usize {
        self.words.max(neuron_loop(&self.planned))
    }

    /// Whether constant currents are kept for the timesteps of a sample.
    pub fn keeps(&self) -> bool {
        self.constant && self.planned.neurons.is_some()
    }

    /// Bits of a current that is kept.
    pub fn kept_bits(&self) -> usize {
        let finished = self.finish.map_or(self.sum_bits, |finish| finish.out_bits);
        if self.joined.is_some() { self.pooled_bits.unwrap_or(finished) } else { self.current_bits }
    }

    /// Whether they are given to the neurons every timestep, and nothing joins them.
    pub fn replays(&self) -> bool {
        self.keeps() && self.joined.is_none()
    }

    /// What the layer gives to the next one: shape and kind.
    pub fn output(&self) -> (Shape, EdgeKind) {
        let edge = match (&self.planned.spike_pool, &self.planned.identity) {
            (Some(pool), _) => pool.output,
            (None, Some(identity)) => identity.output,
            (None, None) => self.planned.population.output,
        };
        (edge.shape, edge.kind)
    }

    /// Bits of an element that it gives to the next layer.
    pub fn output_bits(&self) -> usize {
        match self.output().1 {
            EdgeKind::Currents { .. } => 1, // the last layer's, which has no spikes to give
            kind => planes(kind).0,
        }
    }
}

/// Signed digits of an element of so many bits, each worth -2 to 2 (A. D. Booth 1951, two bits at a time); none of few bits,
/// which small numbers spread over more digits than they have ones. Signed values have an even number of bits.
fn digits(planes: usize, negative: bool) -> Option<usize> {
    (planes >= 4).then(|| if negative { planes / 2 } else { planes / 2 + 1 })
}

/// Bits of a neuron's table.
pub fn reset_table<'p>(neuron: &Neuron<'p>) -> Option<&'p [i32]> {
    match neuron.reset {
        Reset::None => None,
        Reset::ToValue(table) | Reset::Subtract(table) => Some(table),
    }
}
