//! Which framework wrote a file, told from the parameters that its exporter computes.
//!
//! | exporter | gives itself away by |
//! |---|---|
//! | snnTorch | `r = tau / dt` (and `w_in = tau_syn / dt`), `v_reset` 0, an input called `input` or numbers of 32 bits |
//! | SpikingJelly | 64 bits, `v_reset` everywhere and equal to `v_leak`, `r = 1 / dt` (IF), 1 or `tau / dt`; names of torch.fx |
//! | norse | `r = 1`, no `v_reset`, shapes with a batch axis, time constants below a millisecond |
//! | sinabs | IF only, `r = 1` for every neuron, no `v_reset`, shapes without a batch axis |
//! | Rockpool | `r = tau e^(-dt/tau) / dt` with one round `dt` in every neuron |
//!
//! A rule holds for every neuron of a file or not at all; where two could hold, nothing is detected and the user decides.

use super::hdf5::{Array, Values};
use super::inline::Flat;
use super::parse::{Cell, Model, NirOp};
use super::reading::{Preset, preset};

/// Timestep that snnTorch and (by default) SpikingJelly write their files with, in seconds.
const DT: f64 = 1e-4;

/// Relative error of numbers that went through a few roundings to 32 bits.
const ROUNDED: f64 = 1e-6;

/// What was detected.
pub struct Detected {
    /// The framework.
    pub preset: &'static Preset,
    /// The timestep.
    pub dt: f64,
    /// By what, for messages.
    pub because: &'static str,
}

/// Detects the framework.
pub fn detect(flat: &Flat) -> Option<Detected> {
    let cells: Vec<&Cell> = cells(flat).collect();
    if cells.is_empty() {
        return None;
    }
    let found = |name: &str, dt: f64, because| Some(Detected { preset: preset(name)?, dt, because });
    let every = |rule: &dyn Fn(&Cell) -> bool| cells.iter().all(|cell| rule(cell));
    let has_reset = every(&|cell| cell.v_reset.is_some() || !cell.model.fires());
    let no_reset = every(&|cell| cell.v_reset.is_none());
    let single = every(&|cell| matches!(cell.r.values, Values::F32(_)));
    let double = every(&|cell| matches!(cell.r.values, Values::F64(_)));
    let input = flat.nodes[flat.input].name.as_str();
    let batched = batched(flat);

    if has_reset && (input == "input" || single) && every(&|cell| is_snntorch(cell)) {
        return found("snntorch", DT, "r = tau / dt in every neuron, v_reset 0");
    }
    let jelly_dt = spikingjelly_dt(&cells);
    let traced = input == "input_1" || jelly_dt.is_some();
    let dt = jelly_dt.unwrap_or(DT);
    if has_reset && double && input != "input" && traced && every(&|cell| is_spikingjelly(cell, dt)) {
        return found("spikingjelly", dt, "64-bit parameters, v_reset = v_leak, r = 1 / dt, 1 or tau / dt");
    }
    if no_reset && batched && every(&|cell| is_norse(cell)) {
        return found("norse", 1e-6, "r = 1, no v_reset, a batch axis in its shapes, time constants of microseconds");
    }
    let per_neuron = every(&|cell| cell.model == Model::If && !cell.r.shape.is_empty() && cell.r.same() == Some(1.0));
    if no_reset && !batched && per_neuron {
        return found("sinabs", 1.0, "only IF neurons, r = 1, no v_reset");
    }
    match rockpool_dt(&cells) {
        Some(dt) if no_reset => found("rockpool", dt, "r = tau exp(-dt / tau) / dt with one dt in every neuron"),
        _ => None,
    }
}

/// The timestep of a file that `preset` names, where its parameters tell it.
pub fn timestep(flat: &Flat, preset: &Preset) -> Option<f64> {
    let cells: Vec<&Cell> = cells(flat).collect();
    match preset.name {
        "spikingjelly" => spikingjelly_dt(&cells),
        "rockpool" => rockpool_dt(&cells),
        _ => None,
    }
}

fn cells(flat: &Flat) -> impl Iterator<Item = &Cell> {
    flat.nodes.iter().filter_map(|node| match &node.node.op {
        NirOp::Cell(cell) => Some(&**cell),
        _ => None,
    })
}

/// Whether the shapes of input and output start with a batch axis of one sample.
fn batched(flat: &Flat) -> bool {
    let batch = |node: usize| match &flat.nodes[node].node.op {
        NirOp::Input(shape) | NirOp::Output(shape) => matches!(shape[..], [1, _] | [1, _, _, _]),
        _ => false,
    };
    batch(flat.input) && batch(flat.output)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDED * b.abs()
}

