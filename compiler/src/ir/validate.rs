//! Checks the invariants of a [`Graph`].

use snnc_runtime::program::MAX_INDEX_BITS;

use super::{
    Activation, Comparison, Graph, MAX_TIMESTEPS, Neuron, Node, Op, Reset, ResetTiming, Shape, Staircase, TemporalMix,
    Window,
};
use crate::error::{AtNode, GraphError};

/// Thresholds of what is stored of a membrane: 8 bits, symmetric around zero.
const MAX_STORED: usize = 254;

/// Timesteps whose currents are mixed.
const MAX_MIXED: usize = 255;

/// Synaptic currents of a neuron beyond which no framework goes.
const MAX_SYNAPTIC: usize = 2;

/// Elements beyond which a feature map is refused: no board holds it, and products of sizes stay far from overflow.
const MAX_ELEMENTS: usize = 1 << 28;

/// Elements of all nodes together beyond which a graph is refused, each counted again for every timestep that a delay
/// keeps: 256 MiB of floats.
const MAX_TOTAL: usize = 1 << 26;

impl Graph {
    /// Checks every invariant of [`crate::ir`].
    ///
    /// # Errors
    /// The first broken one, with its node.
    pub fn validate(&self) -> Result<(), AtNode<GraphError>> {
        let at = |node: &Node, source| AtNode { node: node.name.clone(), op: node.op.kind().into(), source };
        let mut names = std::collections::HashSet::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let is_input = matches!(node.op, Op::Input(_));
            if node.name.is_empty() || !names.insert(node.name.as_str()) {
                return Err(at(node, structure(format!("name `{}` is empty or used twice", node.name))));
            }
            if is_input != (id == 0) {
                return Err(at(node, structure(format!("node {id}: exactly the first node is the input"))));
            }
            self.sources(id).and_then(|()| self.check(node)).map_err(|e| at(node, e))?;
        }
        self.check_total()?;
        let last = self.nodes.last().ok_or_else(|| AtNode {
            node: self.name.clone(),
            op: "graph".into(),
            source: structure("the graph has no node".into()),
        })?;
        if self.output >= self.nodes.len() {
            return Err(at(last, structure(format!("output {} of {} nodes", self.output, self.nodes.len()))));
        }
        if !self.readout.scale.is_finite() || self.readout.scale <= 0.0 {
            let found = self.readout.scale.to_string();
            return Err(at(
                last,
                GraphError::Range { parameter: "readout scale", found, expected: "a finite number above 0" },
            ));
        }
        if let Some(timesteps) = self.timesteps
            && !(1..=MAX_TIMESTEPS).contains(&timesteps)
        {
            let found = timesteps.to_string();
            return Err(at(last, GraphError::Range { parameter: "timesteps", found, expected: "1 to 65,536" }));
        }
        Ok(())
    }

    /// Whether all that a sample needs in memory is little enough.
    fn check_total(&self) -> Result<(), AtNode<GraphError>> {
        let mut kept = vec![0; self.nodes.len()];
        for source in self.nodes.iter().flat_map(|node| &node.sources) {
            kept[source.node] = source.delay.max(kept[source.node]);
        }
        let mut total = 0usize;
        for (node, kept) in self.nodes.iter().zip(kept) {
            total = total.saturating_add(node.shape.len().saturating_mul(1 + kept as usize));
            if total > MAX_TOTAL {
                let found = format!("{total} elements up to this node");
                let source = GraphError::Total { found, most: MAX_TOTAL };
                return Err(AtNode { node: node.name.clone(), op: node.op.kind().into(), source });
            }
        }
        Ok(())
    }

    /// Whether node `id` has the sources its operation needs, earlier ones unless delayed.
    fn sources(&self, id: usize) -> Result<(), GraphError> {
        let node = &self.nodes[id];
        let expected = match node.op {
            Op::Input(_) => 0..=0,
            Op::Add => 2..=usize::MAX,
            Op::MatMul => 2..=2,
            _ => 1..=1,
        };
        if !expected.contains(&node.sources.len()) {
            return Err(structure(format!("has {} sources", node.sources.len())));
        }
        for source in &node.sources {
            if source.node >= self.nodes.len() || (source.delay == 0 && source.node >= id) {
                return Err(structure(format!("takes node {} at position {id} without a delay", source.node)));
            }
            if source.delay > 255 {
                return Err(structure(format!("a delay of {} timesteps; at most 255", source.delay)));
            }
        }
        Ok(())
    }

    fn check(&self, node: &Node) -> Result<(), GraphError> {
        let elements = [node.shape.channels, node.shape.height, node.shape.width]
            .into_iter()
            .try_fold(1usize, |product, size| product.checked_mul(size))
            .filter(|&n| (1..=MAX_ELEMENTS).contains(&n));
        if elements.is_none() {
            let found = node.shape.to_string();
            return Err(GraphError::Shape { found, expected: format!("1 to {MAX_ELEMENTS} elements") });
        }
        let Some(source) = node.sources.first() else { return self.check_input(node) };
        let from = self.nodes[source.node].shape;
        let shape_is = |expected: Shape| match node.shape == expected {
            true => Ok(()),
            false => Err(GraphError::Shape { found: node.shape.to_string(), expected: expected.to_string() }),
        };
        match &node.op {
            Op::Input(_) => Ok(()),
            Op::Linear(linear) => {
                length("weight", &linear.weight, linear.fan_in.checked_mul(linear.fan_out))?;
                length("bias", &linear.bias, Some(linear.fan_out))?;
                grid(&linear.grid, linear.fan_out, |index_bits| index_bits == 8)?;
                if from.len() != linear.fan_in {
                    return Err(GraphError::Shape {
                        found: from.to_string(),
                        expected: format!("{} inputs", linear.fan_in),
                    });
                }
                shape_is(Shape::vector(linear.fan_out))
            }
            Op::Conv2d(conv) => {
                let [kh, kw] = conv.window.kernel;
                if conv.groups == 0 || conv.channels_in % conv.groups != 0 || conv.channels_out % conv.groups != 0 {
                    let found = format!("{} for {} to {} channels", conv.groups, conv.channels_in, conv.channels_out);
                    return Err(GraphError::Range { parameter: "groups", found, expected: "a divisor of both" });
                }
                if from.channels != conv.channels_in {
                    let expected = format!("{} channels", conv.channels_in);
                    return Err(GraphError::Shape { found: from.to_string(), expected });
                }
                let per_channel = [conv.channels_in / conv.groups, kh, kw];
                let weights =
                    per_channel.into_iter().try_fold(conv.channels_out, |product, size| product.checked_mul(size));
                length("weight", &conv.weight, weights)?;
                length("bias", &conv.bias, Some(conv.channels_out))?;
                let taps = conv.window.kernel[0].saturating_mul(conv.window.kernel[1]);
                grid(&conv.grid, conv.channels_out, |index_bits| {
                    index_bits <= MAX_INDEX_BITS && conv.groups == 1 && taps <= 32
                })?;
                shape_is(slide(&conv.window, from, conv.channels_out)?)
            }
            Op::BatchNorm(norm) => {
                length("scale", &norm.scale, Some(from.channels))?;
                length("shift", &norm.shift, Some(from.channels))?;
                shape_is(from)
            }
            Op::MaxPool(pool) => {
                pool_padding(&pool.window)?;
                shape_is(slide(&pool.window, from, from.channels)?)
            }
            Op::AvgPool(pool) => {
                pool_padding(&pool.window)?;
                shape_is(slide(&pool.window, from, from.channels)?)
            }
            Op::Flatten => shape_is(Shape::vector(from.len())),
            Op::Permute(axes) => match from.permuted(*axes) {
                Some(expected) => shape_is(expected),
                None => Err(GraphError::Range {
                    parameter: "axes",
                    found: format!("{axes:?}"),
                    expected: "0, 1 and 2 in some order",
                }),
            },
            Op::Reshape => match node.shape.len() == from.len() {
                true => Ok(()),
                false => Err(GraphError::Shape {
                    found: node.shape.to_string(),
                    expected: format!("{} elements, as {from} has", from.len()),
                }),
            },
            Op::MatMul => {
                let right = self.nodes[node.sources[1].node].shape;
                if (right.channels, right.height) != (from.channels, from.width) {
                    let expected = format!("[{}, {}, n], to multiply {from} with", from.channels, from.width);
                    return Err(GraphError::Shape { found: right.to_string(), expected });
                }
                shape_is(Shape::new(from.channels, from.height, right.width))
            }
            Op::Add => node.sources.iter().try_for_each(|s| shape_is(self.nodes[s.node].shape)),
            Op::Activation(activation) => {
                check_activation(activation, from.channels)?;
                shape_is(from)
            }
            Op::Neuron(neuron) => {
                check_neuron(neuron, from.channels)?;
                if let (Some(found), Some(mix)) = (self.timesteps, &neuron.temporal_mix)
                    && found as usize > mix.timesteps
                {
                    return Err(GraphError::Thresholds { found, expected: mix.timesteps });
                }
                if let Some(found) = self.timesteps.filter(|&t| t as usize > neuron.threshold_timesteps)
                    && neuron.threshold_timesteps > 1
                {
                    return Err(GraphError::Thresholds { found, expected: neuron.threshold_timesteps });
                }
                shape_is(from)
            }
        }
    }

    fn check_input(&self, node: &Node) -> Result<(), GraphError> {
        let Op::Input(input) = &node.op else { return Ok(()) };
        let super::InputEncoding::Integer { scale, bits, signed } = input.encoding else { return Ok(()) };
        if !(scale.is_finite() && scale > 0.0) {
            return Err(GraphError::Range {
                parameter: "input scale",
                found: scale.to_string(),
                expected: "a finite number above 0",
            });
        }
        match (bits, signed) {
            (8, _) | (16, true) => Ok(()),
            _ => Err(GraphError::Range {
                parameter: "input bits",
                found: format!("{bits}, signed {signed}"),
                expected: "8, or 16 signed",
            }),
        }
    }
}

