//! Steps of a program to layers of hardware, or a reason why not.
//!
//! A layer is one engine: sums, then what stands behind them up to the next sums. It is `Dense | Conv2d`, perhaps a pool
//! of currents, perhaps neurons (of the same population or one to one behind it), perhaps a pool of spikes. A dense layer
//! may take its own spikes of the timestep before as well: further rows of weights of the same engine. Beside constant
//! currents, which are computed once, its own spikes have an engine of their own.

#[cfg(test)]
mod tests;

use snnc_runtime::program::{
    Connection, EdgeKind, Neuron, Pool, Population, Program, Projection, Rate, Step, Synapses,
};

use crate::backend::BackendError;
use crate::compiled::Compiled;
use crate::error::AtNode;

/// One layer of hardware: which steps of the program it carries.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'p> {
    /// Step of the sums.
    pub step: usize,
    /// Edge that they are summed over.
    pub source: usize,
    /// Its population.
    pub population: Population<'p>,
    /// Its input from the edge before.
    pub forward: Projection<'p>,
    /// Its input from its own spikes of the timestep before.
    pub own: Option<Own<'p>>,
    /// Pool of its currents.
    pub current_pool: Option<Pool>,
    /// Population that takes the currents one to one.
    pub identity: Option<Population<'p>>,
    /// What that population takes of its own spikes of the timestep before, where the currents are constant.
    pub joined: Option<Own<'p>>,
    /// The neurons, and the step whose output their spikes are.
    pub neurons: Option<(usize, Neuron<'p>)>,
    /// Pool of the spikes.
    pub spike_pool: Option<Pool>,
    /// Step of the last of these.
    pub last_step: usize,
}

/// A layer's own spikes of the timestep before.
#[derive(Clone, Copy, Debug)]
pub struct Own<'p> {
    /// Dense or one to one.
    pub projection: Projection<'p>,
    /// Power of two that brings its weights to the scale of the others.
    pub shift: u8,
}

impl Planned<'_> {
    /// Whether its currents are computed once per sample.
    pub fn is_constant(&self, program: &Program<'_>) -> bool {
        program.edge(self.source).rate == Rate::PerSample
    }

    /// The name that the user knows: of its neurons, or else of its weights.
    pub fn name<'c>(&self, compiled: &'c Compiled<'_>) -> &'c str {
        &compiled.steps[self.neurons.map_or(self.step, |(step, _)| step)].name
    }
}

/// An error at a step.
pub(super) fn refuse(compiled: &Compiled<'_>, step: usize, found: String, help: &str) -> AtNode<BackendError> {
    let op = match compiled.program.steps()[step] {
        Step::Population(_) => "population",
        Step::Pool(_) => "pool",
    };
    AtNode {
        node: compiled.steps[step].name.clone(),
        op: op.into(),
        source: BackendError::Unsupported { found, help: help.into() },
    }
}

/// Groups the steps into layers.
///
/// # Errors
/// The first step that the engine cannot carry.
pub fn plan<'p>(compiled: &Compiled<'p>) -> Result<Vec<Planned<'p>>, AtNode<BackendError>> {
    let steps = compiled.program.steps();
    for (step, content) in steps.iter().enumerate() {
        check(compiled, step, content)?;
    }
    let mut layers = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let layer = layer(compiled, at)?;
        at = layer.last_step + 1;
        layers.push(layer);
    }
    let readout = compiled.program.readout();
    if usize::from(readout.source) != steps.len() {
        return Err(refuse(
            compiled,
            steps.len() - 1,
            "found a step behind the population that the readout looks at, expected none".into(),
            "make the readout look at the network's last layer",
        ));
    }
    if steps[steps.len() - 1].output().rate == Rate::PerSample {
        return Err(refuse(
            compiled,
            steps.len() - 1,
            "found a network that does nothing over time, expected a layer of neurons".into(),
            "use --target mcu for a network without neurons",
        ));
    }
    Ok(layers)
}

/// The own spikes' currents that step `step` gives to the population behind it, if it is nothing else.
fn own_currents<'p>(steps: &[Step<'p>], step: usize) -> Option<Own<'p>> {
    let Some(Step::Population(population)) = steps.get(step) else { return None };
    let Population { projections: [projection], neuron: None, bias, current_shift, .. } = *population else {
        return None;
    };
    let own = projection.delay == 1 && usize::from(projection.source) == step + 2;
    let shift = u8::try_from(current_shift).ok().filter(|_| own && bias.iter().all(|&bias| bias == 0))?;
    match steps.get(step + 1) {
        Some(Step::Population(next)) if next.neuron.is_some() => Some(Own { projection: *projection, shift }),
        _ => None,
    }
}

