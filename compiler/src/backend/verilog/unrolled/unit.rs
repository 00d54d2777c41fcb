//! Layers of an unrolled network: which input reaches which neuron with which weight, and what stands behind the sums.

use std::collections::BTreeMap;

use snnc_runtime::program::{Connection, Neuron, Pool, PoolOp, Program, Projection, ResetTiming, Shape, Window};

use super::tree::{Sum, Trees};
use crate::backend::verilog::plan::{Own, Planned, planes};
use crate::backend::verilog::size::{Finish, synaptic_bits};

/// One layer.
pub struct Unit<'p> {
    /// The steps that it carries.
    pub planned: Planned<'p>,
    /// Whether its input is that of the whole sample.
    pub constant: bool,
    /// Digit planes of its input; 1: spikes.
    pub planes: usize,
    /// Whether the first plane is the sign of two's complement.
    pub negative: bool,
    /// Bits of its input frame.
    pub inputs: usize,
    /// Weights that it would have if none of them was zero.
    pub dense: usize,
    /// Its sums.
    pub sums: Trees,
    /// Shift and bias of its sums, where they are no part of them.
    pub finish: Option<Finish>,
    /// What its own spikes give.
    pub own: Option<Trees>,
    /// Shift and bias of joined or pooled currents.
    pub second: Option<Finish>,
    /// For each element that the next layer takes, which of the spikes are pooled to it; empty: they are taken as they are.
    pub pooled: Vec<Vec<usize>>,
    /// Bits of the current that reaches the neurons or the readout.
    pub current_bits: usize,
}

/// What a frame's elements are: the bits that are added up to one.
type Elements = Vec<Vec<usize>>;

impl<'p> Unit<'p> {
    /// Elements of its population.
    pub fn elements(&self) -> usize {
        self.shape().len()
    }

    /// Their shape.
    pub fn shape(&self) -> Shape {
        self.planned.population.output.shape
    }

    /// Bits of the sums of numbers.
    pub fn digit_bits(&self) -> usize {
        self.sums.bits.max(self.planned.population.accumulator_bits.into())
    }

    /// The neurons.
    pub fn neuron(&self) -> Option<Neuron<'p>> {
        self.planned.neurons.map(|(_, neuron)| neuron)
    }

    /// Whether what a neuron did is looked at in front of its membrane, in the same clock.
    pub fn is_looped(&self) -> bool {
        let clears = self.neuron().is_some_and(|neuron| neuron.reset_timing == ResetTiming::Clearing);
        self.own.is_some() || clears
    }

    /// Whether its currents are kept or brought to another scale in a register.
    pub fn finishes(&self) -> bool {
        self.constant || (self.finish.is_some() && self.planned.own.is_none())
    }

    /// Whether its second currents are in a register.
    pub fn finishes_again(&self) -> bool {
        self.second.is_some() && self.planned.joined.is_none()
    }

    /// Whether its synaptic currents are in a register.
    pub fn filters(&self) -> bool {
        self.neuron().is_some_and(|neuron| !neuron.synaptic.is_empty()) && !self.is_looped()
    }

    /// Clocks from its input to the first state that a timestep changes.
    pub fn clocks_to_state(&self) -> usize {
        let stages = [self.planes > 1, self.finishes(), self.finishes_again()];
        self.sums.clocks + stages.into_iter().filter(|stage| *stage).count()
    }

    /// Clocks from its input to its spikes.
    pub fn clocks(&self) -> usize {
        self.clocks_to_state() + usize::from(self.filters()) + usize::from(self.neuron().is_some())
    }

    /// Bits of what reaches the neurons.
    pub fn synaptic_bits(&self) -> usize {
        self.neuron().and_then(|neuron| synaptic_bits(&neuron)).unwrap_or(self.current_bits)
    }
}