fn structure(found: String) -> GraphError {
    GraphError::Structure { found }
}

/// Whether `values` has `expected` elements, all finite.
fn length(parameter: &'static str, values: &[f32], expected: Option<usize>) -> Result<(), GraphError> {
    if expected != Some(values.len()) {
        let expected = expected.map_or("fewer than 2^64".into(), |n| n.to_string());
        return Err(GraphError::Length { parameter, found: values.len(), expected });
    }
    finite(parameter, values)
}

fn finite(parameter: &'static str, values: &[f32]) -> Result<(), GraphError> {
    match values.iter().find(|v| !v.is_finite()) {
        Some(&found) => Err(GraphError::NotFinite { parameter, found }),
        None => Ok(()),
    }
}

/// `codebook` says whether a codebook of so many bits of an index may stand for the weights.
fn grid(grid: &Option<super::Grid>, channels: usize, codebook: impl Fn(u8) -> bool) -> Result<(), GraphError> {
    let Some(grid) = grid else { return Ok(()) };
    if let super::WeightEncoding::Codebook { index_bits } = grid.encoding
        && !codebook(index_bits)
    {
        return Err(GraphError::Range {
            parameter: "grid encoding",
            found: grid.encoding.name().into(),
            expected: "codebook8 of a fully connected layer, codebook1 to codebook6 of a convolution without groups and with at most 32 taps",
        });
    }
    length("grid scale", &grid.scale, Some(channels))?;
    match grid.scale.iter().find(|&&s| s <= 0.0) {
        Some(s) => Err(GraphError::Range { parameter: "grid scale", found: s.to_string(), expected: "above 0" }),
        None => Ok(()),
    }
}