/// Whether `rule` holds for the parameters of every neuron, element by element.
fn each(parameters: &[&Array], rule: impl Fn(&[f64]) -> bool) -> bool {
    let len = parameters.iter().map(|array| array.len()).max().unwrap_or(0);
    let same = parameters.iter().all(|array| array.same().is_some());
    let fits = parameters.iter().all(|array| array.same().is_some() || array.len() == len);
    let at = |index: usize| parameters.iter().map(|array| array.get(index)).collect::<Vec<f64>>();
    fits && (0..if same { 1 } else { len }).all(|index| rule(&at(index)))
}

fn is_zero(array: &Option<Array>) -> bool {
    array.as_ref().is_none_or(|array| array.same() == Some(0.0))
}

fn is_snntorch(cell: &Cell) -> bool {
    let membrane = cell.model.leaks() && each(&[&cell.r, &cell.tau], |x| near(x[0] * DT, x[1]));
    let synapse = !cell.model.is_current_based() || each(&[&cell.w_in, &cell.tau_syn], |x| near(x[0] * DT, x[1]));
    cell.model.fires() && membrane && synapse && cell.v_leak.same() == Some(0.0) && is_zero(&cell.v_reset)
}

/// The timestep that the parameters of SpikingJelly's neurons tell: `1 / r` of an IF, `tau / r` where `r` is not 1.
fn spikingjelly_dt(cells: &[&Cell]) -> Option<f64> {
    let told = cells.iter().find_map(|cell| match (cell.model, cell.r.same()?, cell.tau.same()?) {
        (Model::If, r, _) if r != 1.0 => Some(1.0 / r),
        (Model::Lif | Model::CubaLif, r, tau) if r != 1.0 => Some(tau / r),
        _ => None,
    })?;
    // 1 / (1 / dt) is dt but for a rounding; what is meant is a short decimal number
    let decimal: f64 = format!("{told:.6e}").parse().ok()?;
    (decimal > 0.0 && near(decimal, told)).then_some(decimal)
}

fn is_spikingjelly(cell: &Cell, dt: f64) -> bool {
    let gain = |r: &Array, tau: &Array| match (r.same(), tau.same()) {
        (Some(r), Some(tau)) => r == 1.0 || near(r * dt, tau),
        _ => false,
    };
    match cell.model {
        Model::If => cell.r.same().is_some_and(|r| near(r * dt, 1.0)),
        Model::Lif => gain(&cell.r, &cell.tau) && cell.v_reset.as_ref().map(Array::same) == Some(cell.v_leak.same()),
        Model::CubaLif => {
            each(&[&cell.r, &cell.tau, &cell.w_in, &cell.tau_syn], |x| near(x[0] * dt, x[1]) && near(x[2] * dt, x[3]))
        }
        Model::I | Model::Li | Model::CubaLi => false,
    }
}

fn is_norse(cell: &Cell) -> bool {
    let small = |tau: &Array| each(&[tau], |x| x[0] >= 1e-6 && x[0] < 1e-3);
    let synapse = !cell.model.is_current_based() || small(&cell.tau_syn);
    cell.r.same() == Some(1.0) && (!cell.model.leaks() || small(&cell.tau)) && synapse
}

/// The one timestep, 1, 2 or 5 times a power of ten, that Rockpool's `r` of every neuron was computed with.
fn rockpool_dt(cells: &[&Cell]) -> Option<f64> {
    let first = cells.first()?;
    let guess = first.tau.get(0) * solve(first.r.get(0))?;
    let power = 10f64.powf(guess.log10().floor());
    let dt = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|dt| (dt / guess - 1.0).abs() < 1e-4)?;
    let rule = |x: &[f64]| (x[0] - x[1] * (-dt / x[1]).exp() / dt).abs() <= 1e-5 * x[0].abs();
    let every = cells.iter().all(|c| {
        c.model.leaks() && c.w_in.same() == Some(1.0) && c.v_leak.same() == Some(0.0) && each(&[&c.r, &c.tau], rule)
    });
    every.then_some(dt)
}

/// The `x` for which `e^-x / x = r`, by Newton's method on `x e^x = 1 / r`.
fn solve(r: f64) -> Option<f64> {
    if !(r.is_finite() && r > 0.0) {
        return None;
    }
    let mut x = (1.0 + 1.0 / r).ln();
    for _ in 0..50 {
        x -= (x - (-x).exp() / r) / (1.0 + x);
    }
    (x.is_finite() && x > 0.0).then_some(x)
}
