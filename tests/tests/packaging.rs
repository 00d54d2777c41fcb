//! The installed binary works alone, in any folder, offline: what `cargo package` packs is unpacked, installed and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use snnc_tests::fixtures;

/// Of both crates: the workspace's.
const VERSION: &str = snnc::VERSION;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the workspace").to_owned()
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the command can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn what_cargo_package_packs_installs_and_compiles_for_every_target() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = root().join("target/packaged");
    succeed(Command::new(env!("CARGO")).current_dir(root()).env("CARGO_TARGET_DIR", &target).args([
        "package",
        "--offline",
        "--allow-dirty",
        "--no-verify",
        "-p",
        "snnc-runtime",
        "-p",
        "snnc",
    ]));
    for name in ["snnc-runtime", "snnc"] {
        let packed = target.join(format!("package/{name}-{}.crate", VERSION));
        succeed(Command::new("tar").arg("xzf").arg(packed).arg("-C").arg(scratch.path()));
    }
    let unpacked = |name: &str| scratch.path().join(format!("{name}-{}", VERSION));
    let runtime = format!("patch.crates-io.snnc-runtime.path={:?}", unpacked("snnc-runtime"));
    succeed(Command::new(env!("CARGO")).current_dir(scratch.path()).env("CARGO_TARGET_DIR", &target).args([
        "install",
        "--offline",
        "--debug",
        "--root",
        "installed",
        "--config",
        &runtime,
        "--path",
        &unpacked("snnc").display().to_string(),
    ]));

    let elsewhere = tempfile::tempdir().expect("another folder");
    let snnc = scratch.path().join("installed/bin/snnc");
    let model = fixtures::fixture("a_snntorch_fc/step_dyn.onnx");
    let calib = fixtures::fixture("mnist/train200.npz");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&snnc);
        command.current_dir(elsewhere.path()).env("CARGO_NET_OFFLINE", "true").args(arguments);
        succeed(&mut command)
    };
    let [model, calib] = [&model, &calib].map(|path| path.display().to_string());
    for target in ["fpga", "mcu"] {
        run(&["compile", &model, "--target", target, "--timesteps", "25", "--calib", &calib, "-o", target]);
    }
    assert!(elsewhere.path().join("fpga/rtl/snn_lanes.v").is_file());
    assert!(elsewhere.path().join("mcu/snnc-runtime/src/program.rs").is_file());
    let data = fixtures::fixture("mnist/test200.npz").display().to_string();
    run(&["verify", "fpga", "--data", &data, "--samples", "2", "--machines", "icarus,cortex-m4"]);
}
