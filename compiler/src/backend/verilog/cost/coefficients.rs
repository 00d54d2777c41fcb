//! How many LUTs and flip-flops of a family there are in proportion to each size of a fixed module (`structure`).
//!
//! Least squares of the relative error over what yosys 0.23 makes of the modules alone, at sizes drawn at random.

/// A module's coefficients, in the order of its sizes.
#[derive(Debug)]
pub struct Coefficients {
    /// Of LUTs.
    pub luts: &'static [f64],
    /// Of flip-flops.
    pub ffs: &'static [f64],
}

/// Coefficients of a module.
const fn of(luts: &'static [f64], ffs: &'static [f64]) -> Coefficients {
    Coefficients { luts, ffs }
}

/// Of xc7.
pub const XC7: &[(&str, Coefficients)] = &[
    ("snn_link", of(&[1.06, 3.95, 0.0], &[0.0, 1.0, 2.0])),
    ("snn_stream", of(&[5.02, 1.41, 2.43, 1.1], &[4.35, 1.01])),
    ("snn_taps", of(&[0.0, 3.2, 0.51, 0.72, 0.5, 0.0, 0.16], &[32.21, 2.0, 3.14, 3.25, 5.4, 3.32])),
    ("snn_encode", of(&[0.0, 1.83, 2.4, 0.25, 1.78, 0.32, 2.85, 4.39], &[41.8, 1.04, 1.3, 1.06, 0.0])),
    (
        "snn_window",
        of(
            &[0.0, 1.28, 1.09, 6.75, 5.67, 0.0, 2.91, 2.26, 0.0, 0.0],
            &[0.17, 0.28, 2.73, 1.12, 6.15, 0.0, 1.62, 0.0, 6.24, 3.79],
        ),
    ),
    ("snn_collect", of(&[25.39, 2.16, 0.4, 0.0, 3.97, 0.18, 2.58], &[13.18, 0.99, 11.83, 0.0, 4.41])),
    ("snn_writer", of(&[0.86, 0.81, 1.19, 2.6, 0.0, 0.0, 1.91], &[3.12, 1.0, 3.85, 0.0, 1.84, 1.07])),
    ("snn_invert", of(&[39.17, 2.55, 1.13], &[8.58, 2.96, 4.83])),
    ("snn_lanes", of(&[6.74, 1.07, 1.0, 0.79, 0.91, 0.0, 1.2, 0.97, 1.0], &[27.51, 2.0, 1.0, 1.04, 0.99])),
    ("snn_codebook", of(&[0.0, 0.55, 1.21, 0.57, 2.6, 0.18, 1.45, 0.26], &[46.03, 1.04, 0.94, 1.62])),
    (
        "snn_neuron",
        of(
            &[4.86, 0.0, 2.71, 1.08, 1.8, 1.56, 0.41, 1.99, 0.73, 0.0, 1.5, 0.81, 1.94, 2.35],
            &[2.29, 0.96, 2.02, 0.24, 0.26],
        ),
    ),
    ("snn_synaptic", of(&[34.99, 5.09, 0.1, 0.0, 0.0, 0.63, 2.16], &[26.36, 4.4, 0.6, 0.0, 0.0])),
    ("snn_delta", of(&[2.68, 2.04], &[5.22, 1.0, 0.89, 2.11])),
    ("snn_base", of(&[3.77, 0.99], &[11.57, 0.99, 1.02, 0.85])),
    ("snn_finish", of(&[0.48, 1.06, 0.0, 0.0, 0.0], &[7.96, 1.1, 0.84, 1.09])),
    ("snn_pool", of(&[0.0, 0.61, 1.05, 0.96, 2.84], &[3.43, 0.96, 1.83])),
    ("snn_join", of(&[22.63, 0.78, 2.14, 0.0], &[18.75, 1.46, 0.19, 1.88, 0.0])),
    ("snn_replay", of(&[0.0, 1.99, 1.94, 2.06], &[15.27, 1.03, 1.33, 1.39, 0.53])),
    ("snn_readout", of(&[0.0, 0.03, 1.76, 6.28, 1.87], &[16.16, 0.8, 1.9, 4.51, 1.5])),
    ("snn_events", of(&[5.74, 2.6, 1.95], &[6.05, 0.97, 0.0, 1.04])),
    ("snn_load", of(&[0.0, 0.46, 1.0], &[0.0, 1.04, 1.04])),
];
