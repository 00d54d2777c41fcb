//! The contract read a second time, as plainly as it can be said: every element a number, every sum a loop.
use snnc_runtime::program::{
    Connection, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Reduce, Reset,
    ResetTiming, Shape, Staircase, Step, Synapses, Window,
};

/// What happened since the sample began.
#[derive(Default)]
pub struct State {
    /// `[timestep][edge][element]`.
    pub edges: Vec<Vec<Vec<i64>>>,
    /// `[step][element]`.
    pub membranes: Vec<Vec<i64>>,
    /// `[step][filter][element]`.
    pub synaptic: Vec<Vec<Vec<i64>>>,
    /// `[timestep][element]`: what the readout looks at.
    quantities: Vec<Vec<i64>>,
    /// Scores after the last timestep.
    pub scores: Vec<i64>,
}

impl State {
    pub fn prediction(&self) -> usize {
        let highest = self.scores.iter().max().expect("one element or more");
        self.scores.iter().position(|score| score == highest).expect("it is there")
    }
}

/// A network, read plainly.
pub struct Naive<'p>(pub &'p Program<'p>);

impl Naive<'_> {
    pub fn step(&self, state: &mut State, input: &[i32]) {
        let t = state.edges.len();
        if t == 0 {
            state.membranes = self.0.steps().iter().map(|s| vec![0; s.output().shape.len()]).collect();
            let filters = |step: &Step<'_>| match step {
                Step::Population(Population { neuron: Some(neuron), .. }) => {
                    neuron.synaptic.len() + neuron.mix.map_or(0, |mix| mix.timesteps.into())
                }
                _ => 0,
            };
            state.synaptic = self.0.steps().iter().map(|s| vec![vec![0; s.output().shape.len()]; filters(s)]).collect();
        }
        state.edges.push(vec![input.iter().map(|&v| i64::from(v)).collect()]);
        for (index, step) in self.0.steps().iter().enumerate() {
            let output = match step {
                _ if t > 0 && step.output().rate == Rate::PerSample => state.edges[0][index + 1].clone(),
                Step::Population(population) => self.population(state, t, index, population),
                Step::Pool(p) => pool(p, self.0.edge(p.source.into()).shape, &state.edges[t][usize::from(p.source)]),
            };
            state.edges[t].push(output);
        }
        self.read_out(state, t);
    }

    fn population(&self, state: &mut State, t: usize, index: usize, population: &Population<'_>) -> Vec<i64> {
        let shape = population.output.shape;
        let mut output = Vec::new();
        for element in 0..shape.len() {
            let channel = element % shape.channels as usize;
            let sum: i64 =
                population.projections.iter().map(|projection| self.sum(state, t, projection, shape, element)).sum();
            let half = 1_i64 << population.accumulator_bits.saturating_sub(1);
            assert!((-half..half).contains(&sum), "the generator proved {} bits", population.accumulator_bits);
            let shifted = match population.current_shift {
                n if n >= 0 => sum << n,
                n => (sum + (1 << (-n - 1))) >> -n,
            };
            let current = shifted + i64::from(population.bias[channel]);
            output.push(match &population.neuron {
                None => current,
                Some(neuron) => {
                    let current = match neuron.mix {
                        Some(mix) => mixed(mix, t, element, current, &mut state.synaptic[index]),
                        None => filtered(neuron, channel, element, current, &mut state.synaptic[index]),
                    };
                    let v = &mut state.membranes[index][element];
                    let threshold = threshold(neuron, t, shape.channels as usize, channel);
                    if neuron.reset_timing == ResetTiming::Clearing && *v >= threshold {
                        state.synaptic[index].iter_mut().for_each(|filter| filter[element] = 0);
                    }
                    let (next, spikes) = step_neuron(neuron, channel, threshold, *v, current);
                    *v = next;
                    spikes
                }
            });
        }
        if let Some(neuron) = population.neuron.filter(|neuron| neuron.inhibition) {
            let above: Vec<i64> =
                state.membranes[index].iter().zip(neuron.threshold).map(|(v, &t)| v - i64::from(t)).collect();
            let highest = above.iter().max().expect("one neuron or more");
            let winner = above.iter().position(|v| v == highest).expect("it is there");
            output.iter_mut().enumerate().filter(|(i, _)| *i != winner).for_each(|(_, spikes)| *spikes = 0);
        }
        output
    }

    /// What `projection` brings to one element of the output.
    fn sum(&self, state: &State, t: usize, projection: &Projection<'_>, to: Shape, element: usize) -> i64 {
        let Some(t) = t.checked_sub(projection.delay.into()) else { return 0 };
        let from = self.0.edge(projection.source.into()).shape;
        let source = &state.edges[t][usize::from(projection.source)];
        let channel = element % to.channels as usize;
        match projection.connection {
            Connection::Dense => {
                (0..from.len()).map(|i| source[i] * weight(&projection.synapses, to.len(), i, element)).sum()
            }
            Connection::Identity => source[element] * weight(&projection.synapses, to.channels as usize, 0, channel),
            Connection::Conv2d(window) => {
                let mut sum = 0;
                for (tap, position) in taps(&window, from, to, element) {
                    let Some(position) = position else { continue };
                    for ci in 0..from.channels as usize {
                        let row = tap * from.channels as usize + ci;
                        sum += source[position * from.channels as usize + ci]
                            * weight(&projection.synapses, to.channels as usize, row, channel);
                    }
                }
                sum
            }
        }
    }

    fn read_out(&self, state: &mut State, t: usize) {
        let readout = self.0.readout();
        let edge = usize::from(readout.source);
        state.quantities.push(match readout.quantity {
            Quantity::Spikes | Quantity::Current => state.edges[t][edge].clone(),
            Quantity::Membrane => state.membranes[edge - 1].clone(),
        });
        state.scores = (0..state.quantities[0].len())
            .map(|i| {
                let series: Vec<i64> = state.quantities.iter().map(|q| q[i]).collect();
                match readout.reduce {
                    Reduce::Sum => series.iter().sum(),
                    Reduce::Last => series[t],
                    Reduce::Max => *series.iter().max().expect("one element or more"),
                    Reduce::First => series
                        .iter()
                        .position(|&q| q > 0)
                        .map_or(0, |first| i64::from(self.0.timesteps()) - first as i64),
                }
            })
            .collect();
    }
}

