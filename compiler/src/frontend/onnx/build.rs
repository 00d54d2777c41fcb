//! Parts to the nodes of a [`Graph`].

use std::collections::{BTreeSet, HashSet};

use super::algebra::{Atom, Coef, Poly};
use super::import::Imported;
use super::invalid;
use super::net::{Def, Fold, ValueId, window};
use super::populations::{Network, Population, at_value, name_of};
use super::readout::{Target, readout};
use super::states::{self, StateMap};
use super::timestep::{Part, PartId, Parts};
use crate::frontend::{FrontendError, Loaded};
use crate::ir::{
    AvgPool, BatchNorm, Conv2d, Divisor, Graph, Input, InputEncoding, Linear, MaxPool, Node, NodeId, Op, Reset,
    ResetTiming, Shape, Source, Timing, Window,
};

/// The graph of a network, and where the file keeps its states.
///
/// # Errors
/// A network that does not repeat from timestep to timestep, or a signal that no layer computes.
pub fn graph(file: &Imported, network: Network, name: &str) -> Result<(Loaded, Vec<StateMap>), FrontendError> {
    fixed_axes(file, &network)?;
    let mut parts = Parts::new(file, &network);
    let currents: Vec<Current> =
        (0..network.populations.len()).map(|p| current(file, &network, &mut parts, p)).collect::<Result<_, _>>()?;
    let (target, mut readout) = readout(file, &network, &mut parts, name)?;
    if let Target::Membrane { population, .. } = target {
        readout.scale *= currents[population].gain as f32;
    }
    let mut builder = Builder {
        file,
        network: &network,
        parts: &parts,
        currents: &currents,
        nodes: Vec::new(),
        of_part: vec![None; parts.parts.len()],
        of_population: vec![None; network.populations.len()],
        names: HashSet::new(),
        open: Vec::new(),
        read: match target {
            Target::Membrane { population, before_reset } => Some((population, before_reset)),
            Target::Part(_) => None,
        },
    };
    builder.sample();
    for p in needed(&network, &parts, &currents, target) {
        builder.population(p)?;
    }
    let output = match target {
        Target::Part(part) => match builder.part(part)? {
            Link::Now(node) => node,
            Link::Past(population, _) => {
                let id = network.populations[population].updates[0].membrane;
                let error = invalid("an output of an earlier timestep".into(), "give out the spikes as they come");
                return Err(at_value(file, id, error).into());
            }
        },
        Target::Membrane { population, .. } => builder.population(population)?,
    };
    builder.close();
    let mut states = Vec::new();
    for (p, population) in network.populations.iter().enumerate() {
        if let Some(node) = builder.of_population[p]
            && let Op::Neuron(neuron) = &builder.nodes[node].op
        {
            states.extend(states::of(file, population, neuron, node, currents[p].gain));
        }
    }
    let graph = Graph {
        name: name.strip_suffix(".onnx").unwrap_or(name).into(),
        nodes: builder.nodes,
        output,
        readout,
        timesteps: network.timesteps.and_then(|t| u32::try_from(t).ok()),
    };
    Ok((Loaded { graph, warnings: network.warnings.clone() }, states))
}

/// The populations that the readout depends on, each after those whose spikes it takes.
fn needed(network: &Network, parts: &Parts<'_>, currents: &[Current], target: Target) -> Vec<usize> {
    let mut needed = BTreeSet::new();
    let mut seen = vec![false; parts.parts.len()];
    let mut stack = match target {
        Target::Part(part) => vec![part],
        Target::Membrane { population, .. } => {
            needed.insert(population);
            vec![currents[population].part]
        }
    };
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut seen[id], true) {
            continue;
        }
        match &parts.parts[id].0 {
            Part::Sample => {}
            Part::Spikes(p, _) => {
                needed.insert(*p);
                stack.push(currents[*p].part);
            }
            Part::Layer(def) | Part::Rows(def) => stack.extend(def.operands()),
            Part::Flatten(inner) | Part::Reshape(inner) | Part::Permute(inner, _) | Part::Fold(inner, _) => {
                stack.push(*inner);
            }
            Part::Product(a, b) => stack.extend([*a, *b]),
            Part::Sum(terms, _) => stack.extend(terms.iter().map(|(part, _)| *part)),
        }
    }
    // Values stand after their operands, so a population's potential after the spikes it depends on.
    let mut order: Vec<usize> = needed.into_iter().collect();
    order.sort_by_key(|&p| network.populations[p].updates[0].membrane);
    order
}

