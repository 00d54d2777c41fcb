//! The neurons of norse and sinabs as both exporters write them, and what they are in the normal form.

use super::models::{load_bytes, text};
use super::recorded::reproduced;
use crate::frontend::LoadOptions;

/// What the user reads of a fixture that is no neuron of the normal form.
fn refused(name: &str) -> String {
    let path = format!("{}/../tests/fixtures/onnx_neurons/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("a model");
    text(load_bytes(bytes.into(), &LoadOptions::default()).expect_err("it is refused"))
}

#[test]
fn norse_lifboxcell() {
    insta::assert_snapshot!(reproduced("norse_LIFBoxCell.dyn"), @"%0: beta 0.9, fires at v > 10, reset to 0");
    insta::assert_snapshot!(reproduced("norse_LIFBoxCell.ts"), @"%0: beta 0.9, fires at v > 10, reset to 0");
}

#[test]
fn norse_lifcell() {
    insta::assert_snapshot!(reproduced("norse_LIFCell.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 10, reset to 0");
    insta::assert_snapshot!(reproduced("norse_LIFCell.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 10, reset to 0");
}

#[test]
fn norse_lif_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("norse_LIF_seqT2.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 10, reset to 0");
    insta::assert_snapshot!(reproduced("norse_LIF_seqT2.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 10, reset to 0");
}

#[test]
fn sinabs_iaf_multispike_minv_step() {
    insta::assert_snapshot!(reproduced("sinabs_IAF_multispike_minv_step.dyn"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1, v at least -1");
    insta::assert_snapshot!(reproduced("sinabs_IAF_multispike_minv_step.ts"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1, v at least -1");
}

#[test]
fn sinabs_iaf_multispike_subtract_step() {
    insta::assert_snapshot!(reproduced("sinabs_IAF_multispike_subtract_step.dyn"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1");
    insta::assert_snapshot!(reproduced("sinabs_IAF_multispike_subtract_step.ts"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1");
}

#[test]
fn sinabs_iaf_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sinabs_IAF_seqT2.dyn"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1");
    insta::assert_snapshot!(reproduced("sinabs_IAF_seqT2.ts"), @"%0: beta 1, fires at v >= 1, up to 65535 spikes, subtract 1");
}

#[test]
fn sinabs_iaf_singlespike_reset_step() {
    insta::assert_snapshot!(reproduced("sinabs_IAF_singlespike_reset_step.dyn"), @"%0: beta 1, fires at v >= 1, reset to 0");
    insta::assert_snapshot!(reproduced("sinabs_IAF_singlespike_reset_step.ts"), @"%0: beta 1, fires at v >= 1, reset to 0");
}

#[test]
fn sinabs_lif_multispike_norm_false_step() {
    insta::assert_snapshot!(reproduced("sinabs_LIF_multispike_norm_false_step.dyn"), @"%0: beta 0.9512294, fires at v >= 1, up to 65535 spikes, subtract 1");
    insta::assert_snapshot!(reproduced("sinabs_LIF_multispike_norm_false_step.ts"), @"%0: beta 0.95122945, fires at v >= 1, up to 65535 spikes, subtract 1");
}

#[test]
fn norse_iafcell_with_its_state_frozen_is_refused_with_the_reason() {
    let refusal = refused("norse_IAFCell.dyn");
    assert!(refusal.contains("node_gt") && refusal.contains("spiking neuron without a state"), "{refusal}");
    assert!(refusal.contains("frozen into the file"), "{refusal}");
}