/// The weight from `row` to `column` of rows `width` wide.
fn weight(synapses: &Synapses<'_>, width: usize, row: usize, column: usize) -> i64 {
    match synapses {
        Synapses::Int8 { weights } => weights[row * width + column].into(),
        Synapses::Binary { signs } => {
            let word = signs[row * width.div_ceil(32) + column / 32];
            if word >> (column % 32) & 1 == 1 { 1 } else { -1 }
        }
        Synapses::Planes { bits, odd, planes } => {
            let row = &planes[row * (usize::from(*bits) * width).div_ceil(32)..];
            let bit = |k: usize| row[(k * width + column) / 32] >> ((k * width + column) % 32) & 1;
            let unsigned: i64 = (0..usize::from(*bits)).map(|k| i64::from(bit(k)) << k).sum();
            let q = if bit(usize::from(*bits) - 1) == 1 { unsigned - (1 << bits) } else { unsigned };
            if *odd { 2 * q + 1 } else { q }
        }
        Synapses::Nibbles { odd, nibbles } => {
            let word = nibbles[row * (4 * width).div_ceil(32) + column / 8];
            let q = i64::from(word >> (4 * (column % 8)) & 15) - 8;
            if *odd { 2 * q + 1 } else { q }
        }
        Synapses::Codebook { index_bits, codewords, indices } => {
            let bits = usize::from(*index_bits);
            let row_words = (width * bits).div_ceil(32);
            let channels = indices.len() / row_words;
            let (tap, channel) = (row / channels, row % channels);
            let bit = |i: usize| indices[channel * row_words + i / 32] >> (i % 32) & 1;
            let index: usize = (0..bits).map(|k| (bit(column * bits + k) as usize) << k).sum();
            if codewords[index] >> tap & 1 == 1 { 1 } else { -1 }
        }
        Synapses::Codewords { codewords, indices } => {
            let word = codewords[usize::from(indices[row * width.div_ceil(32) + column / 32])];
            if word >> (column % 32) & 1 == 1 { 1 } else { -1 }
        }
        Synapses::Sparse { starts, columns, weights } => {
            let entries = match starts {
                [] => row..row + 1,
                _ => starts[row] as usize..starts[row + 1] as usize,
            };
            entries.filter(|&i| usize::from(columns[i]) == column).map(|i| i64::from(weights[i])).sum()
        }
    }
}

/// Each tap of the window at output `element`: its number in the kernel, and the position under it if that is inside.
fn taps(window: &Window, from: Shape, to: Shape, element: usize) -> Vec<(usize, Option<usize>)> {
    let position = element / to.channels as usize;
    let at = [position / to.width as usize, position % to.width as usize];
    let size = [from.height, from.width];
    let place = |axis: usize, tap: u16| {
        let i = at[axis] as i64 * i64::from(window.stride[axis]) + i64::from(tap) * i64::from(window.dilation[axis])
            - i64::from(window.padding[axis]);
        (0..i64::from(size[axis])).contains(&i).then_some(i as usize)
    };
    let mut all = Vec::new();
    for ky in 0..window.kernel[0] {
        for kx in 0..window.kernel[1] {
            let inside = place(0, ky).zip(place(1, kx)).map(|(y, x)| y * from.width as usize + x);
            all.push((usize::from(ky) * usize::from(window.kernel[1]) + usize::from(kx), inside));
        }
    }
    all
}

