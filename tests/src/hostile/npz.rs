//! Archives of samples, sound around whatever the bytes put into them.

use std::io::{Cursor, Write};

use snnc::data::Dataset;
use snnc::ir::{Graph, Input, InputEncoding, Node, Op, Quantity, Readout, Reduce, Shape, Timing};
use snnc::pipeline;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::choices::Choices;

/// Reads samples and gives them to a network; whether that was possible.
pub fn read(bytes: &[u8]) -> bool {
    let Ok(data) = Dataset::read("x.npz", bytes) else { return false };
    let data = data.take(2);
    for (shape, timesteps) in [(Shape::vector(4), None), (Shape::new(1, 2, 2), Some(2))] {
        let mut graph = input(shape, timesteps);
        let Ok(timesteps) = pipeline::present(&mut graph, Some(&data), true) else { continue };
        for index in 0..data.len {
            let _ = pipeline::float_sample(&graph, &data, index, timesteps.min(8));
        }
        if let Ok(coded) = data.clone().rate_coded(shape, timesteps.min(8), 7) {
            let _ = coded.float(0);
        }
    }
    true
}

/// A graph that is only an input.
fn input(shape: Shape, timesteps: Option<u32>) -> Graph {
    let op = Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let node = Node { name: "x".into(), op, sources: vec![], shape, origin: vec![] };
    let readout = Readout { quantity: Quantity::Current, reduce: Reduce::Sum, scale: 1.0 };
    Graph { name: "x".into(), nodes: vec![node], output: 0, readout, timesteps }
}

/// The archive that an input is (it starts with `P`), or stands for: entries of `flags length text data-length data`.
pub fn file(bytes: &[u8]) -> Vec<u8> {
    if bytes.first() == Some(&b'P') {
        return bytes.to_vec();
    }
    let mut choices = Choices::new(bytes);
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(1024)));
    for _ in 0..3 {
        if choices.is_empty() {
            break;
        }
        let flags = choices.byte();
        let name = ["x.npy", "y.npy", "x", "\u{e9}.npy"][usize::from(flags & 3)];
        let method = if flags & 4 == 0 { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let (version, text_len) = (flags >> 3 & 3, usize::from(choices.byte()));
        let text: Vec<u8> = (0..text_len).map(|_| choices.byte()).collect();
        let data_len = choices.below(256);
        let data: Vec<u8> = (0..data_len).map(|_| choices.byte()).collect();
        let mut npy = b"\x93NUMPY".to_vec();
        npy.extend([version, 0]);
        match version {
            0 | 1 => npy.extend((text_len as u16).to_le_bytes()),
            _ => npy.extend((text_len as u32).to_le_bytes()),
        }
        npy.extend(text);
        npy.extend(data);
        let options = SimpleFileOptions::default().compression_method(method);
        if zip.start_file(name, options).is_err() || zip.write_all(&npy).is_err() {
            break;
        }
    }
    zip.finish().map(Cursor::into_inner).unwrap_or_default()
}
