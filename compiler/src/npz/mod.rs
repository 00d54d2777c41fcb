//! `.npz`: numpy's archive of named arrays, a zip of `.npy` files.
//!
//! [`read`] treats the file as hostile: nothing is allocated from a number that the file merely claims. [`write`] gives
//! the same bytes for the same arrays.

pub mod read;
pub mod write;

pub use read::{Array, Npz};
pub use write::{Column, write};
