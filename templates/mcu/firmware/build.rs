//! Tells the linker where `link.x` and `memory.x` lie.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-arg-bins=-L{here}");
    println!("cargo::rustc-link-arg-bins=-T{here}/link.x");
    println!("cargo::rerun-if-changed=link.x");
    println!("cargo::rerun-if-changed=memory.x");
}
