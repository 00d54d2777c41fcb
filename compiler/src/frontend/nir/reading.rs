//! How a NIR file's differential equations become timesteps: what the file leaves open.
//!
//! A preset is how a framework steps the files it writes. The order of precedence: the user's options; notes in the file
//! (`snnc` writes them); the preset the user names; the preset that the file's parameters give away ([`super::detect`]).

use super::detect;
use super::inline::Flat;
use super::parse::{NirOp, Notes};
use super::write::{QUANTITIES, REDUCTIONS};
use crate::frontend::FrontendError;
use crate::ir::{Comparison, Readout, ResetTiming};

/// What the user says about a NIR file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NirOptions {
    /// The framework that wrote the file: how it is read where no other option says so.
    pub from: Option<&'static Preset>,
    /// Length of a timestep, in the unit of the file's time constants (seconds).
    pub dt: Option<f64>,
    /// What a spike does.
    pub reset: Option<ResetRule>,
    /// Spikes of a neuron in one timestep.
    pub spikes: Option<Spikes>,
    /// When a neuron fires.
    pub fires: Option<Comparison>,
    /// How a state decays within a timestep.
    pub decay: Option<Scheme>,
    /// Lowest membrane potential.
    pub floor: Option<Floor>,
}

/// What a spike does to the membrane potential, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetRule {
    /// Nothing.
    None,
    /// Takes the threshold away.
    Subtract(ResetTiming),
    /// Sets `v_reset`.
    ToValue(ResetTiming),
}

/// Spikes of a neuron in one timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spikes {
    /// One at most.
    Single,
    /// As many as thresholds fit into the membrane potential.
    Multi,
}

impl Spikes {
    /// Most spikes in a timestep. sinabs sets no bound; 16 bits are far beyond what a trained network uses.
    #[must_use]
    pub const fn most(self) -> u32 {
        match self {
            Spikes::Single => 1,
            Spikes::Multi => 65_535,
        }
    }
}

/// How an exponential decay with `tau` and an input gain become one timestep, `x = dt / tau`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `v += x * (r I - v)`: forward Euler, as the NIR paper has it.
    Euler,
    /// `v = e^-x v + (1 - e^-x) r I`: exact between inputs (sinabs).
    Exponential,
    /// As `Euler`, but a synaptic current takes its input undivided: `i += w_in I`, then decays (norse's LIF).
    Jump,
    /// Decay by `e^-x`; `r` is divided by the factor `e^-x / x` that Rockpool writes it with, and a synaptic current decays
    /// with its input.
    Rockpool,
}

/// Lowest membrane potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// None.
    None,
    /// The negative of the threshold, in neurons that do not leak (sinabs' `min_v_mem` of converted networks).
    Threshold,
}

/// Everything that a NIR file leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Length of a timestep, in the unit of the file's time constants.
    pub dt: f64,
    /// What a spike does.
    pub reset: ResetRule,
    /// Most spikes of a neuron in one timestep.
    pub max_spikes: u32,
    /// When a neuron fires.
    pub fires: Comparison,
    /// How a state decays.
    pub scheme: Scheme,
    /// Lowest membrane potential.
    pub floor: Floor,
}

/// How one framework's files are read.
#[derive(Debug, PartialEq)]
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// The framework, for messages.
    pub framework: &'static str,
    /// How it steps its files.
    pub reading: Reading,
    /// What its files do not tell and is therefore assumed, for messages; empty if nothing.
    pub assumes: &'static str,
}

const NOW: ResetTiming = ResetTiming::Immediate;

