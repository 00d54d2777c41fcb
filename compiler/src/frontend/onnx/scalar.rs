//! Functions of one number: what a chain of elementwise operations on one signal computes.
//!
//! Exporters write an activation in many ways: `Relu`, `Max(x, 0)`, `Mul` - `Add` - `Floor` - `Clip` - `Mul`, a batch norm and a
//! quantizer. Here such a chain is a [`Tape`], which is run on single numbers in the file's own `f32` operations. What it
//! is, is found out from its behaviour: a continuous tape is a clipped line, `clip(a x + b, low, high)`; any other must be
//! monotone, and is then a staircase whose thresholds bisection over the order of all floats finds exactly.

#[cfg(test)]
mod tests;

use super::algebra::Coef;
use super::net::{Def, Net, Rounding, ValueId};
use crate::ir::Staircase;
use crate::ir::order::{key, number};

/// Steps of a staircase beyond which a function is not taken for one.
const MAX_STEPS: usize = 4096;

/// Operations beyond which a chain is not taken for a function of one number: each search of a step runs all of them.
const MAX_OPERATIONS: usize = 256;

/// Thresholds that are searched in one function, over all channels.
const MAX_THRESHOLDS: usize = 1 << 20;

/// A parameter: one for all channels, or one each.
type Numbers = Vec<f32>;

/// An operand: an earlier result, or a constant.
#[derive(Clone, Debug)]
enum Operand {
    Slot(usize),
    Constant(Numbers),
}

#[derive(Clone, Debug)]
enum Step {
    Add(Operand, Operand),
    Sub(Operand, Operand),
    Mul(Operand, Operand),
    Div(Operand, Operand),
    Neg(Operand),
    Tanh(Operand),
    Sign(Operand),
    Round(Operand, Rounding),
    Clip(Operand, f32, f32),
    Maximum(Vec<Operand>),
    Minimum(Vec<Operand>),
    Quant { x: Operand, scale: Numbers, zero: Numbers, low: f32, high: f32, rounding: Rounding, integer: bool },
    Bipolar(Operand, Numbers),
    MultiThreshold { x: Operand, thresholds: Vec<f32>, steps: usize, scale: f32, bias: f32 },
}

/// Elementwise operations on one signal, in order; slot 0 is the signal.
#[derive(Clone, Debug)]
pub struct Tape {
    steps: Vec<Step>,
    /// Channels whose functions differ; 1 if all are the same.
    channels: usize,
}

/// What a tape is.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `clip(slope * x + shift, low, high)`, per channel; bounds may be infinite.
    Line(Vec<Line>),
    /// A step function.
    Staircase(Staircase),
}

/// `clip(slope * x + shift, low, high)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub slope: f64,
    pub shift: f64,
    pub low: f64,
    pub high: f64,
}

/// Whether `def` is computed element by element from one signal and constants, so that it may stand on a tape.
pub fn is_scalar(def: &Def) -> bool {
    matches!(
        def,
        Def::Add(..)
            | Def::Sub(..)
            | Def::Mul(..)
            | Def::Div(..)
            | Def::Neg(_)
            | Def::Tanh(_)
            | Def::Sign(_)
            | Def::Round { .. }
            | Def::Clip { .. }
            | Def::Maximum(_)
            | Def::Minimum(_)
            | Def::BatchNorm { .. }
            | Def::Quant { .. }
            | Def::Bipolar { .. }
            | Def::MultiThreshold { .. }
    )
}

/// Whether `def` makes more than a line of a signal.
pub fn is_activation(def: &Def) -> bool {
    matches!(
        def,
        Def::Maximum(_)
            | Def::Minimum(_)
            | Def::Sign(_)
            | Def::Round { .. }
            | Def::Clip { .. }
            | Def::Quant { .. }
            | Def::Bipolar { .. }
            | Def::MultiThreshold { .. }
    )
}

