//! One tiny network per integer rule, with the numbers worked out by hand: every machine must reach every rule.
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate,
    Readout, Reduce, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, ValueKind, Window,
};

/// A network, one sample, and what must come out.
pub struct Rule {
    /// The sentence it proves.
    pub name: &'static str,
    pub program: Program<'static>,
    /// `[timestep][element]`; one frame for a constant input.
    pub sample: &'static [&'static [i32]],
    /// `[timestep][element]` of the last edge.
    pub output: &'static [&'static [i32]],
    /// `[timestep][element]` of the last step; none without neurons.
    pub membranes: &'static [&'static [i32]],
    pub scores: &'static [i32],
    pub prediction: usize,
}

const fn edge(n: u32, kind: EdgeKind, rate: Rate) -> Edge {
    Edge { shape: Shape::vector(n), kind, rate }
}

const I16: EdgeKind = EdgeKind::Values(ValueKind::I16);

const fn network(input: Edge, steps: &'static [Step<'static>], readout: Readout, timesteps: u32) -> Program<'static> {
    match Program::new(input, steps, readout, timesteps) {
        Ok(program) => program,
        Err(_) => panic!("a hand-made network breaks the contract"),
    }
}

/// `n` inputs, each to its own neuron, as they are.
const fn identity(source: u16, delay: u8, n: usize) -> Projection<'static> {
    const ONES: &[i8] = &[1, 1, 1];
    let synapses = Synapses::Int8 { weights: ONES.split_at(n).0 };
    Projection { source, delay, connection: Connection::Identity, synapses }
}

const INPUT: Projection<'static> = identity(0, 0, 1);
const INPUT_2: Projection<'static> = identity(0, 0, 2);
const INPUT_3: Projection<'static> = identity(0, 0, 3);
const LATE_INPUT: Projection<'static> = identity(0, 2, 1);
const EDGE_1: Projection<'static> = identity(1, 0, 2);

const fn spiking(
    projections: &'static [Projection<'static>],
    bias: &'static [i32],
    neuron: Neuron<'static>,
) -> Step<'static> {
    let output = edge(bias.len() as u32, EdgeKind::Spikes, Rate::PerTimestep);
    Step::Population(Population {
        projections,
        accumulator_bits: 32,
        current_shift: 0,
        bias,
        neuron: Some(neuron),
        output,
    })
}

const fn neuron(
    leak: Leak<'static>,
    threshold: &'static [i32],
    reset: Reset<'static>,
    reset_timing: ResetTiming,
    membrane_bits: u8,
) -> Neuron<'static> {
    Neuron { leak, threshold, reset, reset_timing, membrane_bits, ..Neuron::BARE }
}

/// A neuron behind synaptic currents that never fires, so that its membrane shows what it takes.
const fn filtered(synaptic: &'static [Synaptic<'static>], leak: Leak<'static>) -> Neuron<'static> {
    Neuron { synaptic, ..neuron(leak, &[10_000], Reset::None, NOW, 20) }
}

/// -9 below 5, 7 from there on.
const LEVELS: Staircase<'_> = Staircase { thresholds: &[5], levels: &[-9, 7], steps: 1 };

const FORGETS: Leak<'_> = Leak::Multiply { factor: 0, shift: 1 };

const COUNT: Readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };

/// One neuron that is fed its currents as they are, one a timestep.
macro_rules! neuron_rule {
    ($name:literal, $neuron:expr, $($current:literal => $membrane:literal $spike:literal),+ $(,)?) => {
        Rule {
            name: $name,
            program: network(
                edge(1, I16, Rate::PerTimestep),
                &const { [spiking(&[INPUT], &[0], $neuron)] },
                COUNT,
                [$($current),+].len() as u32,
            ),
            sample: &[$(&[$current]),+],
            output: &[$(&[$spike]),+],
            membranes: &[$(&[$membrane]),+],
            scores: &[0 $(+ $spike)+],
            prediction: 0,
        }
    };
}

