//! Which kernel makes a layer's sums. Spikes add rows of weights as they are kept; values are multiplied, for which every core has
//! a fast loop over bytes and none over fewer bits: weights that meet values become bytes where there is the flash. Kernels from
//! a codebook become the signs that they are, which spikes count: to share what a codeword responds takes a core longer. Lists of
//! one weight at most, which depthwise convolutions have, are told without where each starts.

use bumpalo::Bump;
use snnc_runtime::program::{Connection, EdgeKind, Population, Program, Projection, Step, Synapses, words};

use super::{CODE_BYTES, flash_bytes};
use crate::compiled::Compiled;

/// What makes the sums of a step.
pub(super) fn name(program: &Program<'_>, step: &Step<'_>) -> Option<&'static str> {
    let Step::Population(population) = step else { return None };
    let projection = population.projections.first()?;
    let spikes = program.edge(projection.source.into()).kind == EdgeKind::Spikes;
    Some(match (projection.connection, projection.synapses) {
        (Connection::Identity, _) => return None,
        (_, Synapses::Codebook { .. }) => "responses",
        _ if !spikes => "products",
        (_, Synapses::Int8 { .. }) => "rows",
        (_, Synapses::Binary { .. } | Synapses::Codewords { .. } | Synapses::Planes { .. }) => "counters",
        (_, Synapses::Nibbles { .. }) => "nibbles",
        (_, Synapses::Sparse { .. }) => "lists",
    })
}

/// The network with weights unpacked, those that meet values to bytes and codebooks of kernels to signs, one step after the other as
/// long as all fits into so many bytes of flash: the same weights, and so the same sums.
#[must_use]
pub fn unpacked<'a>(compiled: &Compiled<'a>, arena: &'a Bump, flash: u64) -> Compiled<'a> {
    let mut compiled = compiled.clone();
    for index in 0..compiled.program.steps().len() {
        let program = &compiled.program;
        let Step::Population(population) = &program.steps()[index] else { continue };
        let projections =
            population.projections.iter().map(|projection| unpacked_one(program, population, projection, arena));
        let projections = arena.alloc_slice_fill_iter(projections.collect::<Vec<_>>());
        if projections == population.projections {
            continue;
        }
        let steps = arena.alloc_slice_copy(program.steps());
        steps[index] = Step::Population(Population { projections, ..*population });
        let program = Program::new(*program.input(), steps, *program.readout(), program.timesteps());
        if let Ok(program) = program
            && flash_bytes(&program) + CODE_BYTES <= flash
        {
            compiled.program = program;
        }
    }
    compiled
}

/// A projection with its weights as a core has a fast loop over.
fn unpacked_one<'a>(
    program: &Program<'_>,
    population: &Population<'_>,
    projection: &Projection<'a>,
    arena: &'a Bump,
) -> Projection<'a> {
    let from = program.edge(projection.source.into());
    let (rows, width) = match projection.connection {
        Connection::Dense => (from.shape.len(), population.output.shape.len()),
        Connection::Conv2d(window) => {
            (window.taps() * from.shape.channels as usize, population.output.shape.channels as usize)
        }
        Connection::Identity => return *projection,
    };
    match (from.kind, projection.synapses) {
        (EdgeKind::Spikes, Synapses::Codebook { .. }) => {
            let signs = arena.alloc_slice_fill_copy(rows * words(width), 0u32);
            for (row, signs) in signs.chunks_mut(words(width)).enumerate() {
                for column in (0..width).filter(|&column| projection.synapses.weight(width, row, column) > 0) {
                    signs[column / 32] |= 1 << (column % 32);
                }
            }
            return Projection { synapses: Synapses::Binary { signs }, ..*projection };
        }
        (EdgeKind::Spikes, Synapses::Sparse { starts, columns, weights }) => {
            let Some(synapses) = entries(starts, columns, weights, arena) else { return *projection };
            return Projection { synapses, ..*projection };
        }
        (EdgeKind::Spikes, _) => return *projection,
        // nine bits
        (_, Synapses::Planes { bits: 8, odd: true, .. }) => return *projection,
        // most of them zero
        (_, Synapses::Sparse { .. } | Synapses::Int8 { .. }) => return *projection,
        (_, Synapses::Binary { .. } | Synapses::Codewords { .. } | Synapses::Codebook { .. }) => {}
        (_, Synapses::Planes { .. } | Synapses::Nibbles { .. }) => {}
    }
    let weight = |i: usize| projection.synapses.weight(width, i / width, i % width) as i8;
    let weights = arena.alloc_slice_fill_iter((0..rows * width).map(weight));
    Projection { synapses: Synapses::Int8 { weights }, ..*projection }
}

/// Lists as one entry each, a weight of 0 where there is none; `None` where one has more.
fn entries<'a>(starts: &[u32], columns: &[u16], weights: &[i8], arena: &'a Bump) -> Option<Synapses<'a>> {
    if starts.is_empty() || starts.windows(2).any(|ends| ends[1] - ends[0] > 1) {
        return None;
    }
    let rows = starts.windows(2).map(|ends| (ends[0] < ends[1]).then_some(ends[0] as usize));
    Some(Synapses::Sparse {
        starts: &[],
        columns: arena.alloc_slice_fill_iter(rows.clone().map(|at| at.map_or(0, |at| columns[at]))),
        weights: arena.alloc_slice_fill_iter(rows.map(|at| at.map_or(0, |at| weights[at]))),
    })
}

#[cfg(test)]
mod tests {
    use snnc_runtime::program::{Edge, Neuron, Quantity, Rate, Readout, Reduce, Reset, Shape, ValueKind, Window};

    use super::*;
    use crate::compiled::{Layout, StepInfo};
    use crate::ir::{InputEncoding, WeightEncoding};