/// Shape of a feature map of `from` under a sliding window.
fn slide(window: &Window, from: Shape, channels: usize) -> Result<Shape, GraphError> {
    match (window.output(0, from.height), window.output(1, from.width)) {
        (Some(height), Some(width)) => Ok(Shape::new(channels, height, width)),
        _ => Err(GraphError::Shape { found: from.to_string(), expected: format!("room for the window {window:?}") }),
    }
}

/// A window that sees only padding has no maximum and no mean.
fn pool_padding(window: &Window) -> Result<(), GraphError> {
    let reach = |axis: usize| window.dilation[axis].saturating_mul(window.kernel[axis].saturating_sub(1));
    match (0..2).find(|&axis| window.pad_begin[axis] > reach(axis) || window.pad_end[axis] > reach(axis)) {
        Some(axis) => Err(GraphError::Range {
            parameter: "padding of a pool",
            found: format!("{} and {}", window.pad_begin[axis], window.pad_end[axis]),
            expected: "less than its kernel",
        }),
        None => Ok(()),
    }
}

fn check_activation(activation: &Activation, channels: usize) -> Result<(), GraphError> {
    let rows = |parameter, values: &[f32], width: usize| match width.checked_mul(channels) {
        Some(each) if values.len() == width || values.len() == each => finite(parameter, values),
        each => {
            let expected = each.map_or("fewer".into(), |each| format!("{width} or {each}"));
            Err(GraphError::Length { parameter, found: values.len(), expected })
        }
    };
    match activation {
        Activation::Relu { ceiling: None } => Ok(()),
        Activation::Relu { ceiling: Some(ceiling) } => {
            rows("ceiling", ceiling, 1)?;
            match ceiling.iter().find(|c| **c <= 0.0) {
                Some(c) => Err(GraphError::Range { parameter: "ceiling", found: c.to_string(), expected: "above 0" }),
                None => Ok(()),
            }
        }
        Activation::Staircase(Staircase { steps, thresholds, levels }) => {
            let above = steps.checked_add(1).filter(|_| *steps > 0).ok_or(GraphError::Range {
                parameter: "steps of a staircase",
                found: steps.to_string(),
                expected: "1 or more",
            })?;
            rows("thresholds of a staircase", thresholds, *steps)?;
            rows("levels of a staircase", levels, above)?;
            match thresholds.chunks(*steps).find(|row| !row.is_sorted()) {
                Some(row) => Err(GraphError::Range {
                    parameter: "thresholds of a staircase",
                    found: format!("{row:?}"),
                    expected: "ascending in each row",
                }),
                None => Ok(()),
            }
        }
    }
}

