//! Parameters of the stateless operations. Weights stay `f32` everywhere in the graph; a [`Grid`] says which integers
//! they stand for once a pass has put them there.

use super::Grid;

/// Fully connected synapses: `y = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Inputs of each neuron.
    pub fan_in: usize,
    /// Outputs.
    pub fan_out: usize,
    /// `[fan_out, fan_in]`, row-major.
    pub weight: Vec<f32>,
    /// `[fan_out]`.
    pub bias: Vec<f32>,
    /// The grid the weights lie on, where they lie on one.
    pub grid: Option<Grid>,
}

/// Convolution synapses (cross-correlation, as every framework has it).
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output.
    pub channels_out: usize,
    /// Kernel, stride, padding, dilation.
    pub window: Window,
    /// Groups; divides both channel counts.
    pub groups: usize,
    /// `[channels_out, channels_in / groups, kernel height, kernel width]`, row-major.
    pub weight: Vec<f32>,
    /// `[channels_out]`.
    pub bias: Vec<f32>,
    /// The grid the weights lie on, where they lie on one.
    pub grid: Option<Grid>,
}

/// A sliding window over a feature map, each pair `[vertical, horizontal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Size.
    pub kernel: [usize; 2],
    /// Step.
    pub stride: [usize; 2],
    /// Rows added above and columns added to the left. Of zeros; a max pool never sees them.
    pub pad_begin: [usize; 2],
    /// Rows added below and columns added to the right.
    pub pad_end: [usize; 2],
    /// Distance of neighbouring taps.
    pub dilation: [usize; 2],
}

impl Window {
    /// A `kernel` with `stride`, without padding or dilation.
    #[must_use]
    pub const fn new(kernel: [usize; 2], stride: [usize; 2]) -> Self {
        Self { kernel, stride, pad_begin: [0; 2], pad_end: [0; 2], dilation: [1; 2] }
    }

    /// Rows or columns (`axis` 0 or 1) of the output for `size` of the input; `None` if the window does not fit or a
    /// parameter is 0.
    #[must_use]
    pub fn output(&self, axis: usize, size: usize) -> Option<usize> {
        let reach = self.dilation[axis].checked_mul(self.kernel[axis].checked_sub(1)?)?.checked_add(1)?;
        let padded = size.checked_add(self.pad_begin[axis])?.checked_add(self.pad_end[axis])?;
        (self.dilation[axis] > 0).then_some(())?;
        padded.checked_sub(reach)?.checked_div(self.stride[axis])?.checked_add(1)
    }
}

/// `y = scale * x + shift` per channel: a batch norm in evaluation mode, or any affine map per channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// `[channels]`.
    pub scale: Vec<f32>,
    /// `[channels]`.
    pub shift: Vec<f32>,
}

/// Maximum over windows; padding is never the maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxPool {
    /// The window.
    pub window: Window,
}

/// Mean, or sum, over windows.
#[derive(Clone, Debug, PartialEq)]
pub struct AvgPool {
    /// The window; without dilation.
    pub window: Window,
    /// What the sum is divided by.
    pub divisor: Divisor,
}

/// What the sum over a window is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// The size of the kernel: padding counts (`count_include_pad`).
    Kernel,
    /// The number of inputs under the window: padding does not count.
    Inputs,
    /// Nothing: the sum itself (NIR's SumPool2d).
    One,
}

impl Divisor {
    /// The divisor of a window of `kernel` taps, `inside` of which lie on the map.
    #[must_use]
    pub const fn of(self, kernel: usize, inside: usize) -> usize {
        match self {
            Divisor::Kernel => kernel,
            Divisor::Inputs => inside,
            Divisor::One => 1,
        }
    }
}
