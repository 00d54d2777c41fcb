//! Verilator and Icarus Verilog as machines: they run the emitted design with its own testbench.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Difference, Machine, MachineError, Outcome, Unit, WAVEFORM, position};
use crate::backend::verilog::{Hardware, WeightStore, hardware_with};
use crate::compiled::Compiled;
use crate::data::Sample;
use crate::host::Trace;

/// Verilator: the design becomes a program.
pub const VERILATOR: Machine = Machine {
    name: "verilator",
    unit: Unit::Clocks,
    run: |compiled, samples, expected, folder| verify(&Simulator::VERILATOR, compiled, samples, expected, folder),
    run_with_waveform: Some(|compiled, samples, expected, folder| {
        verify(&Simulator::VERILATOR.with_waveform(), compiled, samples, expected, folder)
    }),
};

/// Icarus Verilog: a second opinion, and slower.
pub const ICARUS: Machine = Machine {
    name: "icarus",
    unit: Unit::Clocks,
    run: |compiled, samples, expected, folder| verify(&Simulator::ICARUS, compiled, samples, expected, folder),
    run_with_waveform: Some(|compiled, samples, expected, folder| {
        verify(&Simulator::ICARUS.with_waveform(), compiled, samples, expected, folder)
    }),
};

/// A simulator: how a testbench is built, and how it is run.
pub struct Simulator {
    /// The tool, and the Debian package that has it.
    tool: (&'static str, &'static str),
    /// Arguments before the sources.
    build: fn(top: &str) -> Vec<String>,
    /// What it is built with for a waveform.
    trace: &'static [&'static str],
    /// What is run then, and its arguments.
    run: fn(top: &str) -> (String, Vec<String>),
    /// Whether it writes a waveform.
    waveform: bool,
}

impl Simulator {
    /// Verilator 5 or later.
    pub const VERILATOR: Self = Self {
        tool: ("verilator", "verilator g++ make"),
        build: |top| {
            let options = "--binary --timing -O3 -j 2 --x-assign fast --x-initial fast --noassert -Wno-fatal -Wno-lint -Wno-style \
                           -MAKEFLAGS OPT_FAST=-O1 -MAKEFLAGS OPT_SLOW=-O0 -MAKEFLAGS OPT_GLOBAL=-O0 --Mdir obj_dir --top-module";
            options
                .split_whitespace()
                .map(String::from)
                .chain([format!("{top}_tb"), "-o".into(), "bench".into()])
                .collect()
        },
        trace: &["--trace"],
        run: |_| ("./obj_dir/bench".into(), vec![]),
        waveform: false,
    };
    /// Icarus Verilog 11 or later.
    pub const ICARUS: Self = Self {
        tool: ("iverilog", "iverilog"),
        build: |top| {
            ["-g2005", "-o", "bench.vvp", "-s"].map(String::from).into_iter().chain([format!("{top}_tb")]).collect()
        },
        trace: &[],
        run: |_| ("vvp".into(), vec!["-n".into(), "bench.vvp".into()]),
        waveform: false,
    };

    /// The same, leaving [`WAVEFORM`] in the folder.
    #[must_use]
    pub const fn with_waveform(self) -> Self {
        Self { waveform: true, ..self }
    }

    /// Builds the testbench of `top` in `folder`.
    ///
    /// # Errors
    /// A tool that is missing or fails.
    pub fn build(&self, top: &str, folder: &Path) -> Result<(), MachineError> {
        let mut arguments: Vec<String> = Vec::new();
        if self.waveform {
            arguments.extend(self.trace.iter().map(ToString::to_string));
        }
        arguments.extend((self.build)(top));
        let mut sources: Vec<String> = vec![format!("{top}_tb.v"), format!("{top}.v")];
        let mut rtl: Vec<String> = Vec::new();
        for entry in fs::read_dir(folder.join("rtl"))? {
            rtl.push(format!("rtl/{}", entry?.file_name().to_string_lossy()));
        }
        rtl.sort();
        sources.append(&mut rtl);
        arguments.append(&mut sources);
        self.call(self.tool.0, &arguments, folder).map(drop)
    }

