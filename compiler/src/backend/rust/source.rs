//! Values of the contract as Rust source. Each function is exhaustive: what joins the contract does not compile here
//! until it can be written.

use itertools::Itertools;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Pool, PoolOp, Quantity, Rate, Readout, Reduce, ResetTiming, Shape, ValueKind,
    Window,
};

pub(super) fn edge(edge: &Edge) -> String {
    let Edge { shape: Shape { height, width, channels }, kind, rate } = *edge;
    let kind = match kind {
        EdgeKind::Spikes => "EdgeKind::Spikes".to_owned(),
        EdgeKind::Counts { max } => format!("EdgeKind::Counts {{ max: {max} }}"),
        EdgeKind::Currents { bits } => format!("EdgeKind::Currents {{ bits: {bits} }}"),
        EdgeKind::Values(ValueKind::U8) => "EdgeKind::Values(ValueKind::U8)".to_owned(),
        EdgeKind::Values(ValueKind::I8) => "EdgeKind::Values(ValueKind::I8)".to_owned(),
        EdgeKind::Values(ValueKind::I16) => "EdgeKind::Values(ValueKind::I16)".to_owned(),
    };
    let rate = match rate {
        Rate::PerSample => "Rate::PerSample",
        Rate::PerTimestep => "Rate::PerTimestep",
    };
    let shape = format!("Shape {{ height: {height}, width: {width}, channels: {channels} }}");
    format!("Edge {{ shape: {shape}, kind: {kind}, rate: {rate} }}")
}

pub(super) fn window(window: &Window) -> String {
    let Window { kernel, stride, padding, dilation } = window;
    format!("Window {{ kernel: {kernel:?}, stride: {stride:?}, padding: {padding:?}, dilation: {dilation:?} }}")
}

pub(super) fn connection(connection: &Connection) -> String {
    match connection {
        Connection::Dense => "Connection::Dense".to_owned(),
        Connection::Conv2d(w) => format!("Connection::Conv2d({})", window(w)),
        Connection::Identity => "Connection::Identity".to_owned(),
    }
}

pub(super) fn pool(pool: &Pool) -> String {
    let op = match pool.op {
        PoolOp::Max => "PoolOp::Max",
        PoolOp::Sum => "PoolOp::Sum",
    };
    let (window, output) = (window(&pool.window), edge(&pool.output));
    format!("Pool {{ source: {}, op: {op}, window: {window}, output: {output} }}", pool.source)
}

/// `factors` is the table that a leak per channel names.
pub(super) fn leak(leak: Leak<'_>, factors: &str) -> String {
    match leak {
        Leak::None => "Leak::None".to_owned(),
        Leak::All => "Leak::All".to_owned(),
        Leak::Shift(n) => format!("Leak::Shift({n})"),
        Leak::Multiply { factor, shift } => format!("Leak::Multiply {{ factor: {factor}, shift: {shift} }}"),
        Leak::MultiplyEach { shift, .. } => {
            format!("Leak::MultiplyEach {{ factors: &{factors}, shift: {shift} }}")
        }
    }
}

pub(super) const fn reset_timing(timing: ResetTiming) -> &'static str {
    match timing {
        ResetTiming::Immediate => "ResetTiming::Immediate",
        ResetTiming::Delayed => "ResetTiming::Delayed",
        ResetTiming::Overriding => "ResetTiming::Overriding",
        ResetTiming::Clearing => "ResetTiming::Clearing",
    }
}

pub(super) fn readout(readout: &Readout) -> String {
    let quantity = match readout.quantity {
        Quantity::Spikes => "Quantity::Spikes",
        Quantity::Membrane => "Quantity::Membrane",
        Quantity::Current => "Quantity::Current",
    };
    let reduce = match readout.reduce {
        Reduce::Sum => "Reduce::Sum",
        Reduce::Last => "Reduce::Last",
        Reduce::Max => "Reduce::Max",
        Reduce::First => "Reduce::First",
    };
    format!("Readout {{ source: {}, quantity: {quantity}, reduce: {reduce} }}", readout.source)
}

/// An array: `[7; 128]` where all are the same, else lines of 16.
pub(super) fn table(numbers: &[i32]) -> String {
    match numbers {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|n| n == first) => {
            format!("[{first}; {}]", numbers.len())
        }
        _ if numbers.len() <= 16 => format!("[{}]", numbers.iter().join(", ")),
        _ => {
            let lines = numbers.chunks(16).map(|line| format!("    {},\n", line.iter().join(", ")));
            format!("[\n{}]", lines.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_short_where_they_can_be() {
        assert_eq!(table(&[7]), "[7]");
        assert_eq!(table(&[-7; 128]), "[-7; 128]");
        assert_eq!(table(&[1, -2, 3]), "[1, -2, 3]");
        assert_eq!(
            table(&(0..18).collect::<Vec<_>>()),
            "[\n    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,\n    16, 17,\n]"
        );
    }

    #[test]
    fn values_are_written_as_rust() {
        let output = Edge { shape: Shape::vector(3), kind: EdgeKind::Counts { max: 4 }, rate: Rate::PerTimestep };
        let window = Window { kernel: [2, 2], stride: [2, 1], padding: [0, 1], dilation: [1, 1] };
        insta::assert_snapshot!(pool(&Pool { source: 1, op: PoolOp::Sum, window, output }), @"Pool { source: 1, op: PoolOp::Sum, window: Window { kernel: [2, 2], stride: [2, 1], padding: [0, 1], dilation: [1, 1] }, output: Edge { shape: Shape { height: 1, width: 1, channels: 3 }, kind: EdgeKind::Counts { max: 4 }, rate: Rate::PerTimestep } }");
    }
}
