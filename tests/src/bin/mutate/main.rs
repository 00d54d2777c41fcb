//! A mutation run over the fixed modules: each is broken in every way that `mutants.rs` knows, one at a time, and must make
//! one of the networks of `rules` fail in Icarus, or a proof of `proofs`. Those that nothing notices are listed: docs/mutation.md
//! explains them.
//!
//!     cargo run --release -p snnc-tests --bin mutate -- [--again | --survivors] [--every N] [FILE.v...]
//!
//! It breaks the files that are given, or all that there is something to judge by; with `--every N` in every Nth way only. With
//! `--survivors` it tries what survived an earlier run on every network there is. What was found lies in `target/mutation`, a
//! file for each module; a run that is interrupted goes on from there, and a module that has changed begins anew.

mod mutants;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bumpalo::Bump;
use snnc::host::{Trace, trace};
use snnc::machine::verilog::write;
use snnc_tests::proofs::{self, PROOFS};
use snnc_tests::rules::{CHANNELS, COLUMNS, LAYERS, NEURONS, UNROLLED_NETWORKS};

use mutants::Mutant;

/// Time for a network as it is.
const PATIENCE: Duration = Duration::from_secs(600);

/// Time for Icarus to read a network.
const BUILDS: Duration = Duration::from_secs(60);

/// So many times as long as it takes as it is, and a while, and a design hangs.
const HANGS: (u32, Duration) = (10, Duration::from_secs(5));

/// A mutant that survives has been simulated on so many of the networks that have it, and on more until it has run for so many
/// clocks: clocks, not seconds, so that what else the machine does decides nothing.
const LEAST: usize = 3;
const MOST: u64 = 30_000;

/// Clocks in which a proof may find a counterexample.
const CLOCKS: usize = 45;

/// A network in a folder of its own.
struct Bench {
    name: &'static str,
    folder: tempfile::TempDir,
    top: String,
    seed: u32,
    clocks: Vec<u64>,
    /// The modules that it is made of.
    modules: BTreeSet<String>,
    /// What it takes as it is, and what it may take.
    time: Duration,
    patience: Duration,
    /// Mutants that it has noticed.
    kills: usize,
    /// What Icarus made of it.
    compiled: Vec<u8>,
}

/// How a simulation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The network has not the branch that is broken: nothing to simulate.
    Untouched,
    /// Every spike and every clock is what it was.
    Same,
    /// Something is not.
    Different,
    /// It is no Verilog any more.
    Invalid,
}

/// Runs a program without output but to a file; `None` if it does not end in time.
fn ends(command: &mut Command, output: &Path, patience: Duration) -> Option<bool> {
    let file = File::create(output).expect("the scratch folder is writable");
    let mut child = command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn();
    let child = child.as_mut().unwrap_or_else(|_| panic!("Icarus is not installed: apt-get install -y iverilog"));
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status.success());
        }
        std::thread::sleep(Duration::from_millis(1));
        if started.elapsed() > patience {
            drop(child.kill());
            drop(child.wait());
            return None;
        }
    }
}

impl Bench {
    fn built(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("bench.vvp")).expect("Icarus has written it")
    }

    /// Simulates what lies in the folder.
    fn run(&self) -> Verdict {
        let folder = self.folder.path();
        let sources = self.modules.iter().map(|name| format!("rtl/{name}"));
        let tops = [format!("{}_tb.v", self.top), format!("{}.v", self.top)];
        let mut build = Command::new("iverilog");
        build.current_dir(folder).args(["-g2005", "-o", "bench.vvp", "-s", &format!("{}_tb", self.top)]);
        if ends(build.args(tops).args(sources), &folder.join("build.txt"), BUILDS) != Some(true) {
            return Verdict::Invalid;
        }
        if !self.compiled.is_empty() && self.built() == self.compiled {
            return Verdict::Untouched;
        }
        let said = folder.join("said.txt");
        let mut run = Command::new("vvp");
        run.current_dir(folder).args(["-n", "bench.vvp", &format!("+seed={}", self.seed)]);
        if ends(&mut run, &said, self.patience) != Some(true) {
            return Verdict::Different;
        }
        let text = fs::read_to_string(said).unwrap_or_default();
        let clocks = text.lines().filter_map(|line| line.strip_prefix("CLOCKS ")?.trim().parse::<u64>().ok());
        let same =
            text.lines().any(|line| line == "PASS") && (self.seed != 0 || clocks.eq(self.clocks.iter().copied()));
        if same { Verdict::Same } else { Verdict::Different }
    }
}