    /// Runs the testbench in `folder` and reads what it printed.
    ///
    /// # Errors
    /// A tool that is missing or fails, or a testbench that finds anything but a different spike.
    pub fn run(
        &self,
        compiled: &Compiled<'_>,
        top: &str,
        folder: &Path,
        stress: Stress,
    ) -> Result<Outcome, MachineError> {
        let (program, mut arguments) = (self.run)(top);
        arguments.push(format!("+seed={}", stress.seed));
        arguments.push(format!("+restart={}", stress.restart));
        arguments.extend(self.waveform.then(|| "+vcd".into()));
        let printed = self.call(&program, &arguments, folder).inspect_err(|_| {
            // cut off somewhere; that it is missing says so
            drop(fs::remove_file(folder.join(WAVEFORM)));
        })?;
        self.outcome(compiled, &printed)
    }

    fn call(&self, program: &str, arguments: &[String], folder: &Path) -> Result<String, MachineError> {
        let output = Command::new(program).args(arguments).current_dir(folder).output();
        let output = output.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => MachineError::Missing {
                tool: self.tool.0.into(),
                install: format!("apt-get install -y {}", self.tool.1),
            },
            _ => MachineError::Scratch(error),
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = text(&output.stdout) + &text(&output.stderr);
        let tail: Vec<&str> = said.lines().rev().take(12).collect();
        let reason = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        Err(MachineError::Failed { tool: self.tool.0.into(), reason })
    }
}

/// What a testbench does besides the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stress {
    /// Not 0: input and output are held back at random.
    pub seed: u32,
    /// Not 0: the design is reset in this clock, and the samples begin again.
    pub restart: u32,
}

/// Writes the design and a testbench for `samples` into `folder`; gives the name of the top module.
///
/// # Errors
/// A step that the engine cannot carry, a folder that cannot be written.
pub fn write(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    expected: &[Trace],
    folder: &Path,
) -> Result<Hardware, MachineError> {
    write_with(compiled, samples, expected, folder, WeightStore::Fixed)
}

/// As [`write`], with the weights in `store`: the testbench loads them first where they are not fixed.
///
/// # Errors
/// As [`write`].
pub fn write_with(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    expected: &[Trace],
    folder: &Path,
    store: WeightStore,
) -> Result<Hardware, MachineError> {
    let hardware = hardware_with(compiled, samples, expected, samples.len(), store)?;
    for file in &hardware.files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.content)?;
    }
    Ok(hardware)
}

fn verify(
    simulator: &Simulator,
    compiled: &Compiled<'_>,
    samples: &[Sample],
    expected: &[Trace],
    folder: &Path,
) -> Result<Outcome, MachineError> {
    if samples.is_empty() {
        return Ok(Outcome { difference: None, cost: Vec::new() });
    }
    let hardware = write(compiled, samples, expected, folder)?;
    simulator.build(&hardware.top, folder)?;
    simulator.run(compiled, &hardware.top, folder, Stress::default())
}

