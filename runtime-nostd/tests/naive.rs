//! The runner equals an independent, plain reading of the contract.
mod common;

use common::compare;
use common::random::{Rng, program, samples};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_runner_equals_the_naive_reading(seed in any::<u64>()) {
        let mut rng = Rng(seed);
        let program = program(&mut rng);
        compare(&program, &samples(&mut rng, &program));
    }
}