impl Tape {
    /// The tape from `root` to `of`; `members` are the values between them, operands first, `of` last.
    ///
    /// `None` if a constant differs within a channel, or if there are too many.
    pub fn new(net: &Net, root: ValueId, members: &[ValueId]) -> Option<Self> {
        if members.len() > MAX_OPERATIONS {
            return None;
        }
        let mut tape = Tape { steps: Vec::with_capacity(members.len()), channels: 1 };
        let mut slots = std::collections::HashMap::from([(root, 0)]);
        for &id in members {
            if let Def::Reshape(inner) = net.values[id].def {
                let slot = *slots.get(&inner)?;
                slots.insert(id, slot);
                continue;
            }
            let step = tape.step(net, id, &slots)?;
            tape.steps.push(step);
            slots.insert(id, tape.steps.len());
        }
        // a reshape at the end stands for the slot before it: the last step is the result either way
        Some(tape)
    }

    fn numbers(&mut self, coef: &Coef) -> Option<Numbers> {
        let numbers = coef.to_f32();
        if numbers.len() > 1 {
            if self.channels > 1 && self.channels != numbers.len() {
                return None;
            }
            self.channels = numbers.len();
        }
        Some(numbers)
    }

    fn step(&mut self, net: &Net, id: ValueId, slots: &std::collections::HashMap<ValueId, usize>) -> Option<Step> {
        let dims = net.dims(id);
        let mut operand = |x: ValueId| -> Option<Operand> {
            match (slots.get(&x), net.as_constant(x)) {
                (Some(&slot), _) => Some(Operand::Slot(slot)),
                (None, Some(tensor)) => {
                    let coef = Coef::of_constant(tensor, dims)?;
                    Some(Operand::Constant(self.numbers(&coef)?))
                }
                (None, None) => None,
            }
        };
        Some(match &net.values[id].def {
            Def::Add(a, b) => Step::Add(operand(*a)?, operand(*b)?),
            Def::Sub(a, b) => Step::Sub(operand(*a)?, operand(*b)?),
            Def::Mul(a, b) => Step::Mul(operand(*a)?, operand(*b)?),
            Def::Div(a, b) => Step::Div(operand(*a)?, operand(*b)?),
            Def::Neg(x) => Step::Neg(operand(*x)?),
            Def::Tanh(x) => Step::Tanh(operand(*x)?),
            Def::Sign(x) => Step::Sign(operand(*x)?),
            Def::Round { x, rounding } => Step::Round(operand(*x)?, *rounding),
            Def::Clip { x, low, high } => Step::Clip(operand(*x)?, low.get(), high.get()),
            Def::Maximum(parts) => Step::Maximum(parts.iter().map(|&p| operand(p)).collect::<Option<_>>()?),
            Def::Minimum(parts) => Step::Minimum(parts.iter().map(|&p| operand(p)).collect::<Option<_>>()?),
            Def::BatchNorm { x, scale, shift } => {
                let x = operand(*x)?;
                let [scale, shift] =
                    [scale, shift].map(|&c| Coef::Each(net.constants[c].to_f32().into_iter().map(f64::from).collect()));
                let (scale, shift) = (self.numbers(&scale)?, self.numbers(&shift)?);
                self.steps.push(Step::Mul(x, Operand::Constant(scale)));
                Step::Add(Operand::Slot(self.steps.len()), Operand::Constant(shift))
            }
            Def::Quant { x, scale, zero_point, low, high, rounding, integer } => {
                let x = operand(*x)?;
                let (low, high, rounding, integer) = (low.get(), high.get(), *rounding, *integer);
                let scale = self.numbers(&Coef::of_constant(&net.constants[*scale], dims)?)?;
                let zero = self.numbers(&Coef::of_constant(&net.constants[*zero_point], dims)?)?;
                Step::Quant { x, scale, zero, low, high, rounding, integer }
            }
            Def::Bipolar { x, scale } => {
                let x = operand(*x)?;
                Step::Bipolar(x, self.numbers(&Coef::of_constant(&net.constants[*scale], dims)?)?)
            }
            Def::MultiThreshold { x, thresholds, axis, scale, bias } => {
                let x = operand(*x)?;
                let table = &net.constants[*thresholds];
                let (rows, steps) = (*table.dims.first()?, *table.dims.get(1)?);
                if rows > 1 && *axis != 1 || steps == 0 {
                    return None;
                }
                if rows > 1 {
                    self.numbers(&Coef::Each(vec![0.0; rows]))?;
                }
                Step::MultiThreshold { x, thresholds: table.to_f32(), steps, scale: scale.get(), bias: bias.get() }
            }
            _ => return None,
        })
    }

