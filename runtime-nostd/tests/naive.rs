//! The runner equals an independent, plain reading of the contract.
mod common;

use common::random::{Rng, program, samples};
use common::{Packed, compare};
use proptest::prelude::*;
use snnc_runtime::program::Reduce;
use snnc_runtime::run::{Runner, arena_words};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_runner_equals_the_naive_reading(seed in any::<u64>()) {
        let mut rng = Rng(seed);
        let program = program(&mut rng);
        compare(&program, &samples(&mut rng, &program));
    }
}

/// A prediction that is decided is that of the whole sample; some are decided before its end, of every kind that can be.
#[test]
fn what_is_decided_does_not_change() {
    let mut early = [0; 2];
    for seed in 1..1500 {
        let mut rng = Rng(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        let program = program(&mut rng);
        let mut arena = vec![0; arena_words(&program)];
        let mut runner = Runner::new(program, &mut arena).expect("a fitting arena");
        for sample in samples(&mut rng, &program) {
            runner.begin();
            let mut decided = None;
            for t in 0..program.timesteps() {
                let frame = &sample[if sample.len() == 1 { 0 } else { t as usize }];
                runner.step(Packed::new(program.input().kind, frame).input()).expect("a fitting frame");
                if runner.is_decided() && decided.is_none() {
                    decided = Some((t + 1, runner.prediction()));
                }
            }
            let (timesteps, class) = decided.expect("the end decides");
            assert_eq!(class, runner.prediction(), "seed {seed}");
            let classes = program.edge(program.readout().source.into()).shape.len();
            let before = usize::from(timesteps < program.timesteps() && classes > 1);
            match program.readout().reduce {
                Reduce::Sum => early[0] += before,
                Reduce::First => early[1] += before,
                Reduce::Last | Reduce::Max => assert_eq!(before, 0),
            }
            if sample.len() == 1 {
                let input = Packed::new(program.input().kind, &sample[0]);
                assert_eq!(runner.infer_until_decided(input.input()), Ok(class));
                assert_eq!(runner.timestep(), timesteps);
            }
        }
    }
    assert!(early.iter().all(|&n| n > 20), "{early:?}");
}
