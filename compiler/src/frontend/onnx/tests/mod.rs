//! Tests over whole small files.

mod bad_input;
mod evaluate;
mod layers;
mod loops;
mod models;
mod neurons;
mod node_tests;
mod quantizers;
mod stacked;
mod unrolled;
