//! Says which instructions the target has, where the compiler does not: `dsp` is no stable `target_feature`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(snnc_thumb1, snnc_thumb2, snnc_dsp, snnc_no_dsp, snnc_v8m)");
    let target = std::env::var("TARGET").unwrap_or_default();
    if std::env::var_os("CARGO_FEATURE_PORTABLE").is_some() {
        return;
    }
    let is = |names: &[&str]| names.iter().any(|name| target.starts_with(name));
    let (thumb1, thumb2) = (is(&["thumbv6m-"]), is(&["thumbv7m-", "thumbv7em-", "thumbv8m.main-"]));
    if thumb1 {
        println!("cargo::rustc-cfg=snnc_thumb1");
    }
    if thumb2 {
        println!("cargo::rustc-cfg=snnc_thumb2");
    }
    // a Cortex-M33 may lack them, as QEMU's AN521 does
    let v8m = is(&["thumbv8m.main-"]) && std::env::var_os("CARGO_FEATURE_DSP").is_some();
    let dsp = is(&["thumbv7em-"]) || v8m;
    if dsp {
        println!("cargo::rustc-cfg=snnc_dsp");
    } else if thumb1 || thumb2 {
        println!("cargo::rustc-cfg=snnc_no_dsp");
    }
    if v8m {
        println!("cargo::rustc-cfg=snnc_v8m");
    }
}