/// Only the batch axis of the input may be open.
fn fixed_axes(file: &Imported, network: &Network) -> Result<(), FrontendError> {
    for input in &file.inputs {
        // [batch, ...], or [timesteps, batch, ...]
        let batch = usize::from(network.timesteps.is_some() && file.net.dims(input.value).first() != Some(&1));
        if let Some(axis) = input.open_axes.iter().find(|&&axis| axis != batch) {
            let found =
                format!("axis {axis} of the input has no fixed size; only the batch axis ({batch}) may be open");
            return Err(super::at(&input.name, "input", invalid(found, "export the model with fixed sizes")).into());
        }
    }
    Ok(())
}

/// What a population receives, and how its potential is scaled.
struct Current {
    part: PartId,
    gain: f64,
}

/// The current of population `p`: the same part at every timestep.
fn current(file: &Imported, network: &Network, parts: &mut Parts<'_>, p: usize) -> Result<Current, FrontendError> {
    let population = &network.populations[p];
    let gain = gain(population);
    // Behind synaptic currents the potential may be scaled without the current.
    let unit = if population.synapses.is_empty() { gain } else { 1.0 };
    let mut first = None;
    for (t, update) in population.updates.iter().enumerate() {
        let current = scaled(&update.current, unit);
        let part = parts.of_poly(&current, update.membrane, update.at)?;
        if *first.get_or_insert(part) != part {
            let found =
                format!("at timestep {t} the current of this population is computed in another way than before");
            let help = "every timestep must compute the same: export the network again, or export one timestep";
            return Err(at_value(file, update.membrane, invalid(found, help)).into());
        }
    }
    let Some(last) = population.updates.last() else { return Err(no_updates(file)) };
    // In the potential w = h - start: decay * start + shift - start.
    let start = population.start;
    let shift = last.shift.zip(&population.recurrence.decay, |c, d| {
        let shift = d * start + c - start;
        if shift.abs() <= 1e-12 * start.abs() { 0.0 } else { shift }
    });
    let Some(shift) = shift else {
        let error = invalid("a decay and a current of different numbers of channels".into(), "export the model again");
        return Err(at_value(file, last.membrane, error).into());
    };
    let whole = scaled(&last.current, unit).plus(&Poly::constant(shift.map(|s| s / unit)), 1.0).map_err(|e| {
        at_value(file, last.membrane, invalid(format!("a current beyond {e:?}"), "export the model again"))
    })?;
    let part = parts.of_poly(&whole, last.membrane, population.updates.len() - 1)?;
    Ok(Current { part, gain })
}

fn no_updates(file: &Imported) -> FrontendError {
    let name = file.outputs.first().map_or("", |(name, _)| name);
    super::at(name, "output", invalid("no timestep".into(), "export the model again")).into()
}

/// The factor that all of a current has: the potential is divided by it, and what it receives is whole.
///
/// With one synaptic current, it is the factor between that and the potential; with several the potential stays.
fn gain(population: &Population) -> f64 {
    let positive = |g: f64| g > 0.0 && g.is_finite();
    match &population.synapses[..] {
        [] if population.firing.is_none() => 1.0,
        [] => {
            let mut factors = population.updates.iter().flat_map(|u| u.current.terms.values());
            match factors.next() {
                Some(Coef::All(g)) if positive(*g) && factors.all(|f| *f == Coef::All(*g)) => *g,
                _ => 1.0,
            }
        }
        [synapse] => match synapse.gain {
            Coef::All(g) if positive(g) => g,
            Coef::All(_) | Coef::Each(_) => 1.0,
        },
        _ => 1.0,
    }
}

fn scaled(poly: &Poly, gain: f64) -> Poly {
    poly.over(&Poly::constant(Coef::All(gain))).unwrap_or_else(|_| poly.clone())
}

struct Builder<'a> {
    file: &'a Imported,
    network: &'a Network,
    parts: &'a Parts<'a>,
    currents: &'a [Current],
    nodes: Vec<Node>,
    of_part: Vec<Option<Link>>,
    of_population: Vec<Option<NodeId>>,
    names: HashSet<String>,
    /// Sources of earlier timesteps, by node and number: populations that may not have a node yet.
    open: Vec<(NodeId, usize, usize)>,
    /// The population whose membrane potentials are read, and whether before its reset.
    read: Option<(usize, bool)>,
}

/// A linear layer on each row, as a convolution of one tap.
fn on_each_row(linear: Linear) -> Conv2d {
    let Linear { fan_in, fan_out, weight, bias, grid } = linear;
    let window = Window::new([1, 1], [1, 1]);
    Conv2d { channels_in: fan_in, channels_out: fan_out, window, groups: 1, weight, bias, grid }
}

