//! Tests over whole small files.

mod bad_input;
mod deep;
mod evaluate;
mod feed_forward;
mod functions;
mod layers;
mod loops;
mod models;
mod neurons;
mod node_tests;
mod quantizers;
mod recorded;
mod recorded_norse_sinabs;
mod recorded_snntorch;
mod recorded_spikingjelly;
mod rewrites;
mod stacked;
mod unrolled;
