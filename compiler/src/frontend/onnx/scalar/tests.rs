//! Chains as exporters write them, and what each computes.

use super::*;
use crate::frontend::onnx::net::Real;
use crate::frontend::onnx::tensor::Tensor;
use proptest::prelude::*;

/// Makes the operation on a value.
type MakeDef<'a> = &'a dyn Fn(&mut Net, ValueId) -> Def;

/// A tape over operations that each take the one before.
fn tape(defs: &[MakeDef<'_>]) -> Tape {
    let mut net = Net::default();
    let dims = vec![1, 3];
    let root = net.value(Def::Input(0), dims.clone());
    let mut members = Vec::new();
    let mut at = root;
    for def in defs {
        let def = def(&mut net, at);
        at = net.values.len();
        // as it is, whatever the net would make simpler
        net.values.push(crate::frontend::onnx::net::Value { def, dims: dims.clone(), nodes: vec![] });
        members.push(at);
    }
    Tape::new(&net, root, &members).expect("constants are per channel")
}

fn scalar(net: &mut Net, x: f32) -> ValueId {
    net.constant_value(Tensor::scalar(x))
}

fn staircase(tape: &Tape) -> Staircase {
    match tape.function() {
        Ok(Function::Staircase(staircase)) => staircase,
        other => panic!("{other:?}"),
    }
}

/// `lambda * clip(floor(x * L / lambda + 1/2) / L, 0, 1)` with L = 4 (Bu et al. 2022).
fn qcfs(lambda: f32) -> Tape {
    tape(&[
        &|net, x| Def::Mul(x, scalar(net, 4.0 / lambda)),
        &|net, x| Def::Add(x, scalar(net, 0.5)),
        &|_, x| Def::Round { x, rounding: Rounding::Floor },
        &|net, x| Def::Div(x, scalar(net, 4.0)),
        &|_, x| Def::Clip { x, low: Real::new(0.0), high: Real::new(1.0) },
        &|net, x| Def::Mul(x, scalar(net, lambda)),
    ])
}

#[test]
fn a_quantized_ramp_is_found_with_its_levels() {
    let found = staircase(&qcfs(2.0));
    // a hair below: `2 x + 0.5` is rounded up to the next integer
    for (found, wanted) in found.thresholds.iter().zip([0.25f32, 0.75, 1.25, 1.75]) {
        assert!((found - wanted).abs() < 1e-6 && found <= &wanted, "{found} for {wanted}");
    }
    assert_eq!(found.levels, [0.0, 0.5, 1.0, 1.5, 2.0]);
}

#[test]
fn ties_round_as_the_quantizer_says() {
    // 2 bits signed and narrow: -1, 0, 1
    let quant = |rounding| {
        tape(&[&move |net, x| Def::Quant {
            x,
            scale: net.constant(Tensor::scalar(1.0)),
            zero_point: net.constant(Tensor::scalar(0.0)),
            low: Real::new(-1.0),
            high: Real::new(1.0),
            rounding,
            integer: false,
        }])
    };
    let even = staircase(&quant(Rounding::HalfToEven));
    assert_eq!(even.levels, [-1.0, 0.0, 1.0]);
    assert_eq!(even.thresholds, [-0.5, number(key(0.5) + 1)]); // a half is rounded to 0 from both sides
    let away = staircase(&quant(Rounding::HalfAwayFromZero));
    assert_eq!(away.thresholds, [number(key(-0.5) + 1), 0.5]);
}

#[test]
fn a_batch_norm_before_a_sign_moves_its_threshold_per_channel() {
    let found = staircase(&tape(&[
        &|net, x| Def::BatchNorm {
            x,
            scale: net.constant(Tensor::from_f64(
                crate::frontend::onnx::tensor::Kind::F32,
                vec![3],
                [2.0, -1.0, 0.5].into_iter(),
            )),
            shift: net.constant(Tensor::from_f64(
                crate::frontend::onnx::tensor::Kind::F32,
                vec![3],
                [-3.0, 1.0, 0.25].into_iter(),
            )),
        },
        &|net, x| Def::Bipolar { x, scale: net.constant(Tensor::scalar(1.5)) },
    ]));
    assert_eq!(found.steps, 1);
    assert_eq!(found.thresholds, [1.5, number(key(1.0) + 1), -0.5]);
    assert_eq!(found.levels, [-1.5, 1.5, 1.5, -1.5, -1.5, 1.5]);
}

#[test]
fn continuous_chains_are_clipped_lines() {
    let line = |tape: Tape| match tape.function() {
        Ok(Function::Line(lines)) => lines[0],
        other => panic!("{other:?}"),
    };
    let relu6 = line(tape(&[&|_, x| Def::Clip { x, low: Real::new(0.0), high: Real::new(6.0) }]));
    assert_eq!(relu6, Line { slope: 1.0, shift: 0.0, low: 0.0, high: 6.0 });
    let written_out = line(tape(&[
        &|net, x| Def::Mul(x, scalar(net, -2.0)),
        &|net, x| Def::Minimum(vec![x, scalar(net, 0.0)]),
        &|_, x| Def::Neg(x),
        &|net, x| Def::Add(x, scalar(net, 1.0)),
    ]));
    assert_eq!(written_out, Line { slope: 2.0, shift: 1.0, low: 1.0, high: f64::INFINITY });
}

#[test]
fn what_is_neither_is_refused() {
    let said = |tape: Tape| tape.function().expect_err("refused");
    let floor: &dyn Fn(&mut Net, ValueId) -> Def = &|_, x| Def::Round { x, rounding: Rounding::Floor };
    assert!(said(tape(&[floor])).contains("levels"), "a floor has no end");
    let wave: &dyn Fn(&mut Net, ValueId) -> Def = &|_, x| Def::Sub(x, 0); // floor(x) - x
    assert!(said(tape(&[floor, wave])).contains("rises"));
}

proptest! {
    #[test]
    fn a_staircase_is_its_function_at_every_float(bits in any::<u32>(), lambda in 0.01f32..100.0) {
        let x = f32::from_bits(bits);
        prop_assume!(x.is_finite());
        let tape = qcfs(lambda);
        let found = staircase(&tape);
        for x in [x, x % (2.0 * lambda)] {
            prop_assert_eq!(found.apply(x, 0), tape.apply(x, 0));
        }
    }
}
