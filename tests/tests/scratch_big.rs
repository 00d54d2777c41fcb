use bumpalo::Bump;
use snnc::backend::verilog::hardware;
use snnc::host::trace;
use snnc::machine::verilog::{Simulator, Stress, write};
fn run(sim:&Simulator,c:&snnc::compiled::Compiled,s:&[snnc::data::Sample],t:&[snnc::host::Trace],f:&std::path::Path,seed:u32,l:Option<usize>)->Result<snnc::machine::Outcome,snnc::machine::MachineError>{let h=write(c,l,s,t,f)?;sim.build(&h.top,f)?;sim.run(c,&h.top,f,Stress{seed,restart:0})}
use snnc_runtime::program::*;
use snnc_tests::random_network::*;
fn go(name: &str, r: Recipe, n: usize, sim: &Simulator) {
    let a = Bump::new();
    let mut rng = Rng::new(5);
    let c = build(&a, &r, &mut rng);
    let mut s = samples(&c.program, &mut rng, n);
    if let EdgeKind::Values(_) = r.input.kind {
        for s in &mut s {
            for f in &mut s.frames {
                if let snnc::data::Frame::U8(v) = f {
                    for v in v {
                        *v = if rng.chance(17) { [255, 254, 253, 128, 90][rng.range(0, 4) as usize] } else { 0 };
                    }
                }
            }
        }
    }
    let t = std::time::Instant::now();
    let tr: Vec<_> = s.iter().map(|x| trace(&c.program, x)).collect();
    let t1 = t.elapsed();
    let t = std::time::Instant::now();
    let h = hardware(&c, None, &s, &tr, 0).unwrap();
    let p = h.predicted_clocks;
    let t2 = t.elapsed();
    let f = std::path::PathBuf::from("/tmp/fpga").join(name);
    let _ = std::fs::remove_dir_all(&f);
    std::fs::create_dir_all(&f).unwrap();
    let t = std::time::Instant::now();
    let o = run(sim, &c, &s, &tr, &f, 0, None);
    match o {
        Ok(o) => println!(
            "{name} {:?} eq {} mean {} trace {t1:?} predict {t2:?} sim {:?} busy {:?}",
            o.difference,
            o.cost == p,
            p.iter().sum::<u64>() / n as u64,
            t.elapsed(),
            h.report.iter().map(|l| l.predicted_clocks.unwrap() as u64).collect::<Vec<_>>()
        ),
        Err(e) => println!("{name} {e:?}"),
    }
}
#[test]
fn big() {
    let img = |k| Edge {
        shape: Shape { height: 28, width: 28, channels: 1 },
        kind: EdgeKind::Values(k),
        rate: Rate::PerSample,
    };
    let w = window;
    let n = std::env::var("N").map(|s| s.parse().unwrap()).unwrap_or(10);
    let sim = if std::env::var("ICARUS").is_ok() { Simulator::ICARUS } else { Simulator::VERILATOR };
    let only = std::env::var("ONLY").unwrap_or_default();
    let pool = |op| Layer::Pool { op, size: [2, 2], ceil: false };
    let conv = |c, win, neurons| Layer::Conv { channels: c, window: win, binary: false, neurons };
    let dense = |n, neurons| Layer::Dense { fan_out: n, binary: false, neurons };
    let nets = vec![
        (
            "a",
            Recipe {
                input: Edge { shape: Shape::vector(784), ..img(ValueKind::U8) },
                layers: vec![dense(128, false), Layer::Neurons, dense(10, true)],
                timesteps: 25,
                readout: (Quantity::Spikes, Reduce::Sum),
            },
        ),
        (
            "b",
            Recipe {
                input: img(ValueKind::U8),
                layers: vec![
                    conv(12, w(5, 1, 0), false),
                    pool(PoolOp::Max),
                    Layer::Neurons,
                    conv(32, w(5, 1, 0), false),
                    pool(PoolOp::Max),
                    Layer::Neurons,
                    dense(10, true),
                ],
                timesteps: 8,
                readout: (Quantity::Spikes, Reduce::Sum),
            },
        ),
        (
            "cif",
            Recipe {
                input: img(ValueKind::U8),
                layers: vec![
                    conv(16, w(3, 1, 1), false),
                    Layer::Neurons,
                    pool(PoolOp::Max),
                    conv(32, w(3, 1, 1), true),
                    pool(PoolOp::Max),
                    dense(10, true),
                ],
                timesteps: 4,
                readout: (Quantity::Spikes, Reduce::Sum),
            },
        ),
        (
            "cnir",
            Recipe {
                input: img(ValueKind::U8),
                layers: vec![
                    conv(12, w(5, 1, 0), true),
                    pool(PoolOp::Sum),
                    conv(24, w(5, 1, 0), true),
                    pool(PoolOp::Sum),
                    dense(10, true),
                ],
                timesteps: 6,
                readout: (Quantity::Spikes, Reduce::Sum),
            },
        ),
        (
            "d",
            Recipe {
                input: img(ValueKind::U8),
                layers: vec![
                    Layer::Conv { channels: 16, window: w(5, 1, 0), binary: true, neurons: true },
                    pool(PoolOp::Max),
                    Layer::Conv { channels: 32, window: w(5, 1, 0), binary: true, neurons: true },
                    pool(PoolOp::Max),
                    Layer::Dense { fan_out: 10, binary: true, neurons: true },
                ],
                timesteps: 8,
                readout: (Quantity::Membrane, Reduce::Sum),
            },
        ),
    ];
    for (name, r) in nets {
        if only.is_empty() || only == name {
            go(name, r, n, &sim);
        }
    }
}
