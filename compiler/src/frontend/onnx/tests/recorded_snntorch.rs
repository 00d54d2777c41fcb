//! snnTorch's neurons as both exporters write them, and what they are in the normal form.

use super::models::{load_bytes, text};
use super::recorded::{reproduced, reproduced_except};
use crate::frontend::LoadOptions;
use crate::ir::Neuron;
use crate::ir::eval::pick;

/// Whether the neuron would fire before it has received anything. With `reset_delay=False` no neuron comes out of a
/// timestep like that, unless it was above twice its threshold; the file then resets once more, the normal form does not.
fn fires_already(neuron: &Neuron, v: f32) -> bool {
    neuron.comparison.fires(v, pick(&neuron.threshold, 0))
}

/// What the user reads of a fixture that is no neuron of the normal form.
fn refused(name: &str) -> String {
    let path = format!("{}/../tests/fixtures/onnx_neurons/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("a model");
    text(load_bytes(bytes.into(), &LoadOptions::default()).expect_err("it is refused"))
}

#[test]
fn handwritten_lif_loop() {
    insta::assert_snapshot!(reproduced("handwritten_LIF_loop.script"), @"Linear %0: weight -0.4725784..=0.48936772 | %1: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_alpha_none() {
    insta::assert_snapshot!(reproduced("snntorch_Alpha_none.dyn"), @"%0: alpha 0.9 times 1.2598511, alpha 0.6 times -1.2598511, beta 0, fires at v > 1, no reset");
    insta::assert_snapshot!(reproduced("snntorch_Alpha_none.ts"), @"%0: alpha 0.9 times 1.2598511, alpha 0.6 times -1.2598511, beta 0, fires at v > 1, no reset");
}

#[test]
fn snntorch_lapicque() {
    insta::assert_snapshot!(reproduced("snntorch_Lapicque.dyn"), @"%0: beta 0.89463943, fires at v > 9.491218, subtract 9.491218 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Lapicque.ts"), @"%0: beta 0.89463943, fires at v > 9.491218, subtract 9.491218 with the next timestep");
}

#[test]
fn snntorch_leaky_fast_sigmoid() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_fast_sigmoid.dyn"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_fast_sigmoid.ts"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_leaky_inhibition() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_inhibition.dyn"), @"%0: beta 0.9, fires at v > 1, only the highest fires, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_inhibition.ts"), @"%0: beta 0.9, fires at v > 1, only the highest fires, subtract 1 with the next timestep");
}

#[test]
fn snntorch_leaky_init_hidden_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_init_hidden_unroll2.dyn"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_init_hidden_unroll2.ts"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_leaky_none() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_none.dyn"), @"%0: beta 0.9, fires at v > 1, no reset");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_none.ts"), @"%0: beta 0.9, fires at v > 1, no reset");
}

#[test]
fn snntorch_leaky_subtract() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_subtract.dyn"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_subtract.ts"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_leaky_subtract_nodelay() {
    insta::assert_snapshot!(reproduced_except("snntorch_Leaky_subtract_nodelay.ts", fires_already), @"%0: beta 0.9, fires at v > 1, subtract 1");
}

#[test]
fn snntorch_leaky_surrogate_disable() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_surrogate_disable.dyn"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_surrogate_disable.ts"), @"%0: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_leaky_zero() {
    insta::assert_snapshot!(reproduced("snntorch_Leaky_zero.dyn"), @"%0: beta 0.9, fires at v > 1, reset to 0");
    insta::assert_snapshot!(reproduced("snntorch_Leaky_zero.ts"), @"%0: beta 0.9, fires at v > 1, reset to 0");
}

#[test]
fn snntorch_leaky_zero_nodelay() {
    insta::assert_snapshot!(reproduced_except("snntorch_Leaky_zero_nodelay.ts", fires_already), @"%0: beta 0.9, fires at v > 1, reset to 0");
}

