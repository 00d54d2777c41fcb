//! Tests over whole small files.

mod bad_input;
mod layers;
mod models;
mod neurons;
mod unrolled;