    /// The function at `x`, in `f32`, each operation rounded.
    pub fn apply(&self, x: f32, channel: usize) -> f32 {
        let mut values = Vec::with_capacity(self.steps.len() + 1);
        values.push(x);
        let one = |numbers: &[f32]| if numbers.len() == 1 { numbers[0] } else { numbers[channel] };
        for step in &self.steps {
            let of = |operand: &Operand| match operand {
                Operand::Slot(slot) => values[*slot],
                Operand::Constant(numbers) => one(numbers),
            };
            let y = match step {
                Step::Add(a, b) => of(a) + of(b),
                Step::Sub(a, b) => of(a) - of(b),
                Step::Mul(a, b) => of(a) * of(b),
                Step::Div(a, b) => of(a) / of(b),
                Step::Neg(a) => -of(a),
                Step::Tanh(a) => of(a).tanh(),
                Step::Sign(a) => match of(a) {
                    a if a > 0.0 => 1.0,
                    a if a < 0.0 => -1.0,
                    _ => 0.0,
                },
                Step::Round(a, rounding) => rounding.apply(of(a).into()) as f32,
                Step::Clip(a, low, high) => of(a).max(*low).min(*high),
                Step::Maximum(parts) => parts.iter().map(of).fold(f32::NEG_INFINITY, f32::max),
                Step::Minimum(parts) => parts.iter().map(of).fold(f32::INFINITY, f32::min),
                Step::Quant { x, scale, zero, low, high, rounding, integer } => {
                    let (scale, zero) = (one(scale), one(zero));
                    let q = rounding.apply((of(x) / scale + zero).into()) as f32;
                    let q = q.max(*low).min(*high);
                    if *integer { q } else { (q - zero) * scale }
                }
                Step::Bipolar(x, scale) => {
                    let scale = one(scale);
                    if of(x) >= 0.0 { scale } else { -scale }
                }
                Step::MultiThreshold { x, thresholds, steps, scale, bias } => {
                    let row = if thresholds.len() == *steps { 0 } else { channel };
                    let row = &thresholds[row * steps..(row + 1) * steps];
                    let n = row.iter().filter(|&&threshold| of(x) >= threshold).count();
                    scale * n as f32 + bias
                }
            };
            values.push(y);
        }
        values.last().copied().unwrap_or(x)
    }

    /// What the tape is, or what is wrong with it.
    pub fn function(&self) -> Result<Function, String> {
        if let Some(lines) = self.lines() {
            return Ok(Function::Line(lines));
        }
        if !(0..self.channels).all(|channel| self.is_monotone(channel)) {
            return Err("a function that neither rises nor falls throughout".into());
        }
        self.staircase(MAX_STEPS).map(Function::Staircase)
    }

    /// The clipped lines that the tape is, if it is.
    fn lines(&self) -> Option<Vec<Line>> {
        (0..self.channels).map(|channel| self.line(channel)).collect()
    }

