//! What a framework recorded of its own model.

use std::path::Path;

use snnc::npz::Npz;
use snnc::npz::read::Elements;

/// Outputs and traces of one model.
pub struct Reference {
    /// Timesteps of a sample.
    pub timesteps: u32,
    /// What `forward()` returns, `[samples, classes]`.
    pub out: Vec<f32>,
    /// Classes.
    pub classes: usize,
    /// Per layer of neurons: `[timesteps, images, elements]`.
    pub spikes: Vec<Vec<u8>>,
    /// Images that were traced.
    pub traced: usize,
    /// The framework's accuracy on 10,000 images, if it is an MNIST model.
    pub accuracy: Option<f64>,
    /// Whether the outputs are logits, not spikes.
    pub logits: bool,
    /// 200 images as spike trains, and their spike counts, where a file takes spikes.
    pub rate_coded: Option<RateCoded>,
}

/// Spike trains `[images, timesteps, inputs]` and output counts `[images, classes]`.
pub struct RateCoded {
    pub spikes: Vec<Vec<f32>>,
    pub counts: Vec<f32>,
}

impl Reference {
    /// Reads `reference.npz` of a model's folder, if it holds spiking outputs.
    pub fn read(model: &Path) -> Option<Self> {
        let bytes = std::fs::read(model.join("reference.npz")).ok()?;
        let mut npz = Npz::open("reference.npz", &bytes).ok()?;
        let out = npz.array("out1000").ok()?.or(npz.array("out300").ok()?)?;
        let mut spikes = Vec::new();
        let mut timesteps = 0;
        let mut traced = 0;
        while let Some(trace) = npz.array(&format!("trace_spk{}", spikes.len() + 1)).ok()? {
            (timesteps, traced) = (trace.shape[0] as u32, trace.shape[1]);
            let Elements::U8(trace) = trace.elements else { return None };
            spikes.push(trace);
        }
        let Elements::F32(numbers) = out.elements else { return None };
        let meta: serde_json::Value = serde_json::from_slice(&std::fs::read(model.join("meta.json")).ok()?).ok()?;
        // A network whose output is logits has no traced spikes.
        let logits = timesteps == 0;
        if logits {
            timesteps = u32::try_from(meta["T"].as_u64().unwrap_or(1)).ok()?; // a network without time has one
        }
        Some(Self {
            timesteps,
            out: numbers,
            classes: out.shape[1],
            spikes,
            traced,
            accuracy: meta["acc10k"].as_f64(),
            rate_coded: rate_coded(model),
            logits,
        })
    }
}

/// Spike trains are packed eight inputs to a byte, first input highest: `[timesteps, images, bytes]`.
fn rate_coded(model: &Path) -> Option<RateCoded> {
    let bytes = std::fs::read(model.join("reference_rate_coded.npz")).ok()?;
    let mut npz = Npz::open("reference_rate_coded.npz", &bytes).ok()?;
    let packed = npz.array("spikes_packed").ok()??;
    let Elements::F32(counts) = npz.array("counts").ok()??.elements else { return None };
    let [timesteps, images, width] = packed.shape[..] else { return None };
    let Elements::U8(packed) = packed.elements else { return None };
    let train = |image: usize| {
        let bytes = (0..timesteps).flat_map(|t| &packed[(t * images + image) * width..][..width]);
        bytes.flat_map(|byte| (0..8).rev().map(move |bit| f32::from(byte >> bit & 1))).collect()
    };
    Some(RateCoded { spikes: (0..images).map(train).collect(), counts })
}
