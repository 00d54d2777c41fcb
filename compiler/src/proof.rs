//! Proves from the weights that no sum of a program can overflow, whatever the input.
//!
//! The range of every edge follows from the ranges of its sources; a sum's range is that of its positive and of its
//! negative extremes, which bound every partial sum in every order.

use snnc_runtime::program::{
    Connection, EdgeKind, Neuron, Pool, PoolOp, Population, Program, Quantity, Reduce, Step, Synapses, ValueKind,
};

/// The least and the most that something can be.
type Range = (i64, i64);

/// Checks every width that a program states about itself.
///
/// # Errors
/// The first that the weights do not keep, with the index of its step.
pub fn prove(program: &Program<'_>) -> Result<(), String> {
    let mut ranges = vec![input_range(program.input().kind)];
    for (index, step) in program.steps().iter().enumerate() {
        let range = match step {
            Step::Pool(pool) => pooled(pool, ranges[usize::from(pool.source)]),
            Step::Population(population) => {
                if population.projections.iter().any(|projection| !is_sorted(&projection.synapses)) {
                    return Err(format!("step {index}: its sparse weights are not in ascending order, row by row"));
                }
                let (sum, current) = sums(program, population, &ranges);
                let fits = |range: Range, bits: u8| range.0 >= -(1 << (bits - 1)) && range.1 < 1 << (bits - 1);
                if !fits(sum, population.accumulator_bits) {
                    return Err(format!(
                        "step {index}: its sums reach {sum:?}, beyond {} bits",
                        population.accumulator_bits
                    ));
                }
                match population.neuron {
                    Some(neuron) if !fits(current, 30) || !fits(mixed(&neuron, current), 30) => {
                        return Err(format!("step {index}: its currents reach {current:?}, beyond 30 bits"));
                    }
                    Some(neuron) => (0, neuron.max_spikes.into()),
                    None => current,
                }
            }
        };
        if let EdgeKind::Currents { bits } = step.output().kind
            && !(range.0 >= -(1 << (bits - 1)) && range.1 < 1 << (bits - 1))
        {
            return Err(format!("step {index}: its currents reach {range:?}, beyond {bits} bits"));
        }
        ranges.push(range);
    }
    let readout = program.readout();
    let (least, most) = ranges[usize::from(readout.source)];
    let reach = match (&program.steps()[usize::from(readout.source) - 1], readout.quantity) {
        (Step::Population(Population { neuron: Some(neuron), .. }), Quantity::Membrane) => {
            1 << (neuron.membrane_bits - 1)
        }
        _ => most.max(-least),
    };
    match reach * i64::from(program.timesteps()) {
        sum if readout.reduce == Reduce::Sum && sum >= 1 << 31 => {
            Err(format!("its summed scores reach {sum}, beyond 32 bits"))
        }
        _ => Ok(()),
    }
}

fn input_range(kind: EdgeKind) -> Range {
    match kind {
        EdgeKind::Values(ValueKind::U8) => (0, 255),
        EdgeKind::Values(ValueKind::I8) => (-128, 127),
        EdgeKind::Values(ValueKind::I16) => (-32768, 32767),
        EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => (0, 1),
    }
}

fn pooled(pool: &Pool, (least, most): Range) -> Range {
    let taps = i64::from(pool.window.kernel[0]) * i64::from(pool.window.kernel[1]);
    match pool.op {
        PoolOp::Max => (least, most),
        PoolOp::Sum => (least.min(0) * taps, most.max(0) * taps),
    }
}

/// Whether sparse weights are where [`Synapses::weight`] finds them: each once.
fn is_sorted(synapses: &Synapses<'_>) -> bool {
    let Synapses::Sparse { starts, columns, .. } = synapses else { return true };
    let rows = starts.windows(2).map(|ends| columns.get(ends[0] as usize..ends[1] as usize));
    let whole = starts.first() == Some(&0) && starts.last().is_some_and(|&end| end as usize == columns.len());
    whole && rows.into_iter().all(|row| row.is_some_and(|row| row.windows(2).all(|pair| pair[0] < pair[1])))
}

/// The range of what a mix makes of currents of `range`.
fn mixed(neuron: &Neuron<'_>, range: Range) -> Range {
    let Some(mix) = neuron.mix else { return range };
    let reach = range.1.max(-range.0).max(0);
    let row = |row: &[i8]| row.iter().map(|&weight| i64::from(weight).abs()).sum::<i64>();
    let most = mix.weights.chunks(usize::from(mix.timesteps).max(1)).map(row).max().unwrap_or(0) * reach;
    (-most, most)
}

