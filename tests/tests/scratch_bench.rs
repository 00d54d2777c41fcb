use bumpalo::Bump;
use snnc::compiled::*;
use snnc::data::*;
use snnc::host::trace;
use snnc::ir::*;
use snnc::machine::verilog::{Simulator, Stress, write};
fn run(sim:&Simulator,c:&snnc::compiled::Compiled,s:&[snnc::data::Sample],t:&[snnc::host::Trace],f:&std::path::Path,seed:u32,l:Option<usize>)->Result<snnc::machine::Outcome,snnc::machine::MachineError>{let h=write(c,l,s,t,f)?;sim.build(&h.top,f)?;sim.run(c,&h.top,f,Stress{seed,restart:0})}
use snnc_runtime::program as p;
use snnc_runtime::program::*;
fn pop<'a>(a: &'a Bump, source: u16, w: &[i8], n_in: usize, n_out: usize) -> Step<'a> {
    let mut t = vec![0i8; n_in * n_out];
    for o in 0..n_out {
        for i in 0..n_in {
            t[i * n_out + o] = w[o * n_in + i];
        }
    }
    let weights = a.alloc_slice_copy(&t);
    let most = (0..n_out).map(|o| (0..n_in).map(|i| (w[o * n_in + i] as i64).abs()).sum::<i64>()).max().unwrap();
    let bits = (65 - (most as u64).leading_zeros()) as u8;
    Step::Population(Population {
        projections: a.alloc_slice_copy(&[Projection {
            source,
            delay: 0,
            connection: Connection::Dense,
            synapses: Synapses::Int8 { weights },
        }]),
        accumulator_bits: bits,
        current_shift: 0,
        bias: a.alloc_slice_fill_copy(n_out, 0),
        neuron: Some(p::Neuron {
            leak: Leak::Shift(4),
            threshold: a.alloc_slice_fill_copy(n_out, 17),
            reset: p::Reset::Subtract(a.alloc_slice_fill_copy(n_out, 16)),
            reset_timing: p::ResetTiming::Immediate,
            membrane_bits: 12,
        }),
        output: p::Edge { shape: p::Shape::vector(n_out as u32), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
    })
}
#[test]
fn bench() {
    let a = Bump::new();
    let rd = |n: &str| std::fs::read(format!("/tmp/fpga/{n}")).unwrap();
    let w1: Vec<i8> = rd("w1").iter().map(|&b| b as i8).collect();
    let w2: Vec<i8> = rd("w2").iter().map(|&b| b as i8).collect();
    let spk = rd("spk");
    let steps = a.alloc_slice_copy(&[pop(&a, 0, &w1, 784, 128), pop(&a, 1, &w2, 128, 10)]);
    let program = Program::new(
        p::Edge { shape: p::Shape::vector(784), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
        steps,
        p::Readout { source: 2, quantity: p::Quantity::Spikes, reduce: p::Reduce::Sum },
        25,
    )
    .unwrap();
    let c = Compiled {
        name: "bench".into(),
        program,
        input: InputEncoding::Spikes,
        steps: vec![
            StepInfo { name: "hidden".into(), encoding: None, activity: None },
            StepInfo { name: "out".into(), encoding: None, activity: None },
        ],
        readout_scale: 1.0,
    };
    let samples: Vec<Sample> = (0..16)
        .map(|s| Sample {
            frames: (0..25)
                .map(|t| {
                    let mut w = vec![0u32; 25];
                    for i in 0..784 {
                        if spk[(t * 16 + s) * 784 + i] != 0 {
                            w[i / 32] |= 1 << (i % 32);
                        }
                    }
                    Frame::Spikes(w)
                })
                .collect(),
        })
        .collect();
    let traces: Vec<_> = samples.iter().map(|s| trace(&program, s)).collect();
    println!("bp {:?}", snnc::backend::verilog::hardware(&c, None, &samples, &traces, 0).unwrap().predicted_clocks);
    for (sim, n, seed) in [(Simulator::ICARUS, "bi", 0), (Simulator::VERILATOR, "bv", 0), (Simulator::ICARUS, "bs", 7)]
    {
        let f = std::path::PathBuf::from("/tmp/fpga").join(n);
        let _ = std::fs::remove_dir_all(&f);
        std::fs::create_dir_all(&f).unwrap();
        let t = std::time::Instant::now();
        let o = run(&sim, &c, &samples, &traces, &f, seed, None);
        println!("{n} {o:?} {:?}", t.elapsed());
        if let Ok(o) = o {
            println!("mean {}", o.cost.iter().sum::<u64>() as f64 / 16.0);
        }
    }
    let _ = PoolOp::Max;
}
