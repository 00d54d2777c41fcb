//! The fixed modules, copied into the output as they are.

macro_rules! rtl {
    ($($file:literal)*) => {
        &[$((concat!("rtl/", $file), include_str!(concat!("../../../templates/rtl/", $file)))),*]
    };
}

/// Path and text of every fixed module of engines.
pub const ENGINES: &[(&str, &str)] = rtl! {
    "snn_add.v" "snn_base.v" "snn_binary.v" "snn_codebook.v" "snn_collect.v" "snn_columns.v" "snn_delta.v"
    "snn_drain.v" "snn_encode.v" "snn_encoder.v" "snn_events.v" "snn_fifo.v" "snn_filter.v"
    "snn_finish.v" "snn_invert.v" "snn_issue.v" "snn_join.v" "snn_kept.v" "snn_lanes.v" "snn_leak.v" "snn_link.v" "snn_load.v"
    "snn_neuron.v" "snn_pick.v" "snn_pool.v" "snn_popcount.v" "snn_ram.v" "snn_readout.v" "snn_replay.v" "snn_rom.v"
    "snn_stream.v" "snn_synaptic.v" "snn_taps.v" "snn_turns.v" "snn_walk.v" "snn_weights.v" "snn_window.v"
    "snn_writer.v"
};

/// Path and text of every fixed module of an unrolled network.
pub const UNROLLED: &[(&str, &str)] = rtl! {
    "snn_binary.v" "snn_leak.v" "snn_pick.v" "snn_queue.v" "snn_ram.v" "snn_unrolled_add.v" "snn_unrolled_collect.v"
    "snn_unrolled_delay.v" "snn_unrolled_digits.v" "snn_unrolled_events.v" "snn_unrolled_filter.v"
    "snn_unrolled_finish.v" "snn_unrolled_issue.v" "snn_unrolled_leaf.v" "snn_unrolled_neuron.v"
    "snn_unrolled_readout.v" "snn_unrolled_synaptic.v"
};
