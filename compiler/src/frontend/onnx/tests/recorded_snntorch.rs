//! snnTorch's neurons as both exporters write them, and what they are in the normal form.

use super::recorded::{reproduced, reproduced_except};
use crate::ir::Neuron;
use crate::ir::eval::pick;

/// Whether the neuron would fire before it has received anything. With `reset_delay=False` no neuron comes out of a
/// timestep like that, unless it was above twice its threshold; the file then resets once more, the normal form does not.
fn fires_already(neuron: &Neuron, v: f32) -> bool {
    neuron.comparison.fires(v, pick(&neuron.threshold, 0))
}

#[test]
fn handwritten_lif_loop() {
    insta::assert_snapshot!(reproduced("handwritten_LIF_loop.script"), @"Linear %0: weight -0.4725784..=0.48936772 | %1: beta 0.9, fires at v > 1, subtract 1 with the next timestep");
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
