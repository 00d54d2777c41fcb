//! Tests over whole small files.

mod bad_input;
mod evaluate;
mod layers;
mod models;
mod neurons;
mod node_tests;
mod recorded;
mod recorded_norse_sinabs;
mod recorded_snntorch;
mod recorded_spikingjelly;
mod unrolled;
