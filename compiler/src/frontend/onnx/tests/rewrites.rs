//! A neuron is the same neuron however its update is written.

use proptest::prelude::*;

use super::models::*;
use crate::ir::Neuron;

/// Writes arithmetic in one of many equivalent ways, as the next of `choices` says.
struct Writer {
    model: Model,
    choices: Vec<u8>,
    made: usize,
}

impl Writer {
    fn new(model: Model, choices: &[u8]) -> Self {
        let model = model.scalar("two", 2.0).scalar("minus_one", -1.0).scalar("minus_two", -2.0);
        Self { model, choices: choices.to_vec(), made: 0 }
    }

    /// The next choice, below `count`; the plain one where none are left.
    fn choose(&mut self, count: u8) -> u8 {
        self.choices.pop().map_or(0, |choice| choice % count)
    }

    fn node(&mut self, op: &str, inputs: &[&str]) -> String {
        let name = format!("t{}", self.made);
        self.made += 1;
        let attributes = if op == "Cast" { vec![int("to", 1)] } else { vec![] };
        self.model = std::mem::replace(&mut self.model, Model::new(&[1])).with(op, inputs, &name, &attributes);
        name
    }

    /// `x`, behind operations that change nothing.
    fn same(&mut self, x: &str) -> String {
        match self.choose(7) {
            1 => self.node("Identity", &[x]),
            2 => self.node("Mul", &[x, "one"]),
            3 => self.node("Div", &[x, "one"]),
            4 => self.node("Cast", &[x]),
            5 => {
                let negative = self.node("Neg", &[x]);
                self.node("Neg", &[&negative])
            }
            6 => {
                let double = self.node("Mul", &["two", x]);
                self.node("Div", &[&double, "two"])
            }
            _ => x.into(),
        }
    }

    fn add(&mut self, a: &str, b: &str) -> String {
        let (a, b) = (self.same(a), self.same(b));
        match self.choose(3) {
            1 => self.node("Add", &[&b, &a]),
            2 => {
                let negative = self.node("Neg", &[&b]);
                self.node("Sub", &[&a, &negative])
            }
            _ => self.node("Add", &[&a, &b]),
        }
    }

    fn sub(&mut self, a: &str, b: &str) -> String {
        let (a, b) = (self.same(a), self.same(b));
        match self.choose(3) {
            1 => {
                let negative = self.node("Neg", &[&b]);
                self.node("Add", &[&negative, &a])
            }
            2 => {
                let negative = self.node("Mul", &[&b, "minus_one"]);
                self.node("Add", &[&a, &negative])
            }
            _ => self.node("Sub", &[&a, &b]),
        }
    }

    fn mul(&mut self, a: &str, b: &str) -> String {
        let (a, b) = (self.same(a), self.same(b));
        match self.choose(2) {
            1 => self.node("Mul", &[&b, &a]),
            _ => self.node("Mul", &[&a, &b]),
        }
    }

    /// `v > 1`, as a condition and as a number.
    fn fires(&mut self, v: &str) -> (String, String) {
        let condition = match self.choose(7) {
            1 => self.node("Greater", &[v, "one"]),
            2 => self.node("Less", &["one", v]),
            3 => {
                let negative = self.node("Neg", &[v]);
                self.node("Less", &[&negative, "minus_one"])
            }
            4 => {
                let below = self.node("LessOrEqual", &[v, "one"]);
                self.node("Not", &[&below])
            }
            5 => {
                let double = self.node("Mul", &[v, "two"]);
                self.node("Greater", &[&double, "two"])
            }
            6 => {
                let shifted = self.node("Add", &["minus_one", v]);
                self.node("Greater", &[&shifted, "zero"])
            }
            _ => {
                let shifted = self.node("Sub", &[v, "one"]);
                self.node("Greater", &[&shifted, "zero"])
            }
        };
        let number = match self.choose(2) {
            1 => self.node("Where", &[&condition, "one", "zero"]),
            _ => self.node("Cast", &[&condition]),
        };
        (condition, number)
    }

    /// `v` where there is no spike, else 0.
    fn kept(&mut self, v: &str, (condition, spike): &(String, String)) -> String {
        match self.choose(4) {
            1 => {
                let removed = self.mul(spike, v);
                self.sub(v, &removed)
            }
            2 => self.node("Where", &[condition, "zero", v]),
            3 => {
                let silent = self.node("Equal", &[spike, "zero"]);
                let silent = self.node("Cast", &[&silent]);
                self.mul(v, &silent)
            }
            _ => {
                let silent = self.sub("one", spike);
                self.mul(&silent, v)
            }
        }
    }