/// The inputs of a population: from the edge before, and its own spikes.
fn inputs<'p>(steps: &[Step<'p>], step: usize, population: &Population<'p>) -> (Vec<Projection<'p>>, Option<Own<'p>>) {
    let before = step.checked_sub(1).and_then(|before| own_currents(steps, before));
    let mut own = None;
    let mut others = Vec::new();
    for projection in population.projections {
        let itself = usize::from(projection.source) == step + 1 && projection.delay == 1;
        let of_step_before = usize::from(projection.source) == step && before.is_some();
        let one_to_one = projection.connection == Connection::Identity && is_one(projection.synapses);
        match () {
            () if of_step_before && one_to_one && projection.delay == 0 && own.is_none() => own = before,
            () if itself && own.is_none() => own = Some(Own { projection: *projection, shift: 0 }),
            () => others.push(*projection),
        }
    }
    (others, own)
}

const CHAIN: &str = "the FPGA engine carries chains and layers that take their own spikes a timestep later; use \
                     --target mcu for other networks";

/// What a step must be, wherever it stands.
fn check(compiled: &Compiled<'_>, step: usize, content: &Step<'_>) -> Result<(), AtNode<BackendError>> {
    let fail = |found: String, help: &str| Err(refuse(compiled, step, found, help));
    let steps = compiled.program.steps();
    let source = match content {
        Step::Population(population) => {
            if own_currents(steps, step).is_some() {
                return Ok(()); // seen with the population behind it
            }
            if let Some(neuron) = &population.neuron {
                check_neuron(compiled, step, neuron)?;
            }
            let (others, own) = inputs(steps, step, population);
            let [projection] = others[..] else {
                return fail(format!("found {} inputs, expected one", others.len()), CHAIN);
            };
            if projection.delay != 0 {
                return fail(format!("found an input delayed by {}, expected none", projection.delay), CHAIN);
            }
            if let Some(own) = own {
                let dense = |c| matches!(c, Connection::Dense);
                let currents = step.checked_sub(1).filter(|&before| own_currents(steps, before).is_some());
                let constant = compiled.program.edge(usize::from(projection.source)).rate == Rate::PerSample;
                let joins = constant && projection.connection == Connection::Identity;
                if joins && population.output.shape.positions() > 1 {
                    return fail(
                        "found its own spikes beside a constant map, expected a vector".into(),
                        "flatten the map, or use --target mcu",
                    );
                }
                if !joins && !dense(projection.connection) {
                    return fail(
                        "found its own spikes beside an input that is not dense, expected a dense layer".into(),
                        "on the FPGA only a dense layer takes its own spikes; use --target mcu",
                    );
                }
                if !dense(own.projection.connection) && own.projection.connection != Connection::Identity {
                    return fail("found a convolution of its own spikes, expected a dense layer".into(), CHAIN);
                }
                if !joins && constant {
                    return fail(
                        "found weights of a constant input beside its own spikes, expected currents computed once"
                            .into(),
                        CHAIN,
                    );
                }
                if usize::from(projection.source) != currents.unwrap_or(step) {
                    return fail("found an input that is not the step before, expected a chain".into(), CHAIN);
                }
                return Ok(());
            }
            projection.source
        }
        Step::Pool(pool) => {
            let window = &pool.window;
            let from = compiled.program.edge(usize::from(pool.source));
            let to = pool.output.shape;
            let touches = |axis: usize, out: u32| {
                window.padding[axis] == 0
                    && (window.kernel[axis] == window.stride[axis] || out == 1)
                    && (window.dilation[axis] == 1 || window.kernel[axis] == 1)
            };
            if !touches(0, to.height) || !touches(1, to.width) {
                return fail(
                    format!(
                        "found a pool of kernel {:?}, stride {:?}, padding {:?}, dilation {:?}; expected windows that touch",
                        window.kernel, window.stride, window.padding, window.dilation
                    ),
                    "use a stride equal to the kernel, and no padding or dilation",
                );
            }
            if matches!(from.kind, EdgeKind::Counts { .. }) {
                return fail(
                    "found a pool of a pool, expected neurons between them".into(),
                    "join the two pools into one",
                );
            }
            if pool.source == 0 {
                return fail("found a pool of the input, expected a layer before it".into(), "pool the data instead");
            }
            pool.source
        }
    };
    if usize::from(source) != step {
        return fail("found an input that is not the step before, expected a chain".into(), CHAIN);
    }
    Ok(())
}

/// What `snn_neuron` and what stands before it can be.
fn check_neuron(compiled: &Compiled<'_>, step: usize, neuron: &Neuron<'_>) -> Result<(), AtNode<BackendError>> {
    let found = match () {
        () if neuron.max_spikes > 1 => "found neurons that fire several times in a timestep, expected once",
        () if neuron.mix.is_some() => "found neurons that mix the currents of several timesteps, expected one",
        () if neuron.inhibition => "found neurons that inhibit each other, expected independent ones",
        () if neuron.stored.is_some() && read_out(compiled, step) => {
            "found membranes that are read out where only the number of their level is stored, expected spikes"
        }
        () => return Ok(()),
    };
    Err(refuse(compiled, step, found.into(), "use --target mcu for such neurons"))
}

/// Whether the membranes of `step` are read out.
fn read_out(compiled: &Compiled<'_>, step: usize) -> bool {
    let readout = compiled.program.readout();
    readout.quantity == snnc_runtime::program::Quantity::Membrane && usize::from(readout.source) == step + 1
}