    /// Two layers of four bits: the first reads bytes, the second spikes.
    fn two<'a>(arena: &'a Bump) -> Compiled<'a> {
        let layer = |source: u16, rows: usize| {
            let nibbles = arena.alloc_slice_fill_iter((0..rows as u32 * 2).map(|i| i.wrapping_mul(0x9e37_79b9)));
            let threshold: &[i32] = arena.alloc_slice_fill_copy(9, 100);
            let synapses = Synapses::Nibbles { odd: false, nibbles };
            Step::Population(Population {
                projections: arena.alloc_slice_copy(&[Projection {
                    source,
                    delay: 0,
                    connection: Connection::Dense,
                    synapses,
                }]),
                accumulator_bits: 20,
                current_shift: 0,
                bias: arena.alloc_slice_fill_copy(9, 0),
                neuron: Some(Neuron {
                    threshold,
                    reset: Reset::Subtract(threshold),
                    membrane_bits: 16,
                    ..Neuron::BARE
                }),
                output: Edge { shape: Shape::vector(9), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
            })
        };
        let steps = arena.alloc_slice_copy(&[layer(0, 12), layer(1, 9)]);
        let input = Edge { shape: Shape::vector(12), kind: EdgeKind::Values(ValueKind::U8), rate: Rate::PerTimestep };
        let readout = Readout { source: 2, quantity: Quantity::Spikes, reduce: Reduce::Sum };
        let info = |name: &str| StepInfo {
            name: name.to_owned(),
            encoding: Some(WeightEncoding::Int { bits: 4 }),
            activity: None,
        };
        Compiled {
            name: "two".to_owned(),
            program: Program::new(input, steps, readout, 2).expect("a sound network"),
            input: InputEncoding::Integer { scale: 1.0, bits: 8, signed: false },
            steps: vec![info("first"), info("second")],
            readout_scale: 1.0,
            layout: Layout::default(),
        }
    }

    fn synapses<'a>(compiled: &Compiled<'a>, step: usize) -> Synapses<'a> {
        let Step::Population(population) = &compiled.program.steps()[step] else { panic!("a population") };
        population.projections[0].synapses
    }

    #[test]
    fn weights_that_meet_values_become_bytes_of_the_same_value() {
        let arena = Bump::new();
        let before = two(&arena);
        let after = unpacked(&before, &arena, u64::MAX);
        let (old, new) = (synapses(&before, 0), synapses(&after, 0));
        assert!(matches!(new, Synapses::Int8 { weights } if weights.len() == 12 * 9));
        for (row, column) in (0..12).flat_map(|row| (0..9).map(move |column| (row, column))) {
            assert_eq!(old.weight(9, row, column), new.weight(9, row, column));
        }
        assert_eq!(synapses(&before, 1), synapses(&after, 1), "spikes add them as they are kept");
        let names =
            |compiled: &Compiled<'_>| [0, 1].map(|step| name(&compiled.program, &compiled.program.steps()[step]));
        assert_eq!(names(&after), [Some("products"), Some("nibbles")]);
    }

    #[test]
    fn kernels_from_a_codebook_become_signs_where_they_meet_spikes() {
        let arena = Bump::new();
        let window = Window { kernel: [1, 2], stride: [1; 2], padding: [0; 2], dilation: [1; 2] };
        // two channels, five outputs, and a codeword for each pair
        let book = Synapses::Codebook { index_bits: 2, codewords: &[0, 1, 2, 3], indices: &[0b10_11_01_00_01, 0x1b4] };
        let of = |kind| {
            let edge =
                |channels, kind| Edge { shape: Shape { height: 1, width: 3, channels }, kind, rate: Rate::PerTimestep };
            let projection = Projection { source: 0, delay: 0, connection: Connection::Conv2d(window), synapses: book };
            let population = Population {
                projections: arena.alloc_slice_copy(&[projection]),
                accumulator_bits: 20,
                current_shift: 0,
                bias: &[0; 5],
                neuron: None,
                output: edge(5, EdgeKind::Currents { bits: 20 }),
            };
            let steps = arena.alloc_slice_copy(&[Step::Population(population)]);
            let readout = Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Sum };
            let program = Program::new(edge(2, kind), steps, readout, 1).expect("a sound network");
            let Step::Population(population) = &program.steps()[0] else { panic!("a population") };
            unpacked_one(&program, population, &population.projections[0], &arena).synapses
        };
        let (signs, bytes) = (of(EdgeKind::Spikes), of(EdgeKind::Values(ValueKind::U8)));
        assert!(matches!(signs, Synapses::Binary { .. }) && matches!(bytes, Synapses::Int8 { .. }));
        for (row, column) in (0..4).flat_map(|row| (0..5).map(move |column| (row, column))) {
            let weight = book.weight(5, row, column);
            assert_eq!([signs.weight(5, row, column), bytes.weight(5, row, column)], [weight; 2]);
        }
    }

    #[test]
    fn lists_of_one_weight_at_most_need_no_starts() {
        let arena = Bump::new();
        let found = entries(&[0, 1, 1, 2], &[4, 2], &[7, -3], &arena);
        assert_eq!(found, Some(Synapses::Sparse { starts: &[], columns: &[4, 0, 2], weights: &[7, 0, -3] }));
        assert_eq!(entries(&[0, 2, 2], &[1, 2], &[7, -3], &arena), None, "two in a row");
        assert_eq!(entries(&[], &[1], &[7], &arena), None, "there are none already");
    }

    #[test]
    fn they_stay_where_flash_is_short() {
        let arena = Bump::new();
        let before = two(&arena);
        let needs = flash_bytes(&before.program) + CODE_BYTES;
        assert_eq!(unpacked(&before, &arena, needs).program, before.program);
    }
}