    fn line(&self, channel: usize) -> Option<Line> {
        let free = Line { slope: 1.0, shift: 0.0, low: f64::NEG_INFINITY, high: f64::INFINITY };
        let flat = |c: f32| Line { slope: 0.0, shift: c.into(), ..free };
        let mut lines = vec![free];
        for step in &self.steps {
            let of = |operand: &Operand| match operand {
                Operand::Slot(slot) => lines[*slot],
                Operand::Constant(numbers) => flat(if numbers.len() == 1 { numbers[0] } else { numbers[channel] }),
            };
            let line = match step {
                Step::Add(a, b) => sum(of(a), of(b))?,
                Step::Sub(a, b) => sum(of(a), scaled(of(b), -1.0))?,
                Step::Neg(a) => scaled(of(a), -1.0),
                Step::Mul(a, b) if of(b).slope == 0.0 => scaled(of(a), of(b).shift),
                Step::Mul(a, b) if of(a).slope == 0.0 => scaled(of(b), of(a).shift),
                Step::Div(a, b) if of(b).slope == 0.0 && of(b).shift != 0.0 => scaled(of(a), 1.0 / of(b).shift),
                Step::Clip(a, low, high) => clipped(of(a), (*low).into(), (*high).into()),
                Step::Maximum(parts) | Step::Minimum(parts) => {
                    let max = matches!(step, Step::Maximum(_));
                    let mut varying = None;
                    let mut bound = if max { f64::NEG_INFINITY } else { f64::INFINITY };
                    for part in parts.iter().map(of) {
                        match part.slope == 0.0 {
                            true if max => bound = bound.max(part.shift),
                            true => bound = bound.min(part.shift),
                            false if varying.replace(part).is_some() => return None,
                            false => {}
                        }
                    }
                    let (low, high) = if max { (bound, f64::INFINITY) } else { (f64::NEG_INFINITY, bound) };
                    clipped(varying?, low, high)
                }
                _ => return None,
            };
            lines.push(line);
        }
        lines.pop()
    }