/// The modules that `text` names, and those that they name.
fn named(text: &str, rtl: &BTreeMap<String, String>, found: &mut BTreeSet<String>) {
    for (name, module) in rtl {
        let called = format!("{} ", name.trim_end_matches(".v"));
        let instance = |line: &str| line.split("//").next().unwrap_or_default().trim_start().contains(&called);
        if text.lines().any(instance) && !text.contains(&format!("module {called}")) && found.insert(name.clone()) {
            named(module, rtl, found);
        }
    }
}

/// Every network, laid out and tried as it is, the shortest first.
fn benches() -> Vec<Bench> {
    let mut benches: Vec<Bench> = Vec::new();
    for case in NEURONS.iter().chain(CHANNELS).chain(LAYERS).chain(COLUMNS).chain(UNROLLED_NETWORKS) {
        let arena = Bump::new();
        let (compiled, samples) = case.laid_out(&arena);
        let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = write(&compiled, &samples, &traces, folder.path()).expect(case.name);
        let text = |path: &str| fs::read_to_string(folder.path().join(path)).expect(case.name);
        let rtl = hardware
            .files
            .iter()
            .filter_map(|file| Some((file.path.strip_prefix("rtl/")?.to_owned(), text(&file.path))));
        let (rtl, mut modules) = (rtl.collect(), BTreeSet::new());
        named(&text(&format!("{}.v", hardware.top)), &rtl, &mut modules);
        let (top, clocks, seed) = (hardware.top, hardware.predicted_clocks, case.setting.seed);
        let mut bench = Bench {
            name: case.name,
            folder,
            top,
            seed,
            clocks,
            modules,
            time: Duration::ZERO,
            patience: PATIENCE,
            kills: 0,
            compiled: Vec::new(),
        };
        let started = Instant::now();
        assert_eq!(bench.run(), Verdict::Same, "{}: as it is", case.name);
        bench.compiled = bench.built();
        bench.time = started.elapsed();
        bench.patience = HANGS.0 * bench.time + HANGS.1;
        benches.push(bench);
    }
    benches.sort_by_key(|bench| bench.clocks.iter().sum::<u64>());
    benches
}

/// The networks that have the module: those first that have noticed most, of others the shortest.
fn order(benches: &[Bench], file: &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..benches.len()).filter(|&i| benches[i].modules.contains(file)).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(benches[i].kills));
    order
}

/// Who notices a mutant: the name of a network, `-` of none, `invalid` if it is no Verilog. It is simulated for `most` clocks, or
/// for all there are.
fn killer(benches: &mut [Bench], file: &str, text: &str, most: u64) -> String {
    let (mut simulated, mut clocks) = (0, 0);
    for i in order(benches, file) {
        if simulated >= LEAST && clocks >= most {
            break;
        }
        let bench = &mut benches[i];
        let path = bench.folder.path().join("rtl").join(file);
        let sound = fs::read_to_string(&path).expect("a module");
        fs::write(&path, text).expect("it can be written");
        let verdict = bench.run();
        fs::write(&path, sound).expect("it can be written");
        match verdict {
            Verdict::Untouched => (),
            Verdict::Same => {
                simulated += 1;
                clocks += bench.clocks.iter().sum::<u64>();
            }
            Verdict::Invalid => return "invalid".into(),
            Verdict::Different => {
                bench.kills += 1;
                return bench.name.into();
            }
        }
    }
    for proof in PROOFS.iter().filter(|proof| proof.modules.contains(&file.trim_end_matches(".v"))) {
        let folder = proofs::folder(proof);
        fs::write(folder.path().join(file), text).expect("it can be written");
        if proofs::circuit(proof, folder.path()).is_err() {
            match order(benches, file).is_empty() {
                true => return "invalid".into(),
                false => continue, // Icarus takes what Yosys does not
            }
        }
        if proofs::broken_within(CLOCKS, folder.path()) {
            return format!("proof {}", proof.name);
        }
    }
    "-".into()
}

