//! Tests over whole small files.

mod bad_input;
mod evaluate;
mod layers;
mod models;
mod neurons;
mod node_tests;
mod unrolled;