    /// Whether the function only rises, or only falls: every operation in `f32` is monotone in each operand.
    fn is_monotone(&self, channel: usize) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        // where the function goes as x rises: up (Greater), down (Less), nowhere (Equal)
        let mut ways = vec![Greater];
        let sign = |c: f32| c.partial_cmp(&0.0).unwrap_or(Equal);
        let turned = |way: std::cmp::Ordering, by| match by {
            Less => way.reverse(),
            Greater => way,
            Equal => Equal,
        };
        let joined = |a, b| match (a, b) {
            (Equal, way) | (way, Equal) => Some(way),
            (a, b) if a == b => Some(a),
            _ => None,
        };
        for step in &self.steps {
            let one = |numbers: &[f32]| if numbers.len() == 1 { numbers[0] } else { numbers[channel] };
            let of = |operand: &Operand| match operand {
                Operand::Slot(slot) => ways[*slot],
                Operand::Constant(_) => Equal,
            };
            let way = match step {
                Step::Add(a, b) => joined(of(a), of(b)),
                Step::Sub(a, b) => joined(of(a), of(b).reverse()),
                Step::Mul(x, Operand::Constant(c))
                | Step::Mul(Operand::Constant(c), x)
                | Step::Div(x, Operand::Constant(c)) => Some(turned(of(x), sign(one(c)))),
                Step::Mul(..) | Step::Div(..) => None,
                Step::Neg(x) => Some(of(x).reverse()),
                Step::Tanh(x) | Step::Sign(x) | Step::Round(x, _) | Step::Clip(x, ..) => Some(of(x)),
                Step::Maximum(parts) | Step::Minimum(parts) => {
                    parts.iter().try_fold(Equal, |way, part| joined(way, of(part)))
                }
                Step::Quant { x, scale, integer, .. } => {
                    let scale = sign(one(scale));
                    Some(if *integer { turned(of(x), scale) } else { of(x) })
                }
                Step::Bipolar(x, scale) => Some(turned(of(x), sign(one(scale)))),
                Step::MultiThreshold { x, scale, .. } => Some(turned(of(x), sign(*scale))),
            };
            match way {
                Some(way) => ways.push(way),
                None => return false,
            }
        }
        true
    }

    /// The staircase of at most `most` levels that the tape is, if it is one.
    pub fn levels(&self, most: usize) -> Option<Staircase> {
        let monotone = (0..self.channels).all(|channel| self.is_monotone(channel));
        monotone.then(|| self.staircase(most).ok()).flatten()
    }

    /// What it costs to run the tape for every channel.
    pub fn size(&self) -> usize {
        self.channels.saturating_mul(self.steps.len())
    }

    /// The staircase that a monotone tape is.
    fn staircase(&self, most: usize) -> Result<Staircase, String> {
        let mut rows = Vec::with_capacity(self.channels);
        let mut found = 0;
        for channel in 0..self.channels {
            let row = self.steps_of(channel, most)?;
            found += row.len();
            if found > MAX_THRESHOLDS {
                return Err(format!("a step function of more than {MAX_THRESHOLDS} steps over its channels"));
            }
            rows.push(row);
        }
        // channels may reach different levels: those with fewer repeat their last, at a number no signal reaches
        let steps = rows.iter().map(Vec::len).max().unwrap_or(1).max(2) - 1;
        let mut staircase = Staircase { steps, thresholds: Vec::new(), levels: Vec::new() };
        for row in &rows {
            let last = row.last().map_or(0.0, |step| step.1);
            let padded = |number: usize| row.get(number).copied().unwrap_or((f32::MAX, last));
            staircase.thresholds.extend((1..=steps).map(|number| padded(number).0));
            staircase.levels.extend((0..=steps).map(|number| padded(number).1));
        }
        for (numbers, width) in [(&mut staircase.thresholds, steps), (&mut staircase.levels, steps + 1)] {
            if numbers.chunks(width).all(|row| row == &numbers[..width]) {
                numbers.truncate(width);
            }
        }
        Ok(staircase)
    }

    /// `(first x, level)` of every level of a channel, ascending in `x`.
    fn steps_of(&self, channel: usize, most: usize) -> Result<Vec<(f32, f32)>, String> {
        let last = key(f32::MAX);
        let mut at = key(-f32::MAX);
        let mut steps: Vec<(f32, f32)> = Vec::new();
        loop {
            let level = self.apply(number(at), channel);
            if !level.is_finite() {
                return Err(format!("a function that is {level} somewhere"));
            }
            steps.push((number(at), level));
            if steps.len() > most {
                return Err(format!("a function that is no line and has more than {most} levels"));
            }
            if self.apply(number(last), channel) == level {
                return Ok(steps);
            }
            // the last number on this level: monotone, so the level is an interval
            let (mut on, mut beyond) = (at, last);
            while beyond - on > 1 {
                let middle = on + (beyond - on) / 2;
                match self.apply(number(middle), channel) == level {
                    true => on = middle,
                    false => beyond = middle,
                }
            }
            at = beyond;
        }
    }
}

fn scaled(line: Line, by: f64) -> Line {
    let ends = match by {
        0.0 => (f64::NEG_INFINITY, f64::INFINITY),
        _ if by > 0.0 => (line.low * by, line.high * by),
        _ => (line.high * by, line.low * by),
    };
    Line { slope: line.slope * by, shift: line.shift * by, low: ends.0, high: ends.1 }
}

/// The sum of two lines, at most one of them clipped and the other flat.
fn sum(a: Line, b: Line) -> Option<Line> {
    let is_free = |line: Line| line.low == f64::NEG_INFINITY && line.high == f64::INFINITY;
    match (is_free(a), is_free(b)) {
        (true, true) => Some(Line { slope: a.slope + b.slope, shift: a.shift + b.shift, ..a }),
        (false, true) if b.slope == 0.0 => {
            Some(Line { slope: a.slope, shift: a.shift + b.shift, low: a.low + b.shift, high: a.high + b.shift })
        }
        (true, false) => sum(b, a).filter(|_| a.slope == 0.0),
        _ => None,
    }
}

fn clipped(line: Line, low: f64, high: f64) -> Line {
    Line { low: line.low.max(low).min(high), high: line.high.min(high).max(low), ..line }
}
