//! Runs samples through a network whose weights are loaded, with the driver that snnc wrote for it: half of them with the
//! weights of `weights.bin`, the others with those of `second.bin`. Says what `player` says.

mod full;
mod link;
mod pipe;

use std::env::args;
use std::fs::{read, read_to_string};

use driver::{map, Error, Input, Network, Weights};
use full::fill;

fn main() {
    let arguments: Vec<String> = args().skip(1).collect();
    let samples = read_to_string(&arguments[0]).expect("the samples");
    let samples: Vec<&str> = samples.lines().collect();
    let mut network = Network::new(link::open(&arguments[1], &arguments[2..]));
    network.patience = link::PATIENCE;
    let first = read("weights.bin").expect("weights");

    // files that are not for this design; nothing is loaded by them
    let wrong = |network: &mut Network<link::Simulated>, file: &[u8]| match network.load(file) {
        Err(Error::Weights(wrong)) => wrong,
        other => panic!("{other:?}"),
    };
    let changed = |at: usize| {
        let mut file = first.clone();
        file[at] ^= 1;
        file
    };
    assert_eq!(wrong(&mut network, &[]), Weights::Form);
    assert_eq!(wrong(&mut network, &changed(0)), Weights::Form);
    assert_eq!(wrong(&mut network, &first[..first.len() - 1]), Weights::Form);
    assert_eq!(wrong(&mut network, &changed(8)), Weights::Design(map::NETWORK ^ 1));
    assert_eq!(wrong(&mut network, &first[..first.len() - 4]), Weights::Length(map::WEIGHT_WORDS - 1));
    assert!(matches!(wrong(&mut network, &changed(20)), Weights::Check(_)));
    network.reset().expect("the design answers");
    let registers = network.registers().expect("registers");
    assert_eq!(registers.status, map::STATUS_EMPTY, "there are no weights");
    let silence = (0..map::INPUT_STEPS * map::DIGITS).map(|_| Input::End);
    assert!(network.infer(silence, |_| ()).is_err(), "no class without weights");

    let half = samples.len() / 2;
    for (file, (from, lines)) in [first, read("second.bin").expect("weights")].iter().zip(samples.chunks(half).enumerate())
    {
        network.load(file).expect("they are for this design");
        for (number, line) in lines.iter().enumerate() {
            let input = line.split_whitespace().map(|word| match word {
                "end" => Input::End,
                element => Input::Element(element.parse().expect("an element")),
            });
            let mut spikes = Vec::new();
            let class = network.infer(input, |spike| spikes.push(spike)).expect("an answer");
            let all = from * half + number;
            spikes.iter().for_each(|spike| println!("{all} {} {}", spike.timestep, spike.element));
            let registers = network.registers().expect("registers");
            let (bus, counted) = link::ask(network.release(), "c 0 0");
            network = Network::new(bus);
            network.patience = link::PATIENCE;
            let counted = u32::from_str_radix(&counted, 16).expect("a number");
            println!("{all} class {class} {} {counted}", registers.clocks);
            assert_eq!((registers.samples, registers.status), (number as u32 + 1, 0));
        }
    }
    network.reset().expect("the design answers");
    link::other_ways(network);
}