/// A line of the file of results.
fn line(mutant: &Mutant, killer: &str) -> String {
    format!("{}\t{}\t{}\t{}\t{killer}\n", mutant.line, mutant.column, mutant.from, mutant.to)
}

/// What an earlier run found of the same text and the same mutants; the file's first lines are that text.
fn earlier(path: &Path, text: &str, mutants: &[Mutant]) -> Vec<String> {
    let found = fs::read_to_string(path).unwrap_or_default();
    let results = found.strip_prefix(text).and_then(|rest| rest.strip_prefix("====\n")).unwrap_or_default();
    let whole = results.split_inclusive('\n').filter(|line| line.ends_with('\n')).zip(mutants);
    whole
        .take_while(|(found, mutant)| found.starts_with(line(mutant, "").trim_end_matches('\n')))
        .map(|(found, _)| found.into())
        .collect()
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let results = root.join("target/mutation");
    fs::create_dir_all(&results).expect("the target folder is writable");
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let mut asked = |option: &str| {
        let asked = files.first().is_some_and(|first| first == option);
        files.drain(..usize::from(asked));
        asked
    };
    let (again, survivors_only) = (asked("--again"), asked("--survivors"));
    let every = match files.first().is_some_and(|first| first == "--every") {
        true => files.drain(..2).nth(1).and_then(|n| n.parse().ok()).expect("--every takes a number above 0"),
        false => 1,
    };
    let mut benches = benches();
    let mut all: BTreeSet<String> = benches.iter().flat_map(|bench| bench.modules.iter().cloned()).collect();
    all.extend(PROOFS.iter().flat_map(|proof| proof.modules).map(|name| format!("{name}.v")));
    if files.is_empty() {
        files.extend(all.iter().cloned());
    }
    if let Some(unknown) = files.iter().find(|file| !all.contains(*file)) {
        panic!("nothing is known of `{unknown}`: there are {all:?}");
    }
    println!("{:<18} {:>8} {:>8} {:>8} {:>9}", "module", "mutants", "killed", "invalid", "survivors");
    for file in &files {
        let path: PathBuf = results.join(file).with_extension("txt");
        let text = fs::read_to_string(root.join("templates/rtl").join(file)).expect("a module");
        let mutants: Vec<Mutant> = mutants::mutants(&text).into_iter().step_by(every).collect();
        let mut known = if again { Vec::new() } else { earlier(&path, &text, &mutants) };
        if survivors_only {
            for (found, mutant) in known.iter_mut().zip(&mutants).filter(|(found, _)| found.ends_with("\t-\n")) {
                *found = line(mutant, &killer(&mut benches, file, &mutant.apply(&text), u64::MAX));
            }
        }
        fs::write(&path, format!("{text}====\n{}", known.concat())).expect("the target folder is writable");
        let mut out = OpenOptions::new().append(true).open(&path).expect("the target folder is writable");
        benches.iter_mut().for_each(|bench| bench.kills = 0);
        for mutant in mutants.iter().skip(known.len()) {
            let found = line(mutant, &killer(&mut benches, file, &mutant.apply(&text), MOST));
            out.write_all(found.as_bytes()).expect("the target folder is writable");
            known.push(found);
        }
        let count =
            |verdict: &str| known.iter().filter(|line| line.trim_end().ends_with(&format!("\t{verdict}"))).count();
        let (survivors, invalid) = (count("-"), count("invalid"));
        let valid = mutants.len() - invalid;
        println!("{file:<18} {valid:>8} {:>8} {invalid:>8} {survivors:>9}", valid - survivors);
        for (mutant, _) in mutants.iter().zip(&known).filter(|(_, line)| line.trim_end().ends_with("\t-")) {
            let Mutant { line, from, to, .. } = mutant;
            let at = text.lines().nth(line - 1).unwrap_or_default().trim();
            println!("    templates/rtl/{file}:{line}: `{from}` as `{to}` in `{at}`");
        }
    }
}