/// One neuron that may fire several times, fed its currents as they are.
macro_rules! spikes_rule {
    ($name:literal, $neuron:expr, $($current:literal => $membrane:literal $spikes:literal),+ $(,)?) => {
        Rule {
            name: $name,
            program: network(
                edge(1, I16, Rate::PerTimestep),
                &const { [Step::Population(Population {
                    projections: &[INPUT],
                    accumulator_bits: 32,
                    current_shift: 0,
                    bias: &[0],
                    neuron: Some($neuron),
                    output: edge(1, EdgeKind::Counts { max: $neuron.max_spikes }, Rate::PerTimestep),
                })] },
                COUNT,
                [$($current),+].len() as u32,
            ),
            sample: &[$(&[$current]),+],
            output: &[$(&[$spikes]),+],
            membranes: &[$(&[$membrane]),+],
            scores: &[0 $(+ $spikes)+],
            prediction: 0,
        }
    };
}

/// A readout of three neurons that keep their membranes (threshold 100, nothing resets).
macro_rules! readout_rule {
    ($name:literal, $quantity:expr, $reduce:expr, [$($frame:expr),+], [$($spikes:expr),+], [$($membranes:expr),+], $scores:expr, $prediction:literal) => {
        Rule {
            name: $name,
            program: network(
                edge(3, I16, Rate::PerTimestep),
                &const { [spiking(
                    &[INPUT_3],
                    &[0, 0, 0],
                    neuron(Leak::None, &[100, 100, 100], Reset::None, ResetTiming::Immediate, 16),
                )] },
                Readout { source: 1, quantity: $quantity, reduce: $reduce },
                [$($frame),+].len() as u32,
            ),
            sample: &[$(&$frame),+],
            output: &[$(&$spikes),+],
            membranes: &[$(&$membranes),+],
            scores: &$scores,
            prediction: $prediction,
        }
    };
}

/// A population without neurons: `current_shift`, bias, one value in, one current out.
macro_rules! current_rule {
    ($name:literal, $shift:literal, $bias:literal, $($value:literal => $current:literal),+ $(,)?) => {
        Rule {
            name: $name,
            program: network(
                edge(1, I16, Rate::PerTimestep),
                &[Step::Population(Population {
                    projections: &[INPUT],
                    accumulator_bits: 16,
                    current_shift: $shift,
                    bias: &[$bias],
                    neuron: None,
                    output: edge(1, EdgeKind::Currents { bits: 32 }, Rate::PerTimestep),
                })],
                Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Sum },
                [$($value),+].len() as u32,
            ),
            sample: &[$(&[$value]),+],
            output: &[$(&[$current]),+],
            membranes: &[],
            scores: &[0 $(+ $current)+],
            prediction: 0,
        }
    };
}

const IF: Leak<'_> = Leak::None;
const NOW: ResetTiming = ResetTiming::Immediate;
const DELAYED: ResetTiming = ResetTiming::Delayed;
const HALF: Leak<'_> = Leak::Multiply { factor: 1, shift: 1 };