/// Currents of the timesteps before that are mixed in.
fn check_mix(mix: &TemporalMix, neuron: &Neuron) -> Result<(), GraphError> {
    let TemporalMix { timesteps, weight, scale } = mix;
    let refuse = |found: String, expected| Err(GraphError::Range { parameter: "a temporal mix", found, expected });
    if *timesteps == 0 || *timesteps > MAX_MIXED {
        return refuse(format!("{timesteps} timesteps"), "1 to 255");
    }
    if weight.len() != timesteps * timesteps {
        let expected = format!("{timesteps} times {timesteps}");
        return Err(GraphError::Length { parameter: "temporal mix", found: weight.len(), expected });
    }
    finite("temporal mix", weight)?;
    let later = |(i, weight): (usize, &f32)| i % timesteps > i / timesteps && *weight != 0.0;
    if let Some((i, weight)) = weight.iter().enumerate().find(|(i, weight)| later((*i, weight))) {
        let found = format!("{weight} of timestep {} at timestep {}", i % timesteps, i / timesteps);
        return refuse(found, "zeros for what comes later");
    }
    if scale.is_some_and(|scale| scale <= 0.0 || !scale.is_finite()) {
        return refuse(format!("a scale of {scale:?}"), "above 0");
    }
    match neuron.synaptic.is_empty() {
        true => Ok(()),
        false => refuse("synaptic currents beside it".into(), "one of the two"),
    }
}

/// Levels that membrane potentials are stored as.
fn check_stored(stored: &Staircase, channels: usize) -> Result<(), GraphError> {
    check_activation(&Activation::Staircase(stored.clone()), channels)?;
    let found = match stored.levels.chunks(stored.steps + 1).find(|row| !row.is_sorted()) {
        Some(row) => format!("levels {row:?}"),
        None if stored.steps > MAX_STORED => format!("{} thresholds", stored.steps),
        None => return Ok(()),
    };
    Err(GraphError::Range {
        parameter: "what is stored",
        found,
        expected: "at most 254 thresholds, and levels that rise",
    })
}