/// Where a source comes from.
#[derive(Clone, Copy)]
enum Link {
    /// A node, at the same timestep.
    Now(NodeId),
    /// A population, timesteps ago.
    Past(usize, u32),
}

impl Builder<'_> {
    fn push(&mut self, name: &str, op: Op, sources: &[Link], shape: Shape, origin: Vec<String>) -> NodeId {
        let base = if name.is_empty() { op.kind().to_lowercase() } else { name.to_string() };
        let mut unique = base.clone();
        let mut number = 2;
        while !self.names.insert(unique.clone()) {
            unique = format!("{base}.{number}");
            number += 1;
        }
        let origin = if origin.len() == 1 && origin[0] == unique { vec![] } else { origin };
        let id = self.nodes.len();
        let mut source = |(number, link): (usize, &Link)| match *link {
            Link::Now(node) => Source::now(node),
            Link::Past(population, delay) => {
                self.open.push((id, number, population));
                Source { node: id, delay }
            }
        };
        let sources = sources.iter().enumerate().map(&mut source).collect();
        self.nodes.push(Node { name: unique, op, sources, shape, origin });
        id
    }

    /// Names the nodes of populations that were taken before they had one.
    fn close(&mut self) {
        for (node, number, population) in std::mem::take(&mut self.open) {
            if let Some(given) = self.of_population[population] {
                self.nodes[node].sources[number].node = given;
            }
        }
    }

    fn sample(&mut self) {
        let input = &self.file.inputs[self.network.sample];
        let found = self.parts.parts.iter().position(|(part, ..)| *part == Part::Sample);
        let shape = found.map_or(Shape::vector(1), |id| self.parts.parts[id].1);
        let timing = self.parts.timing.unwrap_or(Timing::Constant);
        let op = Op::Input(Input { timing, encoding: InputEncoding::Real });
        let node = self.push(&input.name, op, &[], shape, vec![]);
        if let Some(id) = found {
            self.of_part[id] = Some(Link::Now(node));
        }
    }

    fn part(&mut self, id: PartId) -> Result<Link, FrontendError> {
        if let Some(link) = self.of_part[id] {
            return Ok(link);
        }
        let (part, shape, value) = &self.parts.parts[id];
        let (shape, value) = (*shape, *value);
        let link = match part {
            Part::Sample => Link::Now(0),
            Part::Spikes(population, 0) => Link::Now(self.population(*population)?),
            Part::Spikes(population, delay) => Link::Past(*population, *delay),
            Part::Flatten(inner) => {
                let source = self.part(*inner)?;
                let name = name_of(self.file, value).0;
                Link::Now(self.push(&name, Op::Flatten, &[source], shape, vec![]))
            }
            Part::Layer(def) | Part::Rows(def) => {
                let source = self.part(def.operands()[0])?;
                let name = name_of(self.file, value).0;
                let origin = self.origin([value]);
                let op = match (part, self.op(def)) {
                    (Part::Rows(_), Op::Linear(linear)) => Op::Conv2d(on_each_row(linear)),
                    (_, op) => op,
                };
                Link::Now(self.push(&name, op, &[source], shape, origin))
            }
            Part::Reshape(inner) => self.moved(Op::Reshape, &[*inner], shape, value)?,
            Part::Permute(inner, axes) => self.moved(Op::Permute(*axes), &[*inner], shape, value)?,
            Part::Product(a, b) => self.moved(Op::MatMul, &[*a, *b], shape, value)?,
            Part::Fold(inner, fold) => {
                let taps = [1, self.parts.parts[*inner].1.width];
                let window = Window::new(taps, taps);
                let op = match fold {
                    Fold::Sum => Op::AvgPool(AvgPool { window, divisor: Divisor::One }),
                    Fold::Mean => Op::AvgPool(AvgPool { window, divisor: Divisor::Kernel }),
                    Fold::Max => Op::MaxPool(MaxPool { window }),
                    Fold::Min => {
                        let error = invalid("a minimum along an axis".into(), "use a maximum, a sum or a mean");
                        return Err(at_value(self.file, value, error).into());
                    }
                };
                self.moved(op, &[*inner], shape, value)?
            }
            Part::Sum(terms, shift) => {
                let name = name_of(self.file, value).0;
                let mut sources = Vec::with_capacity(terms.len());
                let alone = terms.len() == 1;
                for (term, factor) in terms {
                    let source = self.part(*term)?;
                    let shift = if alone { shift.0.clone() } else { Coef::All(0.0) };
                    sources.push(self.affine(&name, &factor.0, &shift, source, shape));
                }
                match &sources[..] {
                    &[one] => one,
                    several => {
                        let sum = Link::Now(self.push(&name, Op::Add, several, shape, vec![]));
                        self.affine(&name, &Coef::All(1.0), &shift.0, sum, shape)
                    }
                }
            }
        };
        self.of_part[id] = Some(link);
        Ok(link)
    }

    /// A node of an operation on parts.
    fn moved(&mut self, op: Op, parts: &[PartId], shape: Shape, value: ValueId) -> Result<Link, FrontendError> {
        let sources = parts.iter().map(|&part| self.part(part)).collect::<Result<Vec<_>, _>>()?;
        let name = name_of(self.file, value).0;
        let origin = self.origin([value]);
        Ok(Link::Now(self.push(&name, op, &sources, shape, origin)))
    }

    /// `factor * source + shift`, if that changes anything.
    fn affine(&mut self, name: &str, factor: &Coef, shift: &Coef, source: Link, shape: Shape) -> Link {
        if factor.is(1.0) && shift.is(0.0) {
            return source;
        }
        let each = |c: &Coef| c.expanded(shape.channels).iter().map(|&v| v as f32).collect();
        let op = Op::BatchNorm(BatchNorm { scale: each(factor), shift: each(shift) });
        Link::Now(self.push(name, op, &[source], shape, vec![]))
    }

    fn op(&self, def: &Def) -> Op {
        let constant = |id: usize| self.file.net.constants[id].to_f32();
        match def {
            Def::Linear { weight, transposed, bias, .. } => {
                let tensor = &self.file.net.constants[*weight];
                let (fan_out, fan_in) = (tensor.dims[usize::from(*transposed)], tensor.dims[usize::from(!*transposed)]);
                let weight = if *transposed { tensor.transposed_f32(fan_out) } else { tensor.to_f32() };
                let bias = bias.map_or_else(|| vec![0.0; fan_out], constant);
                Op::Linear(Linear { fan_in, fan_out, weight, bias, grid: None })
            }
            Def::Conv { weight, bias, window: taps, groups, .. } => {
                let dims = &self.file.net.constants[*weight].dims;
                Op::Conv2d(Conv2d {
                    channels_in: dims[1] * groups,
                    channels_out: dims[0],
                    window: window(*taps),
                    groups: *groups,
                    weight: constant(*weight),
                    bias: bias.map_or_else(|| vec![0.0; dims[0]], constant),
                    grid: None,
                })
            }
            Def::BatchNorm { scale, shift, .. } => {
                Op::BatchNorm(BatchNorm { scale: constant(*scale), shift: constant(*shift) })
            }
            Def::MaxPool { window: taps, .. } => Op::MaxPool(MaxPool { window: window(*taps) }),
            Def::AvgPool { window: taps, count_include_pad, .. } => {
                let divisor = if *count_include_pad { Divisor::Kernel } else { Divisor::Inputs };
                Op::AvgPool(AvgPool { window: window(*taps), divisor })
            }
            other => panic!("{other:?} is no layer: timestep.rs makes no such part"),
        }
    }

    /// The neurons of population `p`.
    fn population(&mut self, p: usize) -> Result<NodeId, FrontendError> {
        if let Some(node) = self.of_population[p] {
            return Ok(node);
        }
        let population = &self.network.populations[p];
        let Current { part, gain } = self.currents[p];
        let source = self.part(part)?;
        let membrane = population.updates[0].membrane;
        let refuse = |error| FrontendError::from(at_value(self.file, membrane, error));
        let mut neuron = population.neuron(gain).map_err(refuse)?;
        neuron.inhibition = self.parts.inhibited.get(&p).copied().unwrap_or(false);
        if let Some((_, before_reset)) = self.read.filter(|(read, _)| *read == p) {
            let wanted = if before_reset { ResetTiming::Delayed } else { ResetTiming::Immediate };
            let overriding = matches!(neuron.reset_timing, ResetTiming::Overriding | ResetTiming::Clearing);
            match neuron.reset {
                Reset::None => {}
                Reset::ToValue(_) if overriding && before_reset => {}
                Reset::ToValue(_) if !overriding => neuron.reset_timing = wanted,
                Reset::ToValue(_) => {
                    let help = "read the membrane potential as the neurons keep it";
                    return Err(refuse(invalid("the readout looks at the other side of the reset".into(), help)));
                }
                Reset::Subtract(_) if neuron.reset_timing == wanted => {}
                Reset::Subtract(_) => {
                    let help = "read the membrane potential as the neurons keep it";
                    return Err(refuse(invalid("the readout looks at the other side of the reset".into(), help)));
                }
            }
        }
        let shape = self.parts.parts[part].1;
        if shape.len() != self.parts.shape(membrane).map_err(FrontendError::from)?.len() {
            let error =
                invalid(format!("a current of shape {shape}, repeated for more neurons"), "export the model again");
            return Err(refuse(error));
        }
        let (name, origin) = self.neuron_name(population);
        let node = self.push(&name, Op::Neuron(neuron), &[source], shape, origin);
        self.of_population[p] = Some(node);
        Ok(node)
    }

    /// Names of the ONNX nodes of `values`.
    fn origin(&self, values: impl IntoIterator<Item = ValueId>) -> Vec<String> {
        let nodes: BTreeSet<usize> =
            values.into_iter().flat_map(|id| self.file.net.values[id].nodes.iter().copied()).collect();
        nodes.into_iter().map(|node| self.file.node_names[node].clone()).collect()
    }

    /// Adds to the values that neurons are made of what they alone go on to: states that go out, spikes times a factor,
    /// counts of spikes.
    fn spread(&self, seen: &mut BTreeSet<ValueId>, foreign: &BTreeSet<ValueId>) {
        let (net, signals) = (&self.file.net, &self.network.signals);
        let kept: BTreeSet<ValueId> =
            self.network.populations.iter().flat_map(|p| &p.states).map(|k| k.input).collect();
        for id in 0..net.values.len() {
            let def = &net.values[id].def;
            let counts = matches!(
                def,
                Def::Round { .. } | Def::Abs(_) | Def::Sign(_) | Def::Clip { .. } | Def::Head { .. } | Def::Equal(..)
            );
            if !signals.live[id] || foreign.contains(&id) || seen.contains(&id) || !(counts || def.is_elementwise()) {
                continue;
            }
            let operands: Vec<ValueId> = def.operands().into_iter().filter(|&x| net.as_constant(x).is_none()).collect();
            let own = operands.iter().all(|x| seen.contains(x) || kept.contains(x));
            // Sums of spikes over time are the readout's.
            let state = signals.of(id).is_ok_and(|poly| {
                let values = poly.atoms().any(|atom| matches!(atom, Atom::Value(_)));
                values || poly.as_multiple().is_some_and(|(atom, _)| atom.spike().is_some())
            });
            if own && operands.iter().any(|x| seen.contains(x)) && (counts || state) {
                seen.insert(id);
            }
        }
    }

    /// A readable name for neurons, and the ONNX nodes they are made of: everything elementwise between the currents
    /// and the spikes.
    fn neuron_name(&self, population: &Population) -> (String, Vec<String>) {
        let signals = &self.network.signals;
        let own = |membrane: ValueId| signals.spikes.iter().filter(move |s| s.membrane == membrane);
        let mut stack: Vec<ValueId> =
            population.updates.iter().flat_map(|u| own(u.membrane)).flat_map(|s| s.values.iter().copied()).collect();
        stack.extend(population.updates.iter().flat_map(|u| [Some(u.membrane), u.after]).flatten());
        let members: BTreeSet<ValueId> = population.updates.iter().map(|u| u.membrane).collect();
        let inside = |id: ValueId| {
            let def = &self.file.net.values[id].def;
            def.is_elementwise()
                && !matches!(def, Def::Const(_))
                && (!signals.membranes.contains(&id) || members.contains(&id))
        };
        let is_input = |id: ValueId| matches!(self.file.net.values[id].def, Def::Input(_));
        let foreign: BTreeSet<ValueId> = signals
            .spikes
            .iter()
            .filter(|s| !members.contains(&s.membrane) && !is_input(s.membrane))
            .flat_map(|s| s.values.iter().copied())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            if inside(id) && !foreign.contains(&id) && seen.insert(id) {
                stack.extend(self.file.net.values[id].def.operands());
            }
        }
        self.spread(&mut seen, &foreign);
        let first = own(population.updates[0].membrane).find_map(|s| s.values.last().copied());
        let node = first.unwrap_or(population.updates[0].membrane);
        let numbers = &self.file.net.values[node].nodes;
        let scope = numbers.iter().find_map(|&n| self.file.scopes[n].clone());
        let name = scope.or_else(|| numbers.get(1).or(numbers.first()).map(|&n| self.file.node_outputs[n].clone()));
        (name.unwrap_or_else(|| "neurons".into()), self.origin(seen))
    }
}