/// Every preset. snnTorch, SpikingJelly, norse and sinabs: measured, their own outputs are reproduced spike by spike.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "snntorch",
        framework: "snnTorch",
        reading: Reading {
            dt: 1e-4,
            reset: ResetRule::Subtract(ResetTiming::Delayed),
            max_spikes: 1,
            fires: Comparison::Above,
            scheme: Scheme::Euler,
            floor: Floor::None,
        },
        assumes: "reset \"subtract\" (its default; --nir-reset delayed-to-value for \"zero\", none for \"none\")",
    },
    Preset {
        name: "spikingjelly",
        framework: "SpikingJelly",
        reading: Reading {
            dt: 1e-4,
            reset: ResetRule::ToValue(NOW),
            max_spikes: 1,
            fires: Comparison::AtLeast,
            scheme: Scheme::Euler,
            floor: Floor::None,
        },
        assumes: "",
    },
    Preset {
        name: "norse",
        framework: "norse",
        reading: Reading {
            dt: 1e-6, // norse writes dt / tau_mem_inv with tau_mem_inv in 1/s: time constants too small by its dt of 1e-3
            reset: ResetRule::ToValue(NOW),
            max_spikes: 1,
            fires: Comparison::Above,
            scheme: Scheme::Jump,
            floor: Floor::None,
        },
        assumes: "norse's dt of 0.001 s (for another dt: --nir-dt DT*DT)",
    },
    Preset {
        name: "sinabs",
        framework: "sinabs",
        reading: Reading {
            dt: 1.0, // sinabs counts in timesteps
            reset: ResetRule::Subtract(NOW),
            max_spikes: Spikes::Multi.most(),
            fires: Comparison::AtLeast,
            scheme: Scheme::Exponential,
            floor: Floor::Threshold,
        },
        assumes: "several spikes per timestep and a lowest membrane potential of -threshold, as sinabs reads its files \
                  (--nir-spikes single, --nir-floor none for networks trained otherwise)",
    },
    Preset {
        name: "rockpool",
        framework: "Rockpool",
        reading: Reading {
            dt: 1e-3,
            reset: ResetRule::Subtract(NOW),
            max_spikes: Spikes::Multi.most(),
            fires: Comparison::AtLeast,
            scheme: Scheme::Rockpool,
            floor: Floor::None,
        },
        assumes: "several spikes per timestep (--nir-spikes single for max_spikes_per_dt=1)",
    },
    Preset {
        name: "paper",
        framework: "the equations of the NIR paper",
        reading: Reading {
            dt: 1e-4,
            reset: ResetRule::ToValue(NOW),
            max_spikes: 1,
            fires: Comparison::Above,
            scheme: Scheme::Euler,
            floor: Floor::None,
        },
        assumes: "",
    },
];

/// Words of the options, in the order of their help.
pub const RESETS: &[(&str, ResetRule)] = &[
    ("to-value", ResetRule::ToValue(NOW)),
    ("subtract", ResetRule::Subtract(NOW)),
    ("delayed-to-value", ResetRule::ToValue(ResetTiming::Delayed)),
    ("overriding-to-value", ResetRule::ToValue(ResetTiming::Overriding)),
    ("delayed-subtract", ResetRule::Subtract(ResetTiming::Delayed)),
    ("none", ResetRule::None),
];

/// Words of `--nir-spikes`.
pub const SPIKES: &[(&str, Spikes)] = &[("single", Spikes::Single), ("multi", Spikes::Multi)];

/// Words of `--nir-fires`.
pub const FIRES: &[(&str, Comparison)] = &[("above", Comparison::Above), ("at-least", Comparison::AtLeast)];

/// Words of `--nir-decay`.
pub const DECAYS: &[(&str, Scheme)] = &[("euler", Scheme::Euler), ("exponential", Scheme::Exponential)];

/// Words of `--nir-floor`.
pub const FLOORS: &[(&str, Floor)] = &[("none", Floor::None), ("threshold", Floor::Threshold)];

