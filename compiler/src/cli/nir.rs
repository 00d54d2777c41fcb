//! Options for what NIR files leave open.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use snnc::frontend::nir::reading::{
    DECAYS, FIRES, FLOORS, Floor, NirOptions, PRESETS, Preset, RESETS, ResetRule, SPIKES, Scheme, Spikes, meaning,
    preset,
};
use snnc::ir::Comparison;

/// How a NIR file (.nir) is stepped; without any, by what the file tells of the framework that wrote it.
#[derive(Debug, Args)]
#[command(next_help_heading = "NIR files")]
pub struct Nir {
    /// The framework that wrote the file: sets all that follows unless given.
    #[arg(long, value_name = "FRAMEWORK", value_parser = presets())]
    nir_from: Option<&'static Preset>,
    /// Length of a timestep.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    nir_dt: Option<f64>,
    /// What a spike does to the membrane potential: at once, or delayed until the next timestep.
    #[arg(long, value_name = "RESET", value_parser = words(RESETS))]
    nir_reset: Option<ResetRule>,
    /// Spikes of a neuron in one timestep.
    #[arg(long, value_name = "SPIKES", value_parser = words(SPIKES))]
    nir_spikes: Option<Spikes>,
    /// Whether a neuron fires above its threshold only, or at it.
    #[arg(long, value_name = "WHEN", value_parser = words(FIRES))]
    nir_fires: Option<Comparison>,
    /// How states decay in a timestep: by 1 - dt/tau, or by exp(-dt/tau).
    #[arg(long, value_name = "DECAY", value_parser = words(DECAYS))]
    nir_decay: Option<Scheme>,
    /// Lowest membrane potential: none, or the negative of the threshold.
    #[arg(long, value_name = "FLOOR", value_parser = words(FLOORS))]
    nir_floor: Option<Floor>,
}

impl Nir {
    /// What the frontend takes.
    pub fn options(&self) -> NirOptions {
        NirOptions {
            from: self.nir_from,
            dt: self.nir_dt,
            reset: self.nir_reset,
            spikes: self.nir_spikes,
            fires: self.nir_fires,
            decay: self.nir_decay,
            floor: self.nir_floor,
        }
    }
}

fn words<T: Copy + Send + Sync + 'static>(words: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words.iter().map(|(word, _)| *word))
        .try_map(|word| meaning(words, &word).ok_or_else(|| format!("no meaning of {word}")))
}

fn presets() -> impl TypedValueParser<Value = &'static Preset> {
    PossibleValuesParser::new(PRESETS.iter().map(|preset| preset.name))
        .try_map(|name| preset(&name).ok_or_else(|| format!("no preset {name}")))
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(dt) if dt.is_finite() && dt > 0.0 => Ok(dt),
        Ok(_) | Err(_) => Err("expected a number of seconds above 0, as 1e-4".into()),
    }
}