/// Ranges of a population's sum and of its current.
fn sums(program: &Program<'_>, population: &Population<'_>, ranges: &[Range]) -> (Range, Range) {
    let channels = population.output.shape.channels as usize;
    // positions differ only where a dense projection has weights for each, and so as many as there are elements
    let dense = population.projections.iter().any(|p| p.connection == Connection::Dense);
    let mut sums = vec![(0i64, 0i64); if dense { population.output.shape.len() } else { channels }];
    for projection in population.projections {
        let source = usize::from(projection.source);
        // only spikes and their counts are read with a delay, and only they can come from a later edge
        let range = match program.edge(source).kind {
            EdgeKind::Counts { max } if projection.delay > 0 => (0, max.into()),
            _ if projection.delay > 0 => (0, 1),
            _ => ranges[source],
        };
        let width = match projection.connection {
            Connection::Dense => population.output.shape.len(),
            Connection::Conv2d(_) | Connection::Identity => channels,
        };
        let rows = match projection.connection {
            Connection::Dense => program.edge(source).shape.len(),
            Connection::Conv2d(w) => {
                usize::from(w.kernel[0]) * usize::from(w.kernel[1]) * program.edge(source).shape.channels as usize
            }
            Connection::Identity => 1,
        };
        let bounds = bounds(&projection.synapses, rows, width, range);
        for (element, sum) in sums.iter_mut().enumerate() {
            let (low, high) = bounds[element % width];
            *sum = (sum.0 + low, sum.1 + high);
        }
    }
    let join =
        |ranges: &mut dyn Iterator<Item = Range>| ranges.fold((0, 0), |a: Range, b| (a.0.min(b.0), a.1.max(b.1)));
    let sum = join(&mut sums.iter().copied());
    let current = join(&mut sums.iter().enumerate().map(|(element, sum)| {
        let bias = i64::from(population.bias[element % channels]);
        (shifted(sum.0, population.current_shift) + bias, shifted(sum.1, population.current_shift) + bias)
    }));
    (sum, current)
}

/// Per output, the least and the most that inputs within `range` can sum up to, at any point of the sum.
fn bounds(synapses: &Synapses<'_>, rows: usize, width: usize, range: Range) -> Vec<Range> {
    let mut bounds = vec![(0, 0); width];
    for row in 0..rows {
        for (column, bound) in bounds.iter_mut().enumerate() {
            let weight = i64::from(synapses.weight(width, row, column));
            let ends = [weight * range.0, weight * range.1];
            bound.0 += ends[0].min(ends[1]).min(0);
            bound.1 += ends[0].max(ends[1]).max(0);
        }
    }
    bounds
}

/// What [`Population::shift`] does to a sum of any size.
pub(crate) fn shifted(sum: i64, shift: i8) -> i64 {
    match shift {
        0.. => sum << shift,
        _ => (sum + (1 << (-shift - 1))) >> -shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snnc_runtime::program::{Edge, Projection, Rate, Readout, Shape};

    /// One dense step of currents over bytes, with weights -1 and 2 and a bias of 10.
    fn proven(accumulator_bits: u8, bits: u8) -> Result<(), String> {
        let synapses = Synapses::Int8 { weights: &[-1, 2] };
        let projections = [Projection { source: 0, delay: 0, connection: Connection::Dense, synapses }];
        let edge = |n, kind| Edge { shape: Shape::vector(n), kind, rate: Rate::PerSample };
        let output = edge(1, EdgeKind::Currents { bits });
        let population = Population {
            projections: &projections,
            accumulator_bits,
            current_shift: 0,
            bias: &[10],
            neuron: None,
            output,
        };
        let steps = [Step::Population(population)];
        let readout = Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Last };
        let program =
            Program::new(edge(2, EdgeKind::Values(ValueKind::U8)), &steps, readout, 1).expect("a sound network");
        prove(&program)
    }

    #[test]
    fn a_width_one_bit_too_small_is_found() {
        assert_eq!(proven(10, 11), Ok(())); // sums -255..=510, currents -245..=520
        assert!(proven(9, 11).expect_err("9 bits end at 255").contains("(-255, 510)"));
        assert!(proven(10, 10).expect_err("10 bits end at 511").contains("(-245, 520)"));
    }
}