fn check_neuron(neuron: &Neuron, channels: usize) -> Result<(), GraphError> {
    let one_or_each = |parameter, values: &[f32]| match values.len() == 1 || values.len() == channels {
        true => finite(parameter, values),
        false => Err(GraphError::Length { parameter, found: values.len(), expected: format!("1 or {channels}") }),
    };
    one_or_each("beta", &neuron.beta)?;
    let timesteps = neuron.threshold_timesteps;
    if timesteps == 0 || !neuron.threshold.len().is_multiple_of(timesteps) {
        let expected = format!("{timesteps} timesteps of 1 or {channels}");
        return Err(GraphError::Length { parameter: "threshold", found: neuron.threshold.len(), expected });
    }
    neuron.threshold.chunks(neuron.threshold.len() / timesteps).try_for_each(|row| one_or_each("threshold", row))?;
    match &neuron.reset {
        Reset::None => {}
        Reset::ToValue(value) => finite("reset value", std::slice::from_ref(value))?,
        Reset::Subtract(amount) => one_or_each("reset amount", amount)?,
    }
    decays("beta", &neuron.beta)?;
    if neuron.synaptic.len() > MAX_SYNAPTIC {
        let found = neuron.synaptic.len().to_string();
        return Err(GraphError::Range { parameter: "synaptic currents", found, expected: "at most 2" });
    }
    for current in &neuron.synaptic {
        one_or_each("synaptic decay", &current.decay)?;
        one_or_each("synaptic gain", &current.gain)?;
        decays("synaptic decay", &current.decay)?;
    }
    if let Some(lowest) = &neuron.min_membrane {
        one_or_each("lowest membrane potential", lowest)?;
    }
    if let Some(mix) = &neuron.temporal_mix {
        check_mix(mix, neuron)?;
    }
    if let Some(stored) = &neuron.stored {
        check_stored(stored, channels)?;
    }
    check_combination(neuron)?;
    match neuron.integer {
        Some(format) if !(2..=30).contains(&format.membrane_bits) || !(-31..=16).contains(&format.fraction_bits) => {
            Err(GraphError::Range {
                parameter: "integer format",
                found: format!("{} membrane bits, {} fraction bits", format.membrane_bits, format.fraction_bits),
                expected: "2 to 30 and -31 to 16",
            })
        }
        _ => Ok(()),
    }
}

fn decays(parameter: &'static str, values: &[f32]) -> Result<(), GraphError> {
    match values.iter().find(|b| !(0.0..=1.0).contains(*b)) {
        Some(found) => Err(GraphError::Range { parameter, found: found.to_string(), expected: "0 to 1" }),
        None => Ok(()),
    }
}

