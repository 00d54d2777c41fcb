//! Whole-path tests: see the files of this package beside `src`. Here is what they share.

pub mod designs;
pub mod driven;
pub mod fixtures;
pub mod hostile;
pub mod proofs;
pub mod random_network;
pub mod rules;
