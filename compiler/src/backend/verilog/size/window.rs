//! Sizes of a window reader.

use snnc_runtime::program::{Connection, Shape};

use crate::backend::verilog::plan::Planned;
use crate::compiled::EdgeCode;

/// Bits of a row of own spikes that the encoder takes at once, at most (one group of channels may be wider).
const CHUNK_LIMIT: usize = 64;

/// Frames of a buffer of vectors: they are small beside the engines, and as many keep both sides busy.
pub const VECTOR_FRAMES: usize = 4;

/// How many bits of its window a layer takes at once, at most; one group of channels may be wider.
#[derive(Clone, Copy, Debug)]
pub enum Width {
    /// Of a row.
    Row(usize),
    /// Of a column of it.
    Column(usize),
}

/// Sizes of a window reader; a dense layer is a window of one position.
#[derive(Clone, Debug)]
pub struct WindowSize {
    /// Whether the frames come from the input stream.
    pub collected: bool,
    /// Rows, columns and channels of the layer's input.
    pub source: [usize; 3],
    /// Rows of it that are one row of the frame, its channels one row behind the other; 1 where `map` is the input.
    pub stack: usize,
    /// Rows above it.
    pub above: usize,
    /// Rows, columns and channels of the frame.
    pub map: [usize; 3],
    /// Kernel over the frame, dilation included.
    pub kernel: [usize; 2],
    /// Distance of the taps that have weights.
    pub dilation: [usize; 2],
    /// Step.
    pub stride: [usize; 2],
    /// Rows above and columns to the left.
    pub padding: [usize; 2],
    /// Output positions.
    pub out: [usize; 2],
    /// Pool window.
    pub pool: [usize; 2],
    /// Positions from here on belong to no pool window.
    pub keep: [usize; 2],
    /// Channels of a word.
    pub chunk: usize,
    /// Words of a column.
    pub chunks: usize,
    /// Words of the layer's own spikes behind them.
    pub own: usize,
    /// Columns of a bank.
    pub columns: usize,
    /// Words of a frame in a bank.
    pub frame: usize,
}

impl WindowSize {
    /// Sizes of a window reader behind a producer of `group` elements per clock, or behind the input stream. The encoder
    /// takes `most` of it at once. Behind the stream, and unless each row is `apart`, the rows of a small window are stacked
    /// and read at once.
    pub fn new(planned: &Planned<'_>, from: Shape, group: Option<usize>, most: Width, apart: bool) -> Self {
        let projection = planned.forward;
        let to = planned.population.output.shape;
        let pair = |pair: [u16; 2]| pair.map(usize::from);
        let (map, kernel, dilation, stride, padding, out) = match projection.connection {
            Connection::Conv2d(w) => {
                let span = |axis: usize| usize::from(w.kernel[axis] - 1) * usize::from(w.dilation[axis]) + 1;
                let map = [from.height as usize, from.width as usize, from.channels as usize];
                let out = [to.height as usize, to.width as usize];
                (map, [span(0), span(1)], pair(w.dilation), pair(w.stride), pair(w.padding), out)
            }
            Connection::Dense | Connection::Identity => ([1, 1, from.len()], [1; 2], [1; 2], [1; 2], [0; 2], [1; 2]),
        };
        let most = match most {
            Width::Row(bits) => bits,
            Width::Column(bits) => bits * kernel[1],
        };
        let pool = planned.current_pool.or(planned.spike_pool);
        let (pool, keep) = match pool {
            Some(pool) => {
                let size = pair(pool.window.kernel);
                let kept = [pool.output.shape.height as usize * size[0], pool.output.shape.width as usize * size[1]];
                (size, kept)
            }
            None => ([1, 1], out),
        };
        // a pool window beyond the map ends with it
        let pool = [pool[0].min(out[0]), pool[1].min(out[1])];
        let keep = [keep[0].min(out[0]), keep[1].min(out[1])];
        let (source, above) = (map, padding[0]);
        let rows = (map[0] + padding[0]).max((out[0] - 1) * stride[0] + kernel[0]);
        let small = kernel[0] * kernel[1] * map[2] <= most;
        let stack = if group.is_none() && !apart && planned.own.is_none() && small { kernel[0] } else { 1 };
        let (map, kernel, padding, rows) = match stack {
            1 => (map, kernel, padding, rows),
            _ => ([rows - stack + 1, map[1], stack * map[2]], [1, kernel[1]], [0, padding[1]], rows - stack + 1),
        };
        let multiple = group.unwrap_or(1);
        let limit = (most / kernel[1] / multiple).max(1) * multiple;
        let chunk = match (group, map[2] <= limit) {
            (_, true) => map[2],
            (Some(_), false) => map[2].div_ceil(map[2].div_ceil(limit)).next_multiple_of(multiple),
            (None, false) => 1 << limit.ilog2(),
        };
        let chunks = map[2].div_ceil(chunk);
        let own = if planned.own.is_some() { to.len().div_ceil(chunk) } else { 0 };
        let columns = (map[1] + padding[1]).max((out[1] - 1) * stride[1] + kernel[1]).div_ceil(kernel[1]);
        let frame = rows * columns * (chunks + own);
        let collected = group.is_none();
        Self {
            collected,
            source,
            stack,
            above,
            map,
            kernel,
            dilation,
            stride,
            padding,
            out,
            pool,
            keep,
            chunk,
            chunks,
            own,
            columns,
            frame,
        }
    }

