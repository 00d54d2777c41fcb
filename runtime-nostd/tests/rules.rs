//! Each integer rule gives the numbers worked out by hand, on the runner and on the naive reading.
mod common;

use common::{Frame, compare, rules::RULES, unpack};
use snnc_runtime::run::{Runner, arena_words};

#[test]
fn each_rule_gives_the_numbers_worked_out_by_hand() {
    for rule in RULES {
        let mut arena = vec![0; arena_words(&rule.program)];
        let mut runner = Runner::new(rule.program, &mut arena).expect("a fitting arena");
        let last = rule.program.steps().len();
        for t in 0..rule.program.timesteps() as usize {
            let frame = rule.sample[if rule.sample.len() == 1 { 0 } else { t }];
            runner.step(common::Packed::new(rule.program.input().kind, frame).input()).expect("a fitting frame");
            let edge = rule.program.edge(last);
            assert_eq!(unpack(edge, runner.edge(last)), rule.output[t], "{}: output at timestep {t}", rule.name);
            if let Some(membranes) = rule.membranes.get(t) {
                let found: Vec<i32> = runner.membranes(last - 1).collect();
                assert_eq!(found, *membranes, "{}: membranes at timestep {t}", rule.name);
            }
        }
        let scores: Vec<i32> = runner.scores().iter().map(|&s| s as i32).collect();
        assert_eq!(scores, rule.scores, "{}: scores", rule.name);
        assert_eq!(runner.prediction(), rule.prediction, "{}: prediction", rule.name);
    }
}

#[test]
fn each_rule_is_read_alike_by_the_naive_reading() {
    for rule in RULES {
        let sample: Vec<Frame> = rule.sample.iter().map(|frame| frame.to_vec()).collect();
        compare(&rule.program, &[sample.clone(), sample]);
    }
}