impl Simulator {
    /// Reads what a testbench printed.
    fn outcome(&self, compiled: &Compiled<'_>, printed: &str) -> Result<Outcome, MachineError> {
        let failed = |reason: &str| MachineError::Failed { tool: self.tool.0.into(), reason: reason.into() };
        let time_ns = printed.lines().find_map(|line| line.strip_prefix("FAIL ")?.trim().parse().ok());
        let mut outcome = Outcome { difference: None, cost: Vec::new() };
        let mut passed = false;
        for line in printed.lines() {
            if let Some(clocks) = line.strip_prefix("CLOCKS ") {
                outcome.cost.push(clocks.trim().parse().map_err(|_| failed(line))?);
            } else if let Some(fields) = line.strip_prefix("DIFFERENCE ") {
                let field = |name: &str| -> Option<i64> {
                    let value =
                        fields.split_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('='))?;
                    // an undefined bit is neither 0 nor 1
                    Some(value.parse().unwrap_or(-1))
                };
                let difference = || {
                    let step = usize::try_from(field("step")?).ok()?;
                    let neuron = usize::try_from(field("neuron")?).ok()?;
                    Some(Difference {
                        sample: usize::try_from(field("sample")?).ok()?,
                        layer: compiled.steps.get(step)?.name.clone(),
                        timestep: usize::try_from(field("timestep")?).ok()?,
                        neuron,
                        position: position(&compiled.program, step, neuron),
                        expected: field("expected")?,
                        found: field("found")?,
                        time_ns,
                    })
                };
                outcome.difference = Some(difference().ok_or_else(|| failed(line))?);
            } else if line.starts_with("WRONG ") {
                let at = time_ns.map_or_else(String::new, |time: u64| format!(", at {time} ns"));
                return Err(failed(&format!("{line}{at}")));
            } else if line == "PASS" {
                passed = true;
            }
        }
        match passed || outcome.difference.is_some() {
            true => Ok(outcome),
            false => Err(failed("the testbench ended without a verdict")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::{Layout, StepInfo};
    use crate::ir::InputEncoding;
    use snnc_runtime::program::{
        Connection, Edge, EdgeKind, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Shape, Step,
        Synapses,
    };

    const INPUT: Edge = Edge { shape: Shape::vector(1), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    const PROJECTION: Projection<'_> =
        Projection { source: 0, delay: 0, connection: Connection::Dense, synapses: Synapses::Int8 { weights: &[1] } };
    const STEPS: &[Step<'_>] = &[Step::Population(Population {
        projections: &[PROJECTION],
        accumulator_bits: 3,
        current_shift: 0,
        bias: &[0],
        neuron: None,
        output: Edge { kind: EdgeKind::Currents { bits: 3 }, ..INPUT },
    })];

    fn compiled() -> Compiled<'static> {
        let readout = Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Sum };
        Compiled {
            name: "one".into(),
            program: Program::new(INPUT, STEPS, readout, 1).expect("a sound program"),
            input: InputEncoding::Spikes,
            steps: vec![StepInfo { name: "hidden".into(), encoding: None, activity: None }],
            readout_scale: 1.0,
            layout: Layout::default(),
        }
    }

    #[test]
    fn what_a_testbench_prints_becomes_an_outcome() {
        let read = |printed: &str| Simulator::ICARUS.outcome(&compiled(), printed);
        let passed = read("CLOCKS 12\nCLOCKS 7\nPASS\n").expect("a verdict");
        assert_eq!(passed, Outcome { difference: None, cost: vec![12, 7] });
        let differs = read("DIFFERENCE sample=2 step=0 timestep=3 neuron=4 expected=1 found=x\nFAIL 315\n");
        let expected = Difference {
            sample: 2,
            layer: "hidden".into(),
            timestep: 3,
            neuron: 4,
            position: None,
            expected: 1,
            found: -1,
            time_ns: Some(315),
        };
        assert_eq!(differs.expect("a verdict").difference, Some(expected));
        for broken in
            ["CLOCKS 12\n", "WRONG class of sample 0\nFAIL 25\n", "DIFFERENCE sample=0 step=9\n", "CLOCKS x\n"]
        {
            assert!(matches!(read(broken), Err(MachineError::Failed { .. })), "{broken}");
        }
    }

    #[test]
    fn a_missing_tool_comes_with_the_command_that_installs_it() {
        let missing = Simulator { tool: ("no-such-simulator", "no-such-package"), ..Simulator::ICARUS };
        let folder = tempfile::tempdir().expect("a folder for scratch");
        write(&compiled(), &[], &[], folder.path()).expect("a chain");
        match missing.build("one", folder.path()) {
            Err(MachineError::Missing { install, .. }) => assert_eq!(install, "apt-get install -y no-such-package"),
            other => panic!("{other:?}"),
        }
    }
}