    /// Bits of a row of the window.
    pub fn bits(&self) -> usize {
        self.kernel[1] * self.chunk
    }

    /// A window of one position over a vector.
    pub fn dense(elements: usize, chunk: usize) -> Self {
        let chunks = elements.div_ceil(chunk);
        Self {
            collected: false,
            source: [1, 1, elements],
            stack: 1,
            above: 0,
            map: [1, 1, elements],
            kernel: [1; 2],
            dilation: [1; 2],
            stride: [1; 2],
            padding: [0; 2],
            out: [1; 2],
            pool: [1; 2],
            keep: [1; 2],
            chunk,
            chunks,
            own: 0,
            columns: 1,
            frame: chunks,
        }
    }

    /// Whether it is one.
    pub fn is_dense(&self) -> bool {
        self.map[..2] == [1; 2] && self.kernel == [1; 2] && self.out == [1; 2]
    }

    /// Whether it reads a vector that the layer before gives, and nothing else.
    pub fn is_vector(&self) -> bool {
        self.is_dense() && !self.collected && self.own == 0
    }

    /// Whether it can read spikes in such a code; `at_once`: for all outputs of a position at once.
    pub fn can_take(&self, code: EdgeCode, at_once: bool) -> bool {
        match code {
            EdgeCode::Plain => true,
            EdgeCode::Delta => self.is_vector() && at_once,
            EdgeCode::Inverted => !self.collected && self.own == 0,
        }
    }

    /// Engines, at most so many, that can each take every `copies`-th column of positions such that their sums come in the
    /// order of one engine's: of a pool window's columns, or of the map's where positions are not pooled.
    pub fn copies(&self, most: usize) -> usize {
        let able = |copies: usize| {
            let in_order = self.pool == [1; 2] || self.pool[1].is_multiple_of(copies);
            self.own == 0 && self.out[1].is_multiple_of(copies) && in_order
        };
        [4, 2].into_iter().find(|&copies| copies <= most && able(copies)).unwrap_or(1)
    }

    /// Words of a frame without padding.
    pub fn words(&self) -> usize {
        self.map[0] * self.map[1] * self.chunks
    }

    /// Frames that its memory holds.
    pub fn frames(&self) -> usize {
        if self.is_vector() { VECTOR_FRAMES } else { 2 }
    }

    /// Rows of the frame that the input stream fills.
    pub fn collected_rows(&self) -> usize {
        self.frame / self.row() + self.stack - 1
    }

    /// Words of it in a bank.
    pub fn collected_words(&self) -> usize {
        self.collected_rows() * self.row()
    }

    /// The elements of a frame that are set where these are set of the input.
    pub fn stacked(&self, elements: &[usize]) -> Vec<usize> {
        if self.stack == 1 {
            return elements.to_vec();
        }
        let ([_, columns, channels], [rows, ..]) = (self.source, self.map);
        let mut set = Vec::new();
        for &i in elements {
            let (y, x, c) = (i / (columns * channels) + self.above, i / channels % columns, i % channels);
            for below in 0..self.stack.min(y + 1) {
                if y - below < rows {
                    set.push(((y - below) * columns + x) * self.map[2] + below * channels + c);
                }
            }
        }
        set
    }

    /// Words from row to row.
    pub fn row(&self) -> usize {
        self.columns * self.all_chunks()
    }

    /// Words of a column, own spikes counted.
    pub fn all_chunks(&self) -> usize {
        self.chunks + self.own
    }

    /// A window over a layer's own spikes alone, behind a producer of `group` of them per clock.
    pub fn of_own_spikes(elements: usize, group: usize) -> Self {
        let limit = (CHUNK_LIMIT / group).max(1) * group;
        let dense = Self::dense(elements, elements.div_ceil(elements.div_ceil(limit)).next_multiple_of(group));
        Self { chunks: 0, own: dense.chunks, ..dense }
    }
}
