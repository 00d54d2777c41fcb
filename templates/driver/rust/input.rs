//! Samples as the network takes them: the active elements of each timestep (or digit plane), and its end.

use crate::map;

/// What a sample is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// An active element: its place in the input, channels last.
    Element(u32),
    /// The timestep or digit plane ends.
    End,
}

/// A sample as lists of active elements, one list for each timestep (and in it for each digit plane).
pub fn active<'s>(lists: &'s [&'s [u32]]) -> impl Iterator<Item = Input> + 's {
    lists.iter().flat_map(|list| list.iter().map(|&element| Input::Element(element)).chain([Input::End]))
}

/// A sample as numbers, one list of [`map::ELEMENTS`] for each timestep that has input; spikes are 0 or 1.
pub fn values<'s>(frames: &'s [&'s [i32]]) -> impl Iterator<Item = Input> + 's {
    frames.iter().flat_map(|frame| {
        (0..map::DIGITS).rev().flat_map(move |digit| {
            let set = (0..).zip(*frame).filter(move |(_, &value)| value >> digit & 1 == 1);
            set.map(|(element, _)| Input::Element(element)).chain([Input::End])
        })
    })
}

/// Events with their flags, as EVENT takes them.
pub(crate) struct Events<I> {
    input: I,
    ends: u32,
    done: bool,
}

/// A sample that is not one of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Element(u32),
    Ends(u32),
}

impl<I: Iterator<Item = Input>> Events<I> {
    pub(crate) fn new(input: I) -> Self {
        Self { input, ends: 0, done: false }
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Result<Option<u32>, Wrong> {
        if self.done {
            return Ok(None);
        }
        let all = map::INPUT_STEPS * map::DIGITS;
        let first = if self.ends < map::DIGITS { map::EVENT_FIRST } else { 0 };
        match self.input.next() {
            None if self.ends == all => {
                self.done = true;
                Ok(None)
            }
            None => Err(Wrong::Ends(self.ends)),
            Some(_) if self.ends == all => Err(Wrong::Ends(all + 1)),
            Some(Input::End) => {
                self.ends += 1;
                Ok(Some(map::EVENT_LAST | first))
            }
            Some(Input::Element(element)) if element < map::ELEMENTS => {
                Ok(Some(map::EVENT_KEEP | first | index(element)))
            }
            Some(Input::Element(element)) => Err(Wrong::Element(element)),
        }
    }
}

/// The index that an element has in an event: itself, or `{y, x, channel}` for a convolution.
fn index(element: u32) -> u32 {
    let [_, width, channels] = map::SHAPE;
    match map::INDEX {
        [0, 0, _] => element,
        [_, x_bits, channel_bits] => {
            let (pixel, channel) = (element / channels, element % channels);
            let place = ((pixel / width) << x_bits) | (pixel % width);
            (place << channel_bits) | channel
        }
    }
}
