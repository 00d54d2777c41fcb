//! The fixed modules of an unrolled network, copied into the output as they are.

macro_rules! rtl {
    ($($file:literal)*) => {
        &[$((concat!("rtl/", $file), include_str!(concat!("../../../../templates/rtl/", $file)))),*]
    };
}

/// Path and text of every fixed module.
pub const RTL: &[(&str, &str)] = rtl! {
    "snn_binary.v" "snn_leak.v" "snn_pick.v" "snn_queue.v" "snn_ram.v" "snn_unrolled_add.v" "snn_unrolled_collect.v"
    "snn_unrolled_delay.v" "snn_unrolled_digits.v" "snn_unrolled_events.v" "snn_unrolled_filter.v" "snn_unrolled_finish.v" "snn_unrolled_issue.v" "snn_unrolled_leaf.v" "snn_unrolled_neuron.v"
    "snn_unrolled_readout.v" "snn_unrolled_synaptic.v"
};
