//! Unrolled networks: what their fixed modules and their adder trees are made of.

use super::super::unrolled::Size;
use super::structure::{Parameters, Structure, bits, only, ram};
use super::structure_neurons::leak;

/// Name of the trees of a layer among the fixed modules.
pub const TREES: &str = "snn_unrolled_sums";

/// Of the trees of a layer: a table for each bit of a leaf, and adders.
pub fn trees(size: Size) -> Structure {
    Structure::new(&[size.leaf_bits, size.adder_bits], &[size.registers], vec![])
}

/// Of a fixed module of an unrolled network; `None`: it is none.
pub fn unrolled(module: &str, p: Parameters<'_>) -> Option<Structure> {
    Some(match module {
        "snn_unrolled_collect" => {
            let inputs = p.number("FAN_IN");
            Structure::new(&[1, inputs], &[1, inputs], vec![])
        }
        "snn_unrolled_events" => {
            let outputs = p.number("OUTPUTS");
            Structure::new(&[1, outputs], &[1, outputs], vec![])
        }
        "snn_unrolled_issue" => {
            let [inputs, planes, timesteps, room] = p.numbers(["FAN_IN", "PLANES", "TIMESTEPS", "ROOM_BITS"]);
            let counters = bits(planes) + only(p.number("CONSTANT") == 1, bits(timesteps)) + room + 1;
            Structure::new(&[1, counters], &[1, inputs, counters], vec![])
        }
        "snn_queue" => {
            let [width, address] = p.numbers(["WIDTH", "ADDRESS_BITS"]);
            Structure::new(&[1, address], &[1, address], vec![ram(width, 1 << address)])
        }
        "snn_unrolled_delay" => {
            let [width, clocks] = p.numbers(["WIDTH", "CLOCKS"]);
            Structure::new(&[1], &[width, width * clocks], vec![])
        }
        "snn_unrolled_digits" => {
            let [neurons, out] = p.numbers(["NEURONS", "OUT_BITS"]);
            Structure::new(&[neurons * out], &[neurons * out], vec![])
        }
        "snn_unrolled_add" => {
            let [neurons, out] = p.numbers(["NEURONS", "OUT_BITS"]);
            Structure::new(&[neurons * out], &[], vec![])
        }
        "snn_unrolled_finish" => {
            let [elements, input, out] = p.numbers(["ELEMENTS", "IN_BITS", "OUT_BITS"]);
            let [right, registered] = p.numbers(["RIGHT", "REGISTERED"]);
            let (all, biased) = (elements * out, p.is_not_zero("BIASES"));
            let luts = [only(biased, all), only(right > 0, elements * input)];
            Structure::new(&luts, &[only(registered == 1, all)], vec![])
        }
        "snn_unrolled_neuron" => neuron(p),
        "snn_unrolled_synaptic" => synaptic(p),
        "snn_unrolled_readout" => {
            let [elements, value, score, timesteps] = p.numbers(["ELEMENTS", "VALUE_BITS", "SCORE_BITS", "TIMESTEPS"]);
            let [reduce, index] = p.numbers(["REDUCE", "INDEX_BITS"]);
            // a comparison takes a number with the other one's index, and the better one of both
            let rounds = (elements.next_power_of_two() - 1) * (2 * score + index);
            let luts = [1, only(reduce != 1, elements * score), rounds];
            let ffs =
                [bits(timesteps + 1), elements * only(reduce == 1, value), elements * only(reduce != 1, score), rounds];
            Structure::new(&luts, &ffs, vec![])
        }
        _ => return None,
    })
}

/// Of `snn_unrolled_neuron`: what a timestep does to a membrane, in one clock.
fn neuron(p: Parameters<'_>) -> Structure {
    let [neurons, current, membrane] = p.numbers(["NEURONS", "CURRENT_BITS", "MEMBRANE_BITS"]);
    let [kind, shift, factor] = p.numbers(["LEAK", "LEAK_SHIFT", "LEAK_FACTOR"]);
    let [resets, delayed, floors] = p.numbers(["RESET", "DELAYED", "FLOOR"]);
    let [threshold, times, reset] = p.numbers(["THRESHOLD_BITS", "TIMES", "RESET_BITS"]);
    let stored = p.or("STORED", 0);
    // a membrane of which nothing is left is none, and what is reset by 0 is not reset
    let stateless = kind == 4 || (kind == 2 && factor == 0);
    let resets = only(p.is_not_zero("RESETS") || resets == 1, resets);
    let wide = current.max(reset).max(membrane) + 2;
    let kept = match stored {
        _ if stateless => 0,
        0 => membrane,
        _ => p.number("STORED_BITS"),
    };
    let [shifted, constant, product] = leak(membrane, kind, shift, factor);
    let luts = [
        0,
        only(stateless, membrane.min(current)),
        only(!stateless, membrane),
        only(!stateless, wide),
        only(resets == 1 && !stateless, membrane),
        only(resets == 2 && !stateless, wide),
        only(delayed > 0 && resets > 0, wide),
        only(floors == 1, membrane),
        stored * membrane,
        only(times > 1, times * threshold),
        shifted,
        constant,
        product,
    ];
    let mut luts: [usize; 13] = luts.map(|each| neurons * each);
    luts[0] = 1;
    Structure::new(&luts, &[1, neurons, neurons * kept], vec![])
}

/// Of `snn_unrolled_synaptic`: one filter or two, and their sum.
fn synaptic(p: Parameters<'_>) -> Structure {
    const NAMES: [[&str; 4]; 2] =
        [["BITS_0", "LEAK_0", "LEAK_SHIFT_0", "LEAK_FACTOR_0"], ["BITS_1", "LEAK_1", "LEAK_SHIFT_1", "LEAK_FACTOR_1"]];
    let [neurons, out, second] = p.numbers(["NEURONS", "OUT_BITS", "SECOND"]);
    let mut sizes = [0, neurons * out * second, 0, 0, 0];
    for names in &NAMES[..=second] {
        let [width, kind, shift, factor] = p.numbers(*names);
        sizes[0] += neurons * width;
        for (sum, size) in sizes[2..].iter_mut().zip(leak(width, kind, shift, factor)) {
            *sum += neurons * size;
        }
    }
    Structure::new(&sizes, &[sizes[0]], vec![])
}
