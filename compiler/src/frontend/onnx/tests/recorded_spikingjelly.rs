//! SpikingJelly's neurons as both exporters write them, and what they are in the normal form.

use super::recorded::reproduced;

#[test]
fn spikingjelly_014_if_hard_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj014_IF_hard_multistepT2.ts"), @"%0: beta 1, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_014_if_hard_step() {
    insta::assert_snapshot!(reproduced("sj014_IF_hard_step.dyn"), @"%0: beta 1, fires at v >= 1, reset to 0");
    insta::assert_snapshot!(reproduced("sj014_IF_hard_step.ts"), @"%0: beta 1, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_014_if_soft_step() {
    insta::assert_snapshot!(reproduced("sj014_IF_soft_step.dyn"), @"%0: beta 1, fires at v >= 1, subtract 1");
    insta::assert_snapshot!(reproduced("sj014_IF_soft_step.ts"), @"%0: beta 1, fires at v >= 1, subtract 1");
}

#[test]
fn spikingjelly_014_lif_hard_decay_input_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj014_LIF_hard_decay_input_multistepT2.ts"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}

#[test]
fn spikingjelly_014_lif_hard_decay_input_step() {
    insta::assert_snapshot!(reproduced("sj014_LIF_hard_decay_input_step.dyn"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
    insta::assert_snapshot!(reproduced("sj014_LIF_hard_decay_input_step.ts"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}

#[test]
fn spikingjelly_014_lif_hard_nodecay_step() {
    insta::assert_snapshot!(reproduced("sj014_LIF_hard_nodecay_step.dyn"), @"%0: beta 0.5, fires at v >= 1, reset to 0");
    insta::assert_snapshot!(reproduced("sj014_LIF_hard_nodecay_step.ts"), @"%0: beta 0.5, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_014_lif_soft_decay_input_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj014_LIF_soft_decay_input_multistepT2.ts"), @"%0: beta 0.5, fires at v >= 2, subtract 2");
}

#[test]
fn spikingjelly_014_lif_soft_decay_input_step() {
    insta::assert_snapshot!(reproduced("sj014_LIF_soft_decay_input_step.dyn"), @"%0: beta 0.5, fires at v >= 2, subtract 2");
    insta::assert_snapshot!(reproduced("sj014_LIF_soft_decay_input_step.ts"), @"%0: beta 0.5, fires at v >= 2, subtract 2");
}

#[test]
fn spikingjelly_014_lif_vreset_0_1_thr_0_7_tau1_5_step() {
    insta::assert_snapshot!(reproduced("sj014_LIF_vreset_0p1_thr_0p7_tau1p5_step.dyn"), @"BatchNorm %0: scale 1, shift 0.1 | %1: beta 0.33333334, fires at v >= 1.05, reset to 0.15");
    insta::assert_snapshot!(reproduced("sj014_LIF_vreset_0p1_thr_0p7_tau1p5_step.ts"), @"BatchNorm %0: scale 1, shift 0.1 | %1: beta 0.33333334, fires at v >= 1.05, reset to 0.15");
}

#[test]
fn spikingjelly_014_plif_step() {
    insta::assert_snapshot!(reproduced("sj014_PLIF_step.dyn"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}

#[test]
fn spikingjelly_if_hard_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj_IF_hard_multistepT2.dyn"), @"%0: beta 1, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_if_hard_step() {
    insta::assert_snapshot!(reproduced("sj_IF_hard_step.dyn"), @"%0: beta 1, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_if_soft_step() {
    insta::assert_snapshot!(reproduced("sj_IF_soft_step.dyn"), @"%0: beta 1, fires at v >= 1, subtract 1");
}

#[test]
fn spikingjelly_lif_hard_decay_input_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj_LIF_hard_decay_input_multistepT2.dyn"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}

#[test]
fn spikingjelly_lif_hard_decay_input_step() {
    insta::assert_snapshot!(reproduced("sj_LIF_hard_decay_input_step.dyn"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}

#[test]
fn spikingjelly_lif_hard_nodecay_step() {
    insta::assert_snapshot!(reproduced("sj_LIF_hard_nodecay_step.dyn"), @"%0: beta 0.5, fires at v >= 1, reset to 0");
}

#[test]
fn spikingjelly_lif_soft_decay_input_over_two_timesteps() {
    insta::assert_snapshot!(reproduced("sj_LIF_soft_decay_input_multistepT2.dyn"), @"%0: beta 0.5, fires at v >= 2, subtract 2");
}

#[test]
fn spikingjelly_lif_vreset_0_1_thr_0_7_tau1_5_step() {
    insta::assert_snapshot!(reproduced("sj_LIF_vreset_0p1_thr_0p7_tau1p5_step.dyn"), @"BatchNorm %0: scale 1, shift 0.1 | %1: beta 0.33333334, fires at v >= 1.05, reset to 0.15");
}

#[test]
fn spikingjelly_plif_step() {
    insta::assert_snapshot!(reproduced("sj_PLIF_step.dyn"), @"%0: beta 0.5, fires at v >= 2, reset to 0");
}