    fn leak(&mut self, v: &str, beta: &str, rest: &str) -> String {
        match self.choose(2) {
            // v - (1 - beta) v
            1 => {
                let lost = self.mul(rest, v);
                self.sub(v, &lost)
            }
            _ => self.mul(beta, v),
        }
    }

    /// The neuron that gives `spike` and `states`, each with its output.
    fn neuron(mut self, spike: &str, states: &[&str]) -> Result<Neuron, String> {
        let mut outputs = vec![("spike", spike)];
        let names: Vec<String> = (0..states.len()).map(|i| format!("state{i}_out")).collect();
        outputs.extend(names.iter().map(String::as_str).zip(states.iter().copied()));
        for (name, value) in outputs {
            self.model = self.model.with("Identity", &[value], name, &[]).output(name);
        }
        match self.model.load() {
            Ok(loaded) => Ok(neurons(&loaded.graph)[0].clone()),
            Err(error) => Err(text(error)),
        }
    }
}

fn one_layer() -> Model {
    let model = Model::new(&[1, 3]).linear("x", "current", 3, 4).input("v", &[1, 4]);
    model.scalar("beta", 0.75).scalar("rest", 0.25).scalar("alpha", 0.5)
}

/// snnTorch's Leaky, resetting to zero or by subtraction with the next timestep.
fn delayed(choices: &[u8], hard: bool) -> Result<Neuron, String> {
    let mut w = Writer::new(one_layer(), choices);
    let reset = w.fires("v");
    let v = match hard {
        true => w.kept("v", &reset),
        false => "v".into(),
    };
    let decayed = w.leak(&v, "beta", "rest");
    let mut charged = w.add(&decayed, "current");
    if !hard {
        charged = w.sub(&charged, &reset.1);
    }
    let (_, spike) = w.fires(&charged);
    w.neuron(&spike, &[&charged])
}

/// SpikingJelly's LIF, resetting at once.
fn immediate(choices: &[u8], hard: bool) -> Result<Neuron, String> {
    let mut w = Writer::new(one_layer(), choices);
    let decayed = w.leak("v", "beta", "rest");
    let charged = w.add(&decayed, "current");
    let fired = w.fires(&charged);
    let after = if hard { w.kept(&charged, &fired) } else { w.sub(&charged, &fired.1) };
    w.neuron(&fired.1, &[&after])
}

/// A synaptic current that decays before the membrane takes it, or after (norse).
fn synaptic(choices: &[u8], norse: bool) -> Result<Neuron, String> {
    let mut w = Writer::new(one_layer().input("i", &[1, 4]), choices);
    let (taken, next) = if norse {
        let taken = w.add("i", "current");
        let next = w.leak(&taken, "alpha", "alpha");
        (taken, next)
    } else {
        let decayed = w.leak("i", "alpha", "alpha");
        let taken = w.add(&decayed, "current");
        (taken.clone(), taken)
    };
    let decayed = w.leak("v", "beta", "rest");
    let charged = w.add(&decayed, &taken);
    let fired = w.fires(&charged);
    let after = w.kept(&charged, &fired);
    w.neuron(&fired.1, &[&after, &next])
}

proptest! {
    #[test]
    fn rewriting_an_update_does_not_change_its_neuron(choices in proptest::collection::vec(any::<u8>(), 0..60)) {
        for written in [delayed, immediate, synaptic] {
            for kind in [false, true] {
                let plain = written(&[], kind);
                prop_assert!(plain.is_ok(), "{plain:?}");
                prop_assert_eq!(written(&choices, kind), plain);
            }
        }
    }
}

#[test]
fn the_plain_ways_are_different_neurons() {
    let plain: Vec<_> = [delayed, immediate, synaptic].iter().flat_map(|f| [f(&[], false), f(&[], true)]).collect();
    // A hard reset is the same now or with the next timestep, and both ways to decay a synaptic current are.
    let same = [(1, 3), (4, 5)];
    for i in 0..plain.len() {
        for j in 0..i {
            assert_eq!(plain[i] == plain[j], same.contains(&(j, i)), "{i} and {j}: {plain:?}");
        }
    }
}