/// What a neuron may not be at once: no framework has it, and no machine would share its meaning.
fn check_combination(neuron: &Neuron) -> Result<(), GraphError> {
    let immediate = neuron.reset_timing == ResetTiming::Immediate || neuron.reset == Reset::None;
    let refuse = |parameter, expected| {
        Err(GraphError::Range { parameter, found: crate::ir::dump::parameters(&Op::Neuron(neuron.clone())), expected })
    };
    if neuron.reset_timing == ResetTiming::Overriding && !matches!(neuron.reset, Reset::ToValue(_)) {
        return refuse("an overriding reset", "a reset to a value");
    }
    let to_value = matches!(neuron.reset, Reset::ToValue(_));
    if neuron.reset_timing == ResetTiming::Clearing && (!to_value || neuron.synaptic.is_empty()) {
        return refuse("a reset of the synaptic currents", "synaptic currents, and a reset to a value");
    }
    if neuron.threshold_timesteps > 1 && (!immediate || neuron.inhibition) {
        return refuse("thresholds per timestep", "an immediate reset or none, and no inhibition");
    }
    let at_once = neuron.reset_timing == ResetTiming::Immediate;
    if neuron.stored.is_some() && (!at_once || neuron.min_membrane.is_some() || neuron.inhibition) {
        return refuse("levels that are stored", "an immediate reset, no lowest potential and no inhibition");
    }
    if neuron.max_spikes == 0 {
        return refuse("most spikes per timestep", "1 or more");
    }
    let several = neuron.comparison == Comparison::AtLeast && immediate && neuron.threshold.iter().all(|&t| t > 0.0);
    if neuron.max_spikes > 1 && !several {
        return refuse("several spikes per timestep", "`>=`, thresholds above 0 and an immediate reset");
    }
    if neuron.min_membrane.is_some() && !immediate {
        return refuse("a lowest membrane potential", "an immediate reset");
    }
    let delayed = neuron.reset_timing != ResetTiming::Immediate || neuron.reset == Reset::None;
    if neuron.inhibition && !(delayed && neuron.max_spikes == 1) {
        return refuse("inhibition", "a delayed reset or none, and one spike per timestep");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Input, InputEncoding, Linear, Quantity, Readout, Reduce, Source, SynapticCurrent, Timing};

    fn graph() -> Graph {
        let input = Input { timing: Timing::Constant, encoding: InputEncoding::Real };
        let linear = Linear { fan_in: 2, fan_out: 1, weight: vec![1.0; 2], bias: vec![0.0], grid: None };
        let neuron = Neuron {
            beta: vec![0.5],
            threshold: vec![1.0],
            comparison: Comparison::Above,
            reset: Reset::None,
            reset_timing: ResetTiming::Delayed,
            ..Neuron::default()
        };
        let node = |name: &str, op, sources, shape| Node { name: name.into(), op, sources, shape, origin: vec![] };
        Graph {
            name: "g".into(),
            nodes: vec![
                node("x", Op::Input(input), vec![], Shape::vector(2)),
                node("fc", Op::Linear(linear), vec![Source::now(0)], Shape::vector(1)),
                node("lif", Op::Neuron(neuron), vec![Source::now(1)], Shape::vector(1)),
            ],
            output: 2,
            readout: Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
            timesteps: Some(4),
        }
    }

    fn refused(break_it: impl FnOnce(&mut Graph)) -> String {
        let mut graph = graph();
        graph.validate().expect("the graph is sound before it is broken");
        break_it(&mut graph);
        graph.validate().expect_err("a broken graph").source.to_string()
    }

    #[test]
    fn a_source_without_delay_stands_earlier() {
        assert!(refused(|g| g.nodes[1].sources[0] = Source::now(2)).contains("without a delay"));
        assert!(graph().validate().is_ok());
        let mut recurrent = graph();
        recurrent.nodes[1].sources[0] = Source { node: 2, delay: 1 };
        assert!(recurrent.validate().is_err(), "one spike does not fill two inputs");
    }

    #[test]
    fn parameters_are_finite_and_of_the_right_length() {
        let linear = |g: &mut Graph, f: fn(&mut Linear)| match &mut g.nodes[1].op {
            Op::Linear(linear) => f(linear),
            _ => unreachable!("node 1 is linear"),
        };
        assert!(refused(|g| linear(g, |l| l.weight[1] = f32::NAN)).contains("NaN"));
        assert!(refused(|g| linear(g, |l| l.weight.push(0.0))).contains("3 elements, expected 2"));
        assert!(refused(|g| linear(g, |l| l.fan_out = usize::MAX)).contains("weight"));
    }

    #[test]
    fn a_shape_that_lies_is_refused() {
        assert!(refused(|g| g.nodes[2].shape = Shape::vector(7)).contains("[7]"));
        assert!(refused(|g| g.nodes[0].shape = Shape::new(usize::MAX, usize::MAX, 2)).contains("elements"));
    }

    #[test]
    fn what_no_neuron_is_at_once_is_refused() {
        let neuron = |g: &mut Graph, f: fn(&mut Neuron)| match &mut g.nodes[2].op {
            Op::Neuron(neuron) => f(neuron),
            _ => unreachable!("node 2 is a neuron"),
        };
        assert!(refused(|g| neuron(g, |n| n.max_spikes = 2)).contains("several spikes"));
        assert!(refused(|g| neuron(g, |n| n.max_spikes = 0)).contains("1 or more"));
        assert!(refused(|g| neuron(g, |n| n.reset_timing = ResetTiming::Overriding)).contains("overriding"));
        let clearing = |n: &mut Neuron| (n.reset, n.reset_timing) = (Reset::ToValue(0.0), ResetTiming::Clearing);
        assert!(refused(|g| neuron(g, clearing)).contains("synaptic currents"));
        let delayed = |n: &mut Neuron| n.reset = Reset::Subtract(vec![1.0]);
        assert!(
            refused(|g| neuron(g, |n| (n.reset, n.min_membrane) = (Reset::ToValue(0.0), Some(vec![0.0]))))
                .contains("lowest")
        );
        let mut inhibited = graph();
        neuron(&mut inhibited, |n| n.inhibition = true);
        neuron(&mut inhibited, delayed);
        inhibited.validate().expect("snnTorch has it");
        neuron(&mut inhibited, |n| n.reset_timing = ResetTiming::Immediate);
        inhibited.validate().expect_err("no framework resets inhibited neurons at once");
        let synaptic = vec![SynapticCurrent { decay: vec![1.5], gain: vec![1.0] }];
        let mut fast = graph();
        if let Op::Neuron(n) = &mut fast.nodes[2].op {
            n.synaptic = synaptic;
        }
        assert!(fast.validate().expect_err("it grows").source.to_string().contains("synaptic decay"));
    }
}
