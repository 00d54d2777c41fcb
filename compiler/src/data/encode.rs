//! A user's sample to the integers of the network's input edge.

use snnc_runtime::program::{Rate, words};

use super::{DataError, Dataset, Frame, Presentation, Sample, Values};
use crate::compiled::Compiled;
use crate::ir::{InputEncoding, Shape};

/// Value of one LSB of `uint8` data: with this scale and 8 unsigned bits, pixels are taken as they are.
pub const PIXEL_SCALE: f32 = 1.0 / 255.0;

impl Dataset {
    /// Sample `index` for the network's input: its elements channels last, its numbers integers.
    ///
    /// A number becomes `value / scale`, rounded half to even and saturated to the input's range; a spike input takes
    /// 0 and 1 only.
    ///
    /// # Errors
    /// If the shapes do not fit, a sequence is given to a network compiled for constant inputs, or a number that is
    /// neither 0 nor 1 to an input of spikes.
    ///
    /// # Panics
    /// If `index` is not below [`Dataset::len`].
    pub fn encode(&self, index: usize, compiled: &Compiled<'_>) -> Result<Sample, DataError> {
        let edge = compiled.program.input();
        let [channels, height, width] = [edge.shape.channels, edge.shape.height, edge.shape.width].map(|n| n as usize);
        let shape = Shape::new(channels, height, width);
        let timesteps = compiled.program.timesteps();
        let start = index * self.sample_len;
        let mut frames = match self.presentation(shape, Some(timesteps))? {
            Presentation::Constant => vec![self.frame(&self.x, start, shape, compiled.input)?],
            Presentation::Sequence { .. } if edge.rate == Rate::PerSample => {
                return Err(self.error(
                    format!("a sample of shape {:?} is a sequence", self.sample_shape),
                    "the network was compiled for inputs that stay the same over time: compile it with --calib of sequences",
                ));
            }
            Presentation::Sequence { timesteps } => {
                let coded = self.rate.as_ref().map(|rate| Values::Spikes(rate.spikes(&self.x, index, self.sample_len)));
                let (x, start) = coded.as_ref().map_or((&self.x, start), |spikes| (spikes, 0));
                let frames =
                    (0..timesteps as usize).map(|t| self.frame(x, start + t * shape.len(), shape, compiled.input));
                frames.collect::<Result<_, _>>()?
            }
        };
        if edge.rate == Rate::PerTimestep && frames.len() == 1 {
            let frame = frames[0].clone();
            frames.resize(timesteps as usize, frame);
        }
        Ok(Sample { frames })
    }

    /// One timestep's input, from number `start` of `x`.
    fn frame(&self, x: &Values, start: usize, shape: Shape, encoding: InputEncoding) -> Result<Frame, DataError> {
        match encoding {
            InputEncoding::Spikes => self.spikes(x, start, shape),
            InputEncoding::Integer { scale, bits: 8, signed: false } => Ok(Frame::U8(match x {
                Values::U8(x) if scale == PIXEL_SCALE => channels_last(shape, |i| x[start + i]),
                x => channels_last(shape, |i| quantize(x.real(start + i), scale, 0, 255) as u8),
            })),
            InputEncoding::Integer { scale, bits: 8, signed: true } => {
                Ok(Frame::I8(channels_last(shape, |i| quantize(x.real(start + i), scale, -128, 127) as i8)))
            }
            InputEncoding::Integer { scale, .. } => {
                Ok(Frame::I16(channels_last(shape, |i| quantize(x.real(start + i), scale, -32768, 32767) as i16)))
            }
            InputEncoding::Real => panic!("a compiled network has chosen its input's encoding"),
        }
    }