#[test]
fn snntorch_rleaky_all2all() {
    insta::assert_snapshot!(reproduced("snntorch_RLeaky_all2all.dyn"), @"Linear %3[t-1]: weight -0.4676751..=0.48755437 | Add %0 %1 | %2: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_RLeaky_all2all.ts"), @"Linear %3[t-1]: weight -0.4676751..=0.48755437 | Add %0 %1 | %2: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_rleaky_onetoone() {
    insta::assert_snapshot!(reproduced("snntorch_RLeaky_onetoone.dyn"), @"BatchNorm %3[t-1]: scale 0.1..=0.4, shift 0 | Add %0 %1 | %2: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_RLeaky_onetoone.ts"), @"BatchNorm %3[t-1]: scale 0.1..=0.4, shift 0 | Add %0 %1 | %2: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_rsynaptic_all2all() {
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_all2all.dyn"), @"Linear %3[t-1]: weight -0.46673536..=0.49418473 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_all2all.ts"), @"Linear %3[t-1]: weight -0.46673536..=0.49418473 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_rsynaptic_onetoone() {
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_onetoone.dyn"), @"BatchNorm %3[t-1]: scale 0.6..=0.9, shift 0 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_onetoone.ts"), @"BatchNorm %3[t-1]: scale 0.6..=0.9, shift 0 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_rsynaptic_seqt4() {
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_seqT4.dyn"), @"Linear %3[t-1]: weight -0.45928478..=0.4751613 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_RSynaptic_seqT4.ts"), @"Linear %3[t-1]: weight -0.45928478..=0.4751613 | Add %0 %1 | %2: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_synaptic_each() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_each.dyn"), @"%0: alpha 0.6..=0.9, beta 0.3..=0.45, fires at v > 0.7, subtract 0.7 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_each.ts"), @"%0: alpha 0.6..=0.9, beta 0.3..=0.45, fires at v > 0.7, subtract 0.7 with the next timestep");
}

#[test]
fn snntorch_synaptic_graded() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_graded.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_graded.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_synaptic_none() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_none.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, no reset");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_none.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, no reset");
}

#[test]
fn snntorch_synaptic_seqt4() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_seqT4.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_seqT4.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_synaptic_subtract() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_subtract.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_subtract.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, subtract 1 with the next timestep");
}

#[test]
fn snntorch_synaptic_zero() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_zero.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, reset to 0 over the next timestep's input");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_zero.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, reset to 0 over the next timestep's input");
}

#[test]
fn snntorch_synaptic_zero_seqt4() {
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_zero_seqT4.dyn"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, reset to 0 over the next timestep's input");
    insta::assert_snapshot!(reproduced("snntorch_Synaptic_zero_seqT4.ts"), @"%0: alpha 0.8, beta 0.9, fires at v > 1, reset to 0 over the next timestep's input");
}

#[test]
fn snntorch_alpha_zero() {
    insta::assert_snapshot!(reproduced("snntorch_Alpha_zero.dyn"), @"%0: alpha 0.9 times 1.2598511, alpha 0.6 times -1.2598511, beta 0, fires at v > 1, reset to 0 over the next timestep's input, synaptic currents to 0");
    insta::assert_snapshot!(reproduced("snntorch_Alpha_zero.ts"), @"%0: alpha 0.9 times 1.2598511, alpha 0.6 times -1.2598511, beta 0, fires at v > 1, reset to 0 over the next timestep's input, synaptic currents to 0");
}

#[test]
fn snntorch_alpha_that_subtracts_from_one_synaptic_current_is_refused_by_name() {
    for name in ["snntorch_Alpha_subtract.ts", "snntorch_Alpha_subtract.dyn"] {
        let refusal = refused(name);
        assert!(refusal.contains("(Sub)"), "{name}: {refusal}");
        assert!(refusal.contains("synaptic currents"), "{name}: {refusal}");
    }
}