/// What an option's word means.
#[must_use]
pub fn meaning<T: Copy>(words: &[(&'static str, T)], word: &str) -> Option<T> {
    words.iter().find(|(w, _)| *w == word).map(|(_, meaning)| *meaning)
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words.iter().find(|(_, m)| m == meaning).map_or("as its framework", |(word, _)| word)
}

impl NirOptions {
    /// Whether the user says anything.
    fn is_given(&self) -> bool {
        *self != Self::default()
    }

    /// These options, and where they are silent, `reading`.
    fn over(&self, reading: Reading) -> Reading {
        let fires = match (self.fires, self.spikes) {
            (Some(fires), _) => fires,
            (None, Some(Spikes::Multi)) => Comparison::AtLeast, // a whole threshold is a spike
            (None, _) => reading.fires,
        };
        Reading {
            dt: self.dt.unwrap_or(reading.dt),
            reset: self.reset.unwrap_or(reading.reset),
            max_spikes: self.spikes.map_or(reading.max_spikes, Spikes::most),
            fires,
            scheme: self.decay.unwrap_or(reading.scheme),
            floor: self.floor.unwrap_or(reading.floor),
        }
    }
}

/// The preset `name`.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// Settles how a file is read, and says in `warnings` what was found or assumed.
///
/// # Errors
/// A file that could be read in several ways, with the options that tell which.
pub fn settle(
    flat: &Flat,
    options: &NirOptions,
    file: &str,
    warnings: &mut Vec<String>,
) -> Result<Reading, FrontendError> {
    let paper = preset("paper").map_or(PRESETS[0].reading, |preset| preset.reading);
    let timed = |op: &NirOp| matches!(op, NirOp::Cell(_) | NirOp::Delay(_));
    if !flat.nodes.iter().any(|n| timed(&n.node.op)) {
        return Ok(options.over(paper));
    }
    let reading = if let Some(noted) = noted(&flat.notes) {
        options.over(noted)
    } else if let Some(preset) = options.from {
        // Rockpool's files tell their timestep, so do SpikingJelly's
        let dt = detect::timestep(flat, preset).unwrap_or(preset.reading.dt);
        let reading = options.over(Reading { dt, ..preset.reading });
        warnings.push(format!("`{file}` is read as of {}: {}", preset.framework, describe(&reading)));
        reading
    } else if let Some(found) = detect::detect(flat) {
        let preset = found.preset;
        let reading = options.over(Reading { dt: found.dt, ..preset.reading });
        let assumed = if preset.assumes.is_empty() || options.is_given() {
            String::new()
        } else {
            format!("; assumed: {}", preset.assumes)
        };
        warnings.push(format!(
            "`{file}` looks like {}'s ({}) and is read so: {}{assumed}",
            preset.framework,
            found.because,
            describe(&reading)
        ));
        reading
    } else if options.dt.is_some() || options.reset.is_some() {
        let reading = options.over(paper);
        warnings.push(format!("`{file}` is read by {}: {}", PRESETS[PRESETS.len() - 1].framework, describe(&reading)));
        reading
    } else {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        return Err(FrontendError::Network {
            file: file.into(),
            found: "it does not say how its neurons are stepped (timestep, kind and time of the reset, spikes per \
                    timestep), nor which framework wrote it"
                .into(),
            help: format!(
                "give --nir-from {}, or at least --nir-dt SECONDS and --nir-reset to-value|subtract|delayed-subtract",
                names.join("|")
            ),
        });
    };
    match reading.dt.is_finite() && reading.dt > 0.0 {
        true => Ok(reading),
        false => Err(FrontendError::Network {
            file: file.into(),
            found: format!("a timestep of {} s", reading.dt),
            help: "give --nir-dt a number of seconds above 0".into(),
        }),
    }
}

/// A reading in the words of the options.
fn describe(reading: &Reading) -> String {
    format!(
        "dt {} s, reset {}, {} spikes per timestep, fires {} the threshold, decay {}{}",
        reading.dt,
        word(RESETS, &reading.reset),
        if reading.max_spikes == 1 { "single" } else { "multiple" },
        match reading.fires {
            Comparison::Above => "above",
            Comparison::AtLeast => "at",
        },
        word(DECAYS, &reading.scheme),
        match reading.floor {
            Floor::None => "",
            Floor::Threshold => ", membrane at least -threshold",
        }
    )
}

/// Names of the notes that `snnc` writes into a graph's metadata.
pub mod notes {
    /// Timestep in seconds.
    pub const DT: &str = "snnc_dt";
    /// What a spike does.
    pub const RESET: &str = "snnc_reset";
    /// When a neuron fires.
    pub const FIRES: &str = "snnc_fires";
    /// Most spikes per timestep.
    pub const MAX_SPIKES: &str = "snnc_max_spikes";
    /// Whether the membrane has a lowest potential.
    pub const FLOOR: &str = "snnc_floor";
    /// What the output over time becomes: quantity, reduction, factor.
    pub const READOUT: &str = "snnc_readout";
    /// Timesteps of a sample.
    pub const TIMESTEPS: &str = "snnc_timesteps";
}

/// The reading that a file's own notes prescribe: see [`super::write`].
fn noted(found: &Notes) -> Option<Reading> {
    let dt = found.get(notes::DT)?.parse().ok()?;
    let paper = preset("paper")?;
    Some(Reading { dt, ..paper.reading })
}

/// The timesteps that a file's own notes prescribe.
#[must_use]
pub fn noted_timesteps(found: &Notes) -> Option<u32> {
    found.get(notes::TIMESTEPS)?.parse().ok()
}

/// The readout that a file's own notes prescribe: `quantity reduction factor`.
#[must_use]
pub fn noted_readout(found: &Notes) -> Option<Readout> {
    let mut words = found.get(notes::READOUT)?.split(' ');
    let quantity = meaning(QUANTITIES, words.next()?)?;
    let reduce = meaning(REDUCTIONS, words.next()?)?;
    Some(Readout { quantity, reduce, scale: words.next()?.parse().ok()? })
}

/// What a neuron's own notes say, over `reading`; the user's options are stronger.
#[must_use]
pub fn of_neuron(found: &Notes, reading: Reading, options: &NirOptions) -> Reading {
    let note = |name: &str| found.get(name).map(String::as_str);
    let noted = Reading {
        reset: note(notes::RESET).and_then(|word| meaning(RESETS, word)).unwrap_or(reading.reset),
        fires: note(notes::FIRES).and_then(|word| meaning(FIRES, word)).unwrap_or(reading.fires),
        max_spikes: note(notes::MAX_SPIKES).and_then(|n| n.parse().ok()).unwrap_or(reading.max_spikes),
        floor: note(notes::FLOOR).and_then(|word| meaning(FLOORS, word)).unwrap_or(reading.floor),
        ..reading
    };
    options.over(noted)
}