fn layer<'p>(compiled: &Compiled<'p>, first: usize) -> Result<Planned<'p>, AtNode<BackendError>> {
    let steps = compiled.program.steps();
    let step = first + usize::from(own_currents(steps, first).is_some());
    let fail = |step: usize, found: &str, help: &str| Err(refuse(compiled, step, found.into(), help));
    let population = match steps[step] {
        Step::Population(population) => population,
        Step::Pool(_) => {
            return fail(
                step,
                "found a second pool behind a layer, expected a layer with weights",
                "join the two pools",
            );
        }
    };
    let (others, own) = inputs(steps, step, &population);
    let forward = others[0]; // `check` has seen that there is one
    if forward.connection == Connection::Identity {
        return fail(
            step,
            "found neurons one to one on an edge that is not currents, expected weights between",
            "feed the neurons through a dense layer or a convolution",
        );
    }
    if matches!(compiled.program.edge(first).kind, EdgeKind::Currents { .. }) {
        return fail(
            step,
            "found currents that feed weights, expected neurons between",
            "merge the two layers of weights into one",
        );
    }
    let mut layer = Planned {
        step,
        source: first,
        population,
        forward,
        own,
        current_pool: None,
        identity: None,
        joined: None,
        neurons: population.neuron.map(|neuron| (step, neuron)),
        spike_pool: None,
        last_step: step,
    };
    if layer.neurons.is_none() {
        if let Some(Step::Pool(pool)) = steps.get(layer.last_step + 1) {
            layer.current_pool = Some(*pool);
            layer.last_step += 1;
        }
        let next = layer.last_step + 1;
        let next = next + usize::from(own_currents(steps, next).is_some());
        let inputs = |population| inputs(steps, next, population);
        match steps.get(next) {
            Some(Step::Population(population)) if matches!(inputs(population).0[..], [one] if one.connection == Connection::Identity) =>
            {
                layer.last_step = next;
                layer.joined = inputs(population).1;
                let next = population;
                let to_neurons = inputs(population).0[0];
                let Some(neuron) = next.neuron else {
                    return fail(
                        layer.last_step,
                        "found currents of currents, expected neurons",
                        "merge the two layers",
                    );
                };
                if !is_one(to_neurons.synapses) {
                    return fail(
                        layer.last_step,
                        "found weights between currents and neurons one to one, expected 1",
                        "fold the factor into thresholds, reset amounts and biases",
                    );
                }
                layer.identity = Some(*next);
                layer.neurons = Some((layer.last_step, neuron));
            }
            None if layer.current_pool.is_none() => {}
            _ => {
                return fail(layer.last_step, "found currents without neurons behind them", "add neurons to the layer");
            }
        }
    }
    if let Some(Step::Pool(pool)) = steps.get(layer.last_step + 1) {
        if layer.current_pool.is_some() {
            return fail(
                layer.last_step + 1,
                "found a pool before and a pool behind the neurons, expected one",
                "drop one",
            );
        }
        layer.spike_pool = Some(*pool);
        layer.last_step += 1;
    }
    let positions = population.output.shape.positions();
    let pools = layer.current_pool.is_some() || layer.spike_pool.is_some();
    if (own.is_some() || layer.joined.is_some()) && layer.spike_pool.is_some() {
        return fail(
            layer.last_step,
            "found a pool behind a layer that takes its own spikes, expected none",
            "put a layer with weights between them",
        );
    }
    if forward.connection == Connection::Dense && positions > 1 && pools {
        return fail(
            layer.last_step,
            "found a pool behind a dense layer that gives a map, expected a convolution before it",
            "pool the dense layer's weights instead",
        );
    }
    if let Connection::Conv2d(window) = forward.connection
        && (window.kernel[1] - 1).saturating_mul(window.dilation[1]) > 30
    {
        return fail(step, "found a kernel of more than 31 columns, dilation counted", "use a smaller kernel");
    }
    Ok(layer)
}

/// Whether each weight of an identity projection is 1.
fn is_one(synapses: Synapses<'_>) -> bool {
    match synapses {
        Synapses::Int8 { weights } => weights.iter().all(|&weight| weight == 1),
        Synapses::Binary { .. }
        | Synapses::Planes { .. }
        | Synapses::Nibbles { .. }
        | Synapses::Sparse { .. }
        | Synapses::Codewords { .. }
        | Synapses::Codebook { .. } => false,
    }
}

/// The digits of an edge's elements: planes, and whether the first is the sign of two's complement.
pub(super) fn planes(kind: EdgeKind) -> (usize, bool) {
    use snnc_runtime::program::ValueKind;
    match kind {
        EdgeKind::Spikes => (1, false),
        EdgeKind::Counts { max } => (16 - max.leading_zeros() as usize, false),
        EdgeKind::Values(ValueKind::U8) => (8, false),
        EdgeKind::Values(ValueKind::I8) => (8, true),
        EdgeKind::Values(ValueKind::I16) => (16, true),
        EdgeKind::Currents { bits } => (usize::from(bits), true),
    }
}