/// Every rule.
pub const RULES: &[Rule] = &[
    neuron_rule!("fires at the threshold, not one below it", neuron(IF, &[5], Reset::None, NOW, 8),
        4 => 4 0, 1 => 5 1, 1 => 6 1, -2 => 4 0),
    neuron_rule!("a threshold of zero fires at rest", neuron(IF, &[0], Reset::None, NOW, 8),
        0 => 0 1, -1 => -1 0),
    neuron_rule!("fires at the threshold of the timestep", neuron(IF, &[5, 20, 3], Reset::None, NOW, 8),
        5 => 5 1, 10 => 15 0, -12 => 3 1),
    Rule {
        name: "a neuron that keeps no membrane saturates all the same",
        program: network(
            edge(1, I16, Rate::PerTimestep),
            &const { [spiking(&[INPUT], &[0], neuron(Leak::All, &[128, 100, 100], Reset::None, NOW, 8))] },
            COUNT,
            3,
        ),
        sample: &[&[200], &[100], &[60]],
        output: &[&[0], &[1], &[0]],
        membranes: &[],
        scores: &[1],
        prediction: 0,
    },
    neuron_rule!("what is stored is the level of what a reset left",
        Neuron { stored: Some(LEVELS), ..neuron(IF, &[10], Reset::ToValue(&[4]), NOW, 8) },
        4 => -9 0, 13 => -9 0, 14 => 7 0, 3 => -9 1, 120 => -9 1, 50 => -9 1),
    neuron_rule!("currents of the timesteps before are mixed in",
        Neuron {
            mix: Some(Mix { weights: &[2, 99, 99, -1, 3, 99, 5, 0, -4], timesteps: 3 }),
            ..neuron(IF, &[10], Reset::None, NOW, 12)
        },
        4 => 8 0, 5 => 19 1, -2 => 47 1),
    neuron_rule!("saturates at the highest membrane potential", neuron(IF, &[1000], Reset::None, NOW, 8),
        100 => 100 0, 100 => 127 0, -1 => 126 0),
    neuron_rule!("saturates at the lowest membrane potential", neuron(IF, &[1000], Reset::None, NOW, 8),
        -100 => -100 0, -100 => -128 0, 1 => -127 0),
    neuron_rule!("saturates before it compares", neuron(IF, &[127], Reset::Subtract(&[127]), NOW, 8),
        30000 => 0 1, 126 => 126 0),
    neuron_rule!("saturates again after the reset", neuron(IF, &[-128], Reset::Subtract(&[100]), NOW, 8),
        -50 => -128 1),
    neuron_rule!("a negative reset amount saturates high", neuron(IF, &[50], Reset::Subtract(&[-100]), NOW, 8),
        60 => 127 1),
    neuron_rule!("resets to a value of its own", neuron(IF, &[10], Reset::ToValue(&[-3]), NOW, 8),
        25 => -3 1, 12 => 9 0, 1 => -3 1),
    neuron_rule!("subtracts an amount that is not the threshold", neuron(IF, &[10], Reset::Subtract(&[7]), NOW, 8),
        25 => 18 1, 0 => 11 1, 0 => 4 1, 0 => 4 0),
    neuron_rule!("a delayed subtraction acts with the next input", neuron(IF, &[10], Reset::Subtract(&[7]), DELAYED, 8),
        25 => 25 1, 0 => 18 1, 0 => 11 1, 0 => 4 0, 0 => 4 0),
    neuron_rule!("a delayed reset to a value leaks from that value", neuron(HALF, &[10], Reset::ToValue(&[8]), DELAYED, 8),
        25 => 25 1, 1 => 5 0, 1 => 3 0),
    neuron_rule!("a delayed subtraction takes the whole amount from the leaked potential",
        neuron(HALF, &[10], Reset::Subtract(&[10]), DELAYED, 8),
        12 => 12 1, 0 => -4 0, 0 => -2 0),
    neuron_rule!("at the threshold a delayed subtraction acts", neuron(IF, &[10], Reset::Subtract(&[7]), DELAYED, 8),
        10 => 10 1, 0 => 3 0),
    neuron_rule!("at the threshold a delayed reset to a value acts", neuron(IF, &[10], Reset::ToValue(&[-2]), DELAYED, 8),
        10 => 10 1, 0 => -2 0),
    neuron_rule!("saturates once after leak, input and delayed reset", neuron(IF, &[100], Reset::Subtract(&[100]), DELAYED, 8),
        120 => 120 1, 127 => 127 1, 0 => 27 0),
    neuron_rule!("an unreset spike repeats under both timings", neuron(IF, &[10], Reset::None, DELAYED, 8),
        10 => 10 1, 0 => 10 1, -1 => 9 0),
    neuron_rule!("a silent timestep leaks", neuron(Leak::Shift(2), &[100], Reset::None, NOW, 10),
        64 => 64 0, 0 => 48 0, 0 => 36 0),
    neuron_rule!("a shifting leak rounds down: negatives decay to zero, positives stay",
        neuron(Leak::Shift(2), &[100], Reset::None, NOW, 10),
        -5 => -5 0, 0 => -3 0, 0 => -2 0, 0 => -1 0, 0 => 0 0, 3 => 3 0, 0 => 3 0),
    neuron_rule!("a multiplying leak rounds down: negatives stay at minus one",
        neuron(Leak::Multiply { factor: 3, shift: 2 }, &[100], Reset::None, NOW, 10),
        5 => 5 0, 0 => 3 0, -5 => -3 0, 0 => -3 0),
    neuron_rule!("a factor of zero forgets", neuron(Leak::Multiply { factor: 0, shift: 4 }, &[100], Reset::None, NOW, 10),
        -77 => -77 0, 5 => 5 0),
    neuron_rule!("a synaptic current decays by itself, and the membrane takes it in the same timestep",
        filtered(&[Synaptic { leak: HALF, bits: 12, negative: false }], IF),
        40 => 40 0, 0 => 60 0, 0 => 70 0, -10 => 65 0),
    neuron_rule!("a synaptic current rounds down like a membrane",
        filtered(&[Synaptic { leak: HALF, bits: 12, negative: false }], FORGETS),
        -5 => -5 0, 0 => -3 0, 0 => -2 0, 0 => -1 0, 0 => -1 0, 6 => 5 0, 0 => 2 0),
    neuron_rule!("a synaptic current saturates to its own bits, high and low",
        filtered(&[Synaptic { leak: IF, bits: 6, negative: false }], FORGETS),
        30 => 30 0, 30 => 31 0, -1 => 30 0, -90 => -32 0, -1 => -32 0, 2 => -30 0),
    neuron_rule!("of two synaptic currents the second is taken away",
        filtered(&[
            Synaptic { leak: Leak::Shift(2), bits: 12, negative: false },
            Synaptic { leak: HALF, bits: 12, negative: true },
        ], FORGETS),
        64 => 0 0, 0 => 16 0, 0 => 20 0, 0 => 19 0),
    neuron_rule!("the negative of the lowest synaptic current is no overflow",
        filtered(&[Synaptic { leak: IF, bits: 6, negative: true }], FORGETS),
        -90 => 32 0, 100 => -31 0),
    neuron_rule!("a reset leaves the synaptic current alone",
        Neuron { synaptic: &[Synaptic { leak: HALF, bits: 12, negative: false }], ..neuron(IF, &[10], Reset::ToValue(&[0]), NOW, 12) },
        16 => 0 1, 0 => 8 0, 0 => 0 1, 0 => 2 0),
    neuron_rule!("an overriding reset swallows leak and input, and lets the neuron fire again",
        neuron(HALF, &[10], Reset::ToValue(&[-3]), ResetTiming::Overriding, 8),
        12 => 12 1, 100 => -3 0, 20 => 18 1, 7 => -3 0, 0 => -2 0),
    neuron_rule!("an overriding reset to a value at the threshold fires for ever",
        neuron(IF, &[10], Reset::ToValue(&[10]), ResetTiming::Overriding, 8),
        9 => 9 0, 1 => 10 1, -50 => 10 1, -50 => 10 1),
    neuron_rule!("a clearing reset takes the synaptic currents with it, and the input of its timestep",
        Neuron {
            synaptic: &[
                Synaptic { leak: HALF, bits: 12, negative: false },
                Synaptic { leak: Leak::Shift(2), bits: 12, negative: true },
            ],
            ..neuron(IF, &[10], Reset::ToValue(&[-3]), ResetTiming::Clearing, 8)
        },
        -44 => 0 0, 8 => 11 1, 100 => -3 0, 0 => -3 0, -60 => -3 0, 0 => 12 1, 0 => -3 0, 0 => -3 0),
    neuron_rule!("no potential below the floor is stored",
        Neuron { floor: Some(&[-4]), ..neuron(IF, &[10], Reset::Subtract(&[20]), NOW, 8) },
        -9 => -4 0, 3 => -1 0, 12 => -4 1, -1 => -4 0, 4 => 0 0),
    neuron_rule!("a floor above a value that is reset to wins",
        Neuron { floor: Some(&[2]), ..neuron(IF, &[10], Reset::ToValue(&[-8]), NOW, 8) },
        0 => 2 0, 9 => 2 1),
    spikes_rule!("several spikes: one per threshold under the potential, and each takes its amount",
        Neuron { max_spikes: 3, ..neuron(IF, &[10], Reset::Subtract(&[9]), NOW, 10) },
        9 => 9 0, 0 => 9 0, 1 => 1 1, 19 => 2 2, 27 => 11 2, 0 => 2 1),
    spikes_rule!("no more spikes than there may be",
        Neuron { max_spikes: 3, ..neuron(IF, &[10], Reset::Subtract(&[10]), NOW, 10) },
        75 => 45 3, 0 => 15 3, 0 => 5 1, -20 => -15 0),
    spikes_rule!("several spikes reset to one value",
        Neuron { max_spikes: 3, ..neuron(HALF, &[10], Reset::ToValue(&[4]), NOW, 10) },
        25 => 4 2, 0 => 2 0),
    spikes_rule!("several spikes saturate once after all amounts, then the floor acts",
        Neuron { max_spikes: 3, floor: Some(&[-100]), ..neuron(IF, &[10], Reset::Subtract(&[90]), NOW, 8) },
        40 => -100 3, 130 => -100 3, 250 => -100 3, 95 => -5 0),
    Rule {
        name: "each channel decays by a factor of its own, one of them not at all",
        program: network(
            edge(3, I16, Rate::PerTimestep),
            &[spiking(
                &[INPUT_3],
                &[0, 0, 0],
                Neuron {
                    synaptic: &[Synaptic {
                        leak: Leak::MultiplyEach { factors: &[0, 2, 1], shift: 2 },
                        bits: 12,
                        negative: false,
                    }],
                    ..neuron(
                        Leak::MultiplyEach { factors: &[3, 4, 0], shift: 2 },
                        &[900, 900, 900],
                        Reset::None,
                        NOW,
                        12,
                    )
                },
            )],
            Readout { source: 1, quantity: Quantity::Membrane, reduce: Reduce::Last },
            3,
        ),
        sample: &[&[8, 8, 8], &[0, 0, 0], &[0, -9, 0]],
        output: &[&[0, 0, 0], &[0, 0, 0], &[0, 0, 0]],
        membranes: &[&[8, 8, 8], &[6, 12, 2], &[4, 5, 0]],
        scores: &[4, 5, 0],
        prediction: 1,
    },
    Rule {
        name: "of inhibited neurons the highest fires, the first of two; all of them reset",
        program: network(
            edge(3, I16, Rate::PerTimestep),
            &[spiking(
                &[INPUT_3],
                &[0, 0, 0],
                Neuron { inhibition: true, ..neuron(IF, &[10, 20, 10], Reset::Subtract(&[10, 20, 10]), DELAYED, 10) },
            )],
            COUNT,
            4,
        ),
        // above the threshold: 2 3 3, then -8 -17 -7, then 0 -17 -1, then -10 -17 4
        sample: &[&[12, 23, 13], &[0, 0, 0], &[8, 0, 6], &[0, 0, 5]],
        output: &[&[0, 1, 0], &[0, 0, 0], &[1, 0, 0], &[0, 0, 1]],
        membranes: &[&[12, 23, 13], &[2, 3, 3], &[10, 3, 9], &[0, 3, 14]],
        scores: &[1, 1, 1],
        prediction: 0,
    },
    Rule {
        name: "counts reach the next layer as they are, and come back late as they were",
        program: network(
            edge(1, I16, Rate::PerTimestep),
            &[
                Step::Population(Population {
                    projections: &[
                        INPUT,
                        Projection {
                            source: 1,
                            delay: 1,
                            connection: Connection::Dense,
                            synapses: Synapses::Int8 { weights: &[-5] },
                        },
                    ],
                    accumulator_bits: 20,
                    current_shift: 0,
                    bias: &[0],
                    neuron: Some(Neuron { max_spikes: 4, ..neuron(FORGETS, &[10], Reset::None, NOW, 10) }),
                    output: edge(1, EdgeKind::Counts { max: 4 }, Rate::PerTimestep),
                }),
                Step::Population(Population {
                    projections: &[Projection {
                        source: 1,
                        delay: 0,
                        connection: Connection::Dense,
                        synapses: Synapses::Int8 { weights: &[7] },
                    }],
                    accumulator_bits: 8,
                    current_shift: 0,
                    bias: &[0],
                    neuron: None,
                    output: edge(1, EdgeKind::Currents { bits: 8 }, Rate::PerTimestep),
                }),
            ],
            Readout { source: 2, quantity: Quantity::Current, reduce: Reduce::Sum },
            4,
        ),
        // potentials 35, 20 - 15, 20, 20 - 10
        sample: &[&[35], &[20], &[20], &[20]],
        output: &[&[21], &[0], &[14], &[7]],
        membranes: &[],
        scores: &[42],
        prediction: 0,
    },
    neuron_rule!("the last timestep still counts", neuron(IF, &[5], Reset::Subtract(&[5]), NOW, 8),
        0 => 0 0, 0 => 0 0, 5 => 0 1),
    current_rule!("a right shift rounds half up, of negatives too", -2, 0,
        5 => 1, 6 => 2, 7 => 2, -5 => -1, -6 => -1, -7 => -2),
    current_rule!("a left shift is exact and the bias comes after it", 3, -1, 5 => 39, -5 => -41),
    current_rule!("a shift of one rounds by the bit it drops", -1, 10, 3 => 12, -3 => 9, 32767 => 16394, -32768 => -16374),
    readout_rule!(
        "counts tie: the lowest index wins",
        Quantity::Spikes,
        Reduce::Sum,
        [[0, 100, 100], [0, 0, 0]],
        [[0, 1, 1], [0, 1, 1]],
        [[0, 100, 100], [0, 100, 100]],
        [0, 2, 2],
        1
    ),
    readout_rule!(
        "nothing fires: the prediction is 0",
        Quantity::Spikes,
        Reduce::Sum,
        [[0, 99, 9], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0]],
        [[0, 99, 9], [0, 99, 9]],
        [0, 0, 0],
        0
    ),
    readout_rule!(
        "the last membrane counts, not the largest",
        Quantity::Membrane,
        Reduce::Last,
        [[9, 0, -9], [-9, 0, 10]],
        [[0, 0, 0], [0, 0, 0]],
        [[9, 0, -9], [0, 0, 1]],
        [0, 0, 1],
        2
    ),
    readout_rule!(
        "the largest membrane of any timestep, of negatives too",
        Quantity::Membrane,
        Reduce::Max,
        [[-9, -7, -8], [1, -2, 3]],
        [[0, 0, 0], [0, 0, 0]],
        [[-9, -7, -8], [-8, -9, -5]],
        [-8, -7, -5],
        2
    ),
    readout_rule!(
        "the earliest spike wins",
        Quantity::Spikes,
        Reduce::First,
        [[0, 0, 1], [100, 0, 0], [0, 100, 0]],
        [[0, 0, 0], [1, 0, 0], [1, 1, 0]],
        [[0, 0, 1], [100, 0, 1], [100, 100, 1]],
        [2, 1, 0],
        0
    ),
    readout_rule!(
        "a sum of membranes",
        Quantity::Membrane,
        Reduce::Sum,
        [[5, -1, 0], [-9, 0, 1]],
        [[0, 0, 0], [0, 0, 0]],
        [[5, -1, 0], [-4, -1, 1]],
        [1, -2, 1],
        0
    ),
    Rule {
        name: "its own spikes come back after the delay, through binary synapses",
        program: network(
            edge(2, EdgeKind::Spikes, Rate::PerTimestep),
            &[spiking(
                &[
                    INPUT_2,
                    Projection {
                        source: 1,
                        delay: 2,
                        connection: Connection::Dense,
                        synapses: Synapses::Binary { signs: &[0b10, 0b01] },
                    },
                ],
                &[0, 0],
                neuron(Leak::None, &[1, 1], Reset::ToValue(&[0, 0]), NOW, 8),
            )],
            COUNT,
            5,
        ),
        sample: &[&[1, 0], &[0, 0], &[0, 0], &[0, 0], &[0, 0]],
        output: &[&[1, 0], &[0, 0], &[0, 1], &[0, 0], &[0, 0]],
        membranes: &[&[0, 0], &[0, 0], &[-1, 0], &[-1, 0], &[0, -1]],
        scores: &[1, 1],
        prediction: 0,
    },
    Rule {
        name: "the input too can come late, and a constant one begins with zeros",
        program: network(
            edge(1, EdgeKind::Spikes, Rate::PerSample),
            &[spiking(&[LATE_INPUT], &[0], neuron(Leak::None, &[2], Reset::Subtract(&[2]), NOW, 8))],
            COUNT,
            4,
        ),
        sample: &[&[1]],
        output: &[&[0], &[0], &[0], &[1]],
        membranes: &[&[0], &[0], &[1], &[0]],
        scores: &[1],
        prediction: 0,
    },
    Rule {
        name: "what a constant image brings is computed once and kept",
        program: network(
            edge(2, EdgeKind::Values(ValueKind::U8), Rate::PerSample),
            &[
                Step::Population(Population {
                    projections: &[Projection {
                        source: 0,
                        delay: 0,
                        connection: Connection::Dense,
                        synapses: Synapses::Int8 { weights: &[-128, 2, 127, -3] },
                    }],
                    accumulator_bits: 17,
                    current_shift: -6,
                    bias: &[1, 0],
                    neuron: None,
                    output: edge(2, EdgeKind::Currents { bits: 16 }, Rate::PerSample),
                }),
                spiking(&[EDGE_1], &[0, 0], neuron(Leak::None, &[1, -9], Reset::Subtract(&[1, 1]), DELAYED, 12)),
            ],
            Readout { source: 2, quantity: Quantity::Spikes, reduce: Reduce::Sum },
            3,
        ),
        // -32640 + 32385 = -255 -> -4 + 1; 510 - 765 = -255 -> -4
        sample: &[&[255, 255]],
        output: &[&[0, 1], &[0, 0], &[0, 0]],
        // channel 1 starts at 0 >= -9: a neuron at rest above its threshold resets with the first input
        membranes: &[&[-3, -5], &[-6, -10], &[-9, -14]],
        scores: &[0, 1],
        prediction: 1,
    },
    Rule {
        name: "spikes are pooled by OR, counts by sum, and the part outside the map is left out",
        program: network(
            Edge { shape: Shape { height: 3, width: 3, channels: 1 }, kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
            &[
                Step::Pool(Pool {
                    source: 0,
                    op: PoolOp::Max,
                    window: WINDOW,
                    output: Edge {
                        shape: Shape { height: 2, width: 2, channels: 1 },
                        kind: EdgeKind::Spikes,
                        rate: Rate::PerTimestep,
                    },
                }),
                Step::Pool(Pool {
                    source: 0,
                    op: PoolOp::Sum,
                    window: WINDOW,
                    output: Edge {
                        shape: Shape { height: 2, width: 2, channels: 1 },
                        kind: EdgeKind::Counts { max: 4 },
                        rate: Rate::PerTimestep,
                    },
                }),
                Step::Population(Population {
                    projections: &[
                        Projection {
                            source: 1,
                            delay: 0,
                            connection: Connection::Dense,
                            synapses: Synapses::Int8 { weights: &[100, 0, 0, 10, 100, 0, 0, 10] },
                        },
                        Projection {
                            source: 2,
                            delay: 0,
                            connection: Connection::Dense,
                            synapses: Synapses::Int8 { weights: &[1, 0, 1, 0, 0, 1, 0, 1] },
                        },
                    ],
                    accumulator_bits: 16,
                    current_shift: 0,
                    bias: &[0, 0],
                    neuron: None,
                    output: edge(2, EdgeKind::Currents { bits: 16 }, Rate::PerTimestep),
                }),
            ],
            Readout { source: 3, quantity: Quantity::Current, reduce: Reduce::Last },
            2,
        ),
        // windows: rows and columns {0} and {1, 2}
        sample: &[&[1, 0, 0, 0, 1, 1, 0, 0, 1], &[0, 0, 0, 1, 0, 0, 1, 0, 0]],
        // OR 1 0 / 0 1, counts 1 0 / 0 3; then OR 0 0 / 1 0, counts 0 0 / 2 0
        output: &[&[101, 13], &[100, 2]],
        membranes: &[],
        scores: &[100, 2],
        prediction: 0,
    },
    Rule {
        name: "a maximum and a sum of negative currents; a window beside the map gives zero",
        program: network(
            Edge { shape: Shape { height: 1, width: 3, channels: 1 }, kind: I16, rate: Rate::PerTimestep },
            &[
                Step::Population(Population {
                    projections: &[INPUT],
                    accumulator_bits: 16,
                    current_shift: 0,
                    bias: &[0],
                    neuron: None,
                    output: ROW,
                }),
                Step::Pool(Pool { source: 1, op: PoolOp::Max, window: BESIDE, output: ROW }),
                Step::Pool(Pool { source: 1, op: PoolOp::Sum, window: BESIDE, output: ROW }),
                Step::Population(Population {
                    projections: &[
                        Projection { source: 2, ..INPUT },
                        Projection { source: 3, synapses: Synapses::Int8 { weights: &[100] }, ..INPUT },
                    ],
                    accumulator_bits: 32,
                    current_shift: 0,
                    bias: &[0],
                    neuron: None,
                    output: ROW,
                }),
            ],
            Readout { source: 4, quantity: Quantity::Current, reduce: Reduce::Last },
            2,
        ),
        // windows over nothing, over elements 0 and 1, over element 2 alone
        sample: &[&[-5, -7, 9], &[-3, 2, -300]],
        output: &[&[0, -1205, 909], &[0, -98, -30300]],
        membranes: &[],
        scores: &[0, -98, -30300],
        prediction: 0,
    },
    Rule {
        name: "a convolution pads with zeros and keeps to its stride and dilation",
        program: network(
            Edge { shape: Shape { height: 1, width: 4, channels: 1 }, kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
            &[Step::Population(Population {
                projections: &[Projection {
                    source: 0,
                    delay: 0,
                    connection: Connection::Conv2d(Window {
                        kernel: [1, 2],
                        stride: [1, 2],
                        padding: [0, 1],
                        dilation: [1, 2],
                    }),
                    synapses: Synapses::Int8 { weights: &[-128, 1, 127, 2] },
                }],
                accumulator_bits: 9,
                current_shift: 0,
                bias: &[0, 0],
                neuron: None,
                output: Edge {
                    shape: Shape { height: 1, width: 2, channels: 2 },
                    kind: EdgeKind::Currents { bits: 9 },
                    rate: Rate::PerTimestep,
                },
            })],
            Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Max },
            2,
        ),
        // taps at columns -1, 1 and 1, 3
        sample: &[&[1, 1, 1, 0], &[0, 1, 0, 1]],
        output: &[&[127, 2, -128, 1], &[127, 2, -1, 3]],
        membranes: &[],
        scores: &[127, 2, -1, 3],
        prediction: 0,
    },
];

/// Two columns wide, the first wholly in the padding.
const BESIDE: Window = Window { kernel: [1, 2], stride: [1, 2], padding: [0, 2], dilation: [1, 1] };

const ROW: Edge = Edge {
    shape: Shape { height: 1, width: 3, channels: 1 },
    kind: EdgeKind::Currents { bits: 32 },
    rate: Rate::PerTimestep,
};

const WINDOW: Window = Window { kernel: [2, 2], stride: [2, 2], padding: [1, 1], dilation: [1, 1] };