    fn spikes(&self, x: &Values, start: usize, shape: Shape) -> Result<Frame, DataError> {
        let mut packed = vec![0; words(shape.len())];
        for (bit, value) in channels_last(shape, |i| x.real(start + i)).into_iter().enumerate() {
            if value == 1.0 {
                packed[bit / 32] |= 1 << (bit % 32);
            } else if value != 0.0 {
                let found =
                    format!("sample {} holds {value}, the network's input takes spikes", start / self.sample_len);
                return Err(self.error(
                    found,
                    "save spikes as bool (uint8 stands for x / 255), or have them made of numbers from 0 to 1 with --encode rate",
                ));
            }
        }
        Ok(Frame::Spikes(packed))
    }
}

/// `value / scale` to the nearest integer, half to even, saturated. (The quotient of two `f32` is exact enough in `f64`
/// that no tie is made or lost.)
fn quantize(value: f32, scale: f32, min: i32, max: i32) -> i32 {
    let quotient = f64::from(value) / f64::from(scale);
    quotient.round_ties_even().clamp(f64::from(min), f64::from(max)) as i32
}

/// The elements `[channels, height, width]` that `element` gives, as `[height, width, channels]`.
fn channels_last<T>(shape: Shape, element: impl Fn(usize) -> T) -> Vec<T> {
    let positions = shape.positions();
    let index = |position| (0..shape.channels).map(move |channel| channel * positions + position);
    (0..positions).flat_map(index).map(element).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use snnc_runtime::program::{
        Connection, Edge, EdgeKind, Population, Program, Projection, Quantity, Readout, Reduce, Step, Synapses,
        ValueKind,
    };

    use super::*;
    use crate::compiled::Layout;
    use crate::data::tests::dataset;

    const MAP: snnc_runtime::program::Shape = snnc_runtime::program::Shape { height: 1, width: 3, channels: 2 };

    /// Encodes sample 0 for a network of a `[2, 1, 3]` input that runs for two timesteps.
    fn encode(data: &Dataset, input: InputEncoding, rate: Rate) -> Result<Sample, DataError> {
        let kind = match input {
            InputEncoding::Spikes => EdgeKind::Spikes,
            InputEncoding::Integer { bits: 8, signed: false, .. } => EdgeKind::Values(ValueKind::U8),
            InputEncoding::Integer { bits: 8, .. } => EdgeKind::Values(ValueKind::I8),
            InputEncoding::Integer { .. } => EdgeKind::Values(ValueKind::I16),
            InputEncoding::Real => unreachable!("not an encoding"),
        };
        let synapses = Synapses::Int8 { weights: &[1, 1] };
        let projections = [Projection { source: 0, delay: 0, connection: Connection::Identity, synapses }];
        let output = Edge { shape: MAP, kind: EdgeKind::Currents { bits: 18 }, rate };
        let (accumulator_bits, bias) = (18, &[0, 0][..]);
        let population =
            Population { projections: &projections, accumulator_bits, current_shift: 0, bias, neuron: None, output };
        let steps = [Step::Population(population)];
        let readout = Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Last };
        let program = Program::new(Edge { shape: MAP, kind, rate }, &steps, readout, 2).expect("a sound program");
        let layout = Layout::default();
        data.encode(0, &Compiled { name: "t".into(), program, input, steps: vec![], readout_scale: 1.0, layout })
    }

    fn unsigned(scale: f32) -> InputEncoding {
        InputEncoding::Integer { scale, bits: 8, signed: false }
    }

    #[test]
    fn pixels_are_taken_as_they_are_with_the_channels_last() {
        let data = dataset(Values::U8(vec![1, 2, 3, 40, 50, 60]), 1, &[2, 1, 3]);
        let frame = Frame::U8(vec![1, 40, 2, 50, 3, 60]);
        let sample = encode(&data, unsigned(PIXEL_SCALE), Rate::PerSample).expect("it fits");
        assert_eq!(sample.frames, std::slice::from_ref(&frame));
        let sample = encode(&data, unsigned(PIXEL_SCALE), Rate::PerTimestep).expect("it fits");
        assert_eq!(sample.frames, [frame.clone(), frame], "a constant image is given at every timestep");
    }

    #[test]
    fn numbers_round_half_to_even_and_saturate() {
        let data = dataset(Values::F32(vec![0.25, 0.75, 1.25, -0.75, 1000.0, -1000.0]), 1, &[6]);
        let encoded = |encoding| encode(&data, encoding, Rate::PerSample).expect("it fits").frames.remove(0);
        assert_eq!(encoded(unsigned(0.5)), Frame::U8(vec![0, 0, 2, 255, 2, 0]));
        let signed = |bits| InputEncoding::Integer { scale: 0.5, bits, signed: true };
        assert_eq!(encoded(signed(8)), Frame::I8(vec![0, -2, 2, 127, 2, -128]));
        assert_eq!(encoded(signed(16)), Frame::I16(vec![0, -2, 2, 2000, 2, -2000]));
    }

    #[test]
    fn a_pixel_and_its_value_become_the_same_integer() {
        for pixels in (0..=255u8).collect::<Vec<_>>().chunks(6).filter(|chunk| chunk.len() == 6) {
            let [as_pixels, as_values] =
                [Values::U8(pixels.to_vec()), Values::F32(pixels.iter().map(|&p| f32::from(p) / 255.0).collect())]
                    .map(|x| encode(&dataset(x, 1, &[6]), unsigned(PIXEL_SCALE), Rate::PerSample).expect("it fits"));
            assert_eq!(as_pixels, as_values);
        }
    }

    #[test]
    fn spikes_are_packed_per_timestep() {
        let spikes = [1, 0, 0, 0, 1, 1, /**/ 0, 0, 0, 1, 0, 0].map(|spike| spike == 1).to_vec();
        let frames = [Frame::Spikes(vec![0b10_1001]), Frame::Spikes(vec![0b00_0010])];
        let real = Values::F32(spikes.iter().map(|&spike| f32::from(u8::from(spike))).collect());
        for x in [Values::Spikes(spikes), real] {
            let sample = encode(&dataset(x, 1, &[2, 6]), InputEncoding::Spikes, Rate::PerTimestep);
            assert_eq!(sample.expect("it fits").frames, frames);
        }
    }

    #[test]
    fn what_is_neither_0_nor_1_is_no_spike() {
        let error =
            encode(&dataset(Values::U8(vec![0, 1, 0, 0, 0, 0]), 1, &[6]), InputEncoding::Spikes, Rate::PerSample)
                .expect_err("a pixel is no spike");
        assert_eq!(error.to_string(), "`x.npz`: sample 0 holds 0.003921569, the network's input takes spikes");
    }

    #[test]
    fn a_sequence_is_refused_where_the_input_is_constant() {
        let data = dataset(Values::U8(vec![0; 12]), 1, &[2, 6]);
        assert!(encode(&data, unsigned(PIXEL_SCALE), Rate::PerSample).is_err());
        assert!(encode(&data, unsigned(PIXEL_SCALE), Rate::PerTimestep).is_ok());
    }

    #[test]
    fn a_rate_code_gives_the_machines_what_it_gives_the_evaluator() {
        let data = dataset(Values::U8(vec![100, 200, 30, 128, 255, 90]), 1, &[6]);
        let data = data.rate_coded(Shape::new(2, 1, 3), 2, 7).expect("it fits");
        let spikes = data.float(0).into_iter().map(|spike| spike == 1.0).collect();
        let same = dataset(Values::Spikes(spikes), 1, &[2, 6]);
        let encoded = |data| encode(data, InputEncoding::Spikes, Rate::PerTimestep).expect("it fits");
        assert_eq!(encoded(&data), encoded(&same));
    }

    proptest! {
        #[test]
        fn a_quotient_is_rounded_to_the_nearest_integer(value in -40_000.0f32..40_000.0, scale in 0.01f32..100.0) {
            let q = quantize(value, scale, -32768, 32767);
            let error = (f64::from(value) - f64::from(q) * f64::from(scale)).abs();
            prop_assert!(error <= f64::from(scale) / 2.0 || q == 32767 || q == -32768);
        }
    }
}
