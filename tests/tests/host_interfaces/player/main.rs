//! Runs samples through a network behind a simulated host interface, with the driver that snnc wrote for it.
//!
//! `player SAMPLES SIMULATOR ARGUMENTS...`: a line of SAMPLES is a sample, its elements and `end`s. Says every spike
//! (`SAMPLE TIMESTEP ELEMENT`), and of each sample its class, the clocks that the map says and those that the bench
//! counted.

mod full;
mod link;
mod pipe;

use std::env::args;
use std::fs::read_to_string;

use driver::{map, Error, Input, Network};
use full::fill;

fn main() {
    let arguments: Vec<String> = args().skip(1).collect();
    let samples = read_to_string(&arguments[0]).expect("the samples");
    let mut network = Network::new(link::open(&arguments[1], &arguments[2..]));
    network.patience = link::PATIENCE;
    network.reset().expect("the design answers");
    for (number, line) in samples.lines().enumerate() {
        let input = line.split_whitespace().map(|word| match word {
            "end" => Input::End,
            element => Input::Element(element.parse().expect("an element")),
        });
        let mut spikes = Vec::new();
        let class = network.infer(input, |spike| spikes.push(spike)).expect("an answer");
        for spike in spikes {
            println!("{number} {} {}", spike.timestep, spike.element);
        }
        let registers = network.registers().expect("registers");
        let (bus, counted) = link::ask(network.release(), "c 0 0");
        network = Network::new(bus);
        network.patience = link::PATIENCE;
        println!("{number} class {class} {} {}", registers.clocks, u32::from_str_radix(&counted, 16).expect("a number"));
        assert_eq!(registers.samples, number as u32 + 1, "samples are counted");
        assert_eq!(registers.class, class, "the class stays");
        assert_eq!(registers.status, 0, "nothing is left over");
    }

    // what is not a sample of this network is refused, and a reset heals it
    assert_eq!(network.infer([Input::End], |_| ()).err().map(short), Some("ends"));
    network.reset().expect("the design answers");
    let far = map::ELEMENTS;
    assert_eq!(network.infer([Input::Element(far)], |_| ()).err().map(short), Some("element"));
    network.reset().expect("the design answers");
    let registers = network.registers().expect("registers");
    assert_eq!((registers.samples, registers.status, registers.queues & 0xffff), (0, 0, 0), "a reset clears");
    link::other_ways(network);
}

/// What went wrong, in a word.
fn short<E>(error: Error<E>) -> &'static str {
    match error {
        Error::Ends(_) => "ends",
        Error::Element(_) => "element",
        _ => "else",
    }
}