fn pool(pool: &Pool, from: Shape, source: &[i64]) -> Vec<i64> {
    let to = pool.output.shape;
    (0..to.len())
        .map(|element| {
            let channel = element % to.channels as usize;
            let under: Vec<i64> = taps(&pool.window, from, to, element)
                .into_iter()
                .filter_map(|(_, position)| Some(source[position? * from.channels as usize + channel]))
                .collect();
            match pool.op {
                PoolOp::Max => under.iter().copied().max().unwrap_or(0),
                PoolOp::Sum => under.iter().sum(),
            }
        })
        .collect()
}

fn leaked(leak: Leak<'_>, channel: usize, v: i64) -> i64 {
    match leak {
        Leak::None => v,
        Leak::All => 0,
        Leak::Shift(n) => v - v.div_euclid(1 << n),
        Leak::Multiply { factor, shift } => (v * i64::from(factor)).div_euclid(1 << shift),
        Leak::MultiplyEach { factors, shift } => (v * i64::from(factors[channel])).div_euclid(1 << shift),
    }
}

/// What the membrane of `element` takes of all its currents so far, `kept` being `[timestep][element]`.
fn mixed(mix: Mix<'_>, t: usize, element: usize, current: i64, kept: &mut [Vec<i64>]) -> i64 {
    kept[t][element] = current;
    let row = &mix.weights[t * usize::from(mix.timesteps)..];
    (0..=t).map(|k| i64::from(row[k]) * kept[k][element]).sum()
}

/// What the membrane of `element` takes of its current, `states` being `[filter][element]`.
fn filtered(neuron: &Neuron<'_>, channel: usize, element: usize, current: i64, states: &mut [Vec<i64>]) -> i64 {
    if neuron.synaptic.is_empty() {
        return current;
    }
    let mut sum = 0;
    for (filter, states) in neuron.synaptic.iter().zip(states) {
        let half = 1_i64 << (filter.bits - 1);
        let next = (leaked(filter.leak, channel, states[element]) + current).clamp(-half, half - 1);
        states[element] = next;
        sum += if filter.negative { -next } else { next };
    }
    sum
}

/// What is stored of `v`.
fn level(stored: &Staircase<'_>, channel: usize, v: i64) -> i64 {
    let steps = usize::from(stored.steps);
    let row = if stored.thresholds.len() == steps { 0 } else { channel };
    let below = stored.thresholds[row * steps..][..steps].iter().filter(|&&t| i64::from(t) <= v).count();
    stored.levels[row * (steps + 1) + below].into()
}

/// The threshold of a channel at timestep `t`.
fn threshold(neuron: &Neuron<'_>, t: usize, channels: usize, channel: usize) -> i64 {
    let row = if neuron.threshold.len() == channels { 0 } else { t * channels };
    neuron.threshold[row + channel].into()
}

/// Next membrane potential, and the spikes.
fn step_neuron(neuron: &Neuron<'_>, channel: usize, threshold: i64, v: i64, current: i64) -> (i64, i64) {
    let half = 1_i64 << (neuron.membrane_bits - 1);
    let saturate = |v: i64| v.clamp(-half, half - 1);
    let leak = |v: i64| leaked(neuron.leak, channel, v);
    // as many thresholds as fit under the potential
    let spikes = |v: i64| match neuron.max_spikes {
        1 => i64::from(v >= threshold),
        most => (1..=i64::from(most)).take_while(|n| v >= n * threshold).count() as i64,
    };
    let fired = v >= threshold; // in the timestep before, where the reset is not immediate
    match neuron.reset_timing {
        ResetTiming::Immediate => {
            let v = saturate(leak(v) + current);
            let n = spikes(v);
            let after = match neuron.reset {
                Reset::ToValue(value) if n > 0 => i64::from(value[channel]),
                Reset::Subtract(amount) if n > 0 => saturate(v - n * i64::from(amount[channel])),
                _ => v,
            };
            let after = neuron.floor.map_or(after, |floor| after.max(floor[channel].into()));
            (neuron.stored.map_or(after, |stored| level(&stored, channel, after)), n)
        }
        ResetTiming::Delayed => {
            let v = match neuron.reset {
                Reset::ToValue(value) if fired => leak(value[channel].into()) + current,
                Reset::Subtract(amount) if fired => leak(v) + current - i64::from(amount[channel]),
                _ => leak(v) + current,
            };
            let v = saturate(v);
            (v, spikes(v))
        }
        ResetTiming::Overriding | ResetTiming::Clearing => {
            let v = match neuron.reset {
                Reset::ToValue(value) if fired => i64::from(value[channel]),
                _ => saturate(leak(v) + current),
            };
            (v, spikes(v))
        }
    }
}