/// Every layer of a plan.
pub fn units<'p>(program: &Program<'p>, plan: &[Planned<'p>]) -> Vec<Unit<'p>> {
    let inputs = program.input().shape.len();
    let mut elements: Elements = (0..inputs).map(|i| vec![i]).collect();
    let mut bits = inputs;
    let mut units = Vec::new();
    for planned in plan {
        let unit = unit(program, *planned, &elements, bits);
        bits = if unit.pooled.is_empty() { unit.elements() } else { unit.pooled.len() };
        elements = match planned.spike_pool {
            Some(Pool { op: PoolOp::Sum, window, output, .. }) => windows(&window, unit.shape(), output.shape),
            Some(_) | None => (0..bits).map(|i| vec![i]).collect(),
        };
        units.push(unit);
    }
    units
}

fn unit<'p>(program: &Program<'p>, planned: Planned<'p>, elements: &Elements, inputs: usize) -> Unit<'p> {
    let population = &planned.population;
    let source = program.edge(planned.source);
    let shape = population.output.shape;
    // behind the input everything is spikes: a count is those that are counted
    let (planes, negative) = if planned.source == 0 { planes(source.kind) } else { (1, false) };
    let constant = planned.is_constant(program);
    let folded = planes == 1 && !constant && population.current_shift == 0;
    let mut sums = sums(&planned.forward, source.shape, shape, elements);
    let dense = sums.iter().map(|sum| sum.1).sum();
    let channels = shape.channels as usize;
    if folded {
        for (i, (sum, _)) in sums.iter_mut().enumerate() {
            sum.bias = population.bias[i % channels].into();
        }
    }
    let sums = Trees::new(sums.into_iter().map(|(sum, _)| sum).collect(), true);
    let own = planned.own.or(planned.joined).map(|own| Trees::new(own_sums(&own, shape.len()), false));
    let own_bits = own.as_ref().map_or(0, |own| own.bits);
    let mut bits = if planes > 1 { sums.bits.max(population.accumulator_bits.into()) } else { sums.bits };
    if planned.own.is_some() {
        bits = bits.max(own_bits).max(population.accumulator_bits.into()) + usize::from(folded);
    }
    let finish = if folded { None } else { Finish::new(population, bits) };
    bits = finish.map_or(bits, |finish| finish.out_bits);
    let mut second = None;
    if let Some(identity) = planned.identity {
        if planned.joined.is_some() {
            bits = bits.max(own_bits).max(identity.accumulator_bits.into());
        }
        second = Finish::new(&identity, bits);
        bits = second.map_or(bits, |finish| finish.out_bits);
    }
    let pooled = match planned.spike_pool {
        Some(Pool { op: PoolOp::Max, window, output, .. }) => windows(&window, shape, output.shape),
        Some(_) | None => Vec::new(),
    };
    Unit { planned, constant, planes, negative, inputs, dense, sums, finish, own, second, pooled, current_bits: bits }
}

/// Each sum of a projection, and how many weights it would have if none was zero.
fn sums(projection: &Projection<'_>, from: Shape, to: Shape, elements: &Elements) -> Vec<(Sum, usize)> {
    let (width, channels) = (to.width as usize, to.channels as usize);
    let sum = |output: usize| {
        let mut terms = BTreeMap::<usize, i64>::new();
        let mut weights = 0;
        let mut add = |element: usize, weight: i32| {
            weights += elements[element].len();
            elements[element].iter().for_each(|&bit| *terms.entry(bit).or_default() += i64::from(weight));
        };
        match projection.connection {
            Connection::Dense => {
                (0..from.len()).for_each(|row| add(row, projection.synapses.weight(to.len(), row, output)));
            }
            Connection::Identity => add(output, projection.synapses.weight(channels, 0, output % channels)),
            Connection::Conv2d(window) => {
                let at = [output / channels / width, output / channels % width];
                let ci = from.channels as usize;
                for (tap, element) in taps(&window, from, at) {
                    for c in 0..ci {
                        add(element + c, projection.synapses.weight(channels, tap * ci + c, output % channels));
                    }
                }
            }
        }
        let terms = terms.into_iter().filter(|(_, weight)| *weight != 0).collect();
        (Sum { terms, bias: 0 }, weights)
    };
    (0..to.len()).map(sum).collect()
}

/// What a layer's own spikes give to each of its neurons.
fn own_sums(own: &Own<'_>, neurons: usize) -> Vec<Sum> {
    let weight = |from: usize, to: usize| match own.projection.connection {
        Connection::Dense | Connection::Conv2d(_) => own.projection.synapses.weight(neurons, from, to),
        Connection::Identity if from == to => own.projection.synapses.weight(neurons, 0, to),
        Connection::Identity => 0,
    };
    let sum = |to| {
        let terms = (0..neurons).map(|from| (from, i64::from(weight(from, to)) << own.shift));
        Sum { terms: terms.filter(|(_, weight)| *weight != 0).collect(), bias: 0 }
    };
    (0..neurons).map(sum).collect()
}

/// The taps of a window at an output position that lie inside a map: number of the tap, and its first element.
fn taps(window: &Window, from: Shape, at: [usize; 2]) -> Vec<(usize, usize)> {
    let size = [from.height as usize, from.width as usize];
    let place = |axis: usize, tap: usize| {
        let place = at[axis] * usize::from(window.stride[axis]) + tap * usize::from(window.dilation[axis]);
        place.checked_sub(window.padding[axis].into()).filter(|&place| place < size[axis])
    };
    let [height, width] = window.kernel.map(usize::from);
    let inside = (0..height * width).filter_map(|tap| {
        let (y, x) = (place(0, tap / width)?, place(1, tap % width)?);
        Some((tap, (y * size[1] + x) * from.channels as usize))
    });
    inside.collect()
}

/// The elements under the window of each element of a pool.
fn windows(window: &Window, from: Shape, to: Shape) -> Vec<Vec<usize>> {
    let (width, channels) = (to.width as usize, to.channels as usize);
    let under = |element: usize| {
        let at = [element / channels / width, element / channels % width];
        taps(window, from, at).into_iter().map(|(_, first)| first + element % channels).collect()
    };
    (0..to.len()).map(under).collect()
}
