//! `snnc compress`: a smaller network, and what each step on the way costs.

use std::process::ExitCode;

use bumpalo::Bump;
use serde::Serialize;
use snnc::compress::{Goal, LayerPrice, LayerSize, MARGINS, Price, Rung, ladder, pick, price, sizes};
use snnc::data::Dataset;
use snnc::frontend::native;
use snnc::ir::{Graph, Op};
use snnc::output::write_file;
use snnc::pass::WeightChoice;
use snnc::pass::prune::{self, PruneChoice, Pruned, prune};
use snnc::pipeline::{self, Choices};

use super::model::{self, InputError, Opened};
use super::{Compress, Criterion, Parts, print_json, show};

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    /// Bytes of the float graph's weights and biases.
    float_bytes: u64,
    /// Per cent of the samples that the float graph predicts, if classes are known.
    float_accuracy: Option<f64>,
    /// Widths that were looked at on the calibration samples, where a goal was given.
    ladder: Vec<Rung>,
    steps: Vec<StepReport>,
    /// What became of each layer's channels, if some were taken out.
    pruned: Option<Pruned>,
}

impl Report {
    /// Per cent of the samples that the first float graph had and the last network has not.
    fn lost(&self) -> f64 {
        let last = self.steps.last().map(|step| &step.price);
        match (self.float_accuracy, last.and_then(Price::accuracy)) {
            (Some(float), Some(integer)) => float - integer,
            _ => last.map_or(0.0, Price::drop),
        }
    }
}

/// The network after a step.
#[derive(Serialize)]
struct StepReport {
    what: String,
    price: Price,
    /// Where its bytes are.
    sizes: Vec<LayerSize>,
}

pub fn run(arguments: &Compress) -> miette::Result<ExitCode> {
    let path = arguments.model.model.display().to_string();
    let Opened::Graph(mut graph, warnings) = model::open(&arguments.model.model, &arguments.model.options())? else {
        return Err(InputError::NoGraph { path }.into());
    };
    model::warn(&warnings);
    let mut data = model::dataset(&arguments.data)?;
    if let Some(n) = arguments.samples {
        data = data.take(n as usize);
    }
    let calib = arguments.model.calib.as_deref().map(model::dataset).transpose()?;
    let timesteps = pipeline::present(&mut graph, calib.as_ref().or(Some(&data)), calib.is_some())?;
    let step = |what: &str, graph: &Graph, choices: &Choices| -> miette::Result<(StepReport, Graph)> {
        let arena = Bump::new();
        let built = pipeline::build(graph, timesteps, calib.as_ref(), choices, &arena)?;
        let mut made = built.graph.expect("it was made of a graph");
        made.timesteps = Some(timesteps);
        let price = price(graph, &built.compiled, &data)?;
        Ok((StepReport { what: what.into(), price, sizes: sizes(&built.compiled) }, made))
    };
    let weights = arguments.model.choices().weights;
    let asked = Choices { weights, ..Choices::default() };
    let (first, mut made) = step("weights as they are, or int8", &graph, &Choices::default())?;
    let mut steps = vec![first];
    let mut rungs = Vec::new();
    let mut chosen = asked.clone();
    if let Some(goal) = goal(arguments) {
        let calib = calib.as_ref().expect("clap asks for it");
        rungs = ladder(&graph, timesteps, calib, &asked)?;
        let Some(rung) = pick(&rungs, goal) else { return Err(unreachable_goal(goal, &rungs).into()) };
        chosen = rung.choices(&asked);
    }
    if !chosen.weights.is_auto() {
        let (last, graph) = step(&described(&chosen.weights), &graph, &chosen)?;
        steps.push(last);
        made = graph;
    }
    if let Some(bits) = arguments.model.membrane_bits {
        chosen.membrane_bits = Some(bits);
        let (last, graph) = step(&format!("membranes of {bits} bits"), &graph, &chosen)?;
        steps.push(last);
        made = graph;
    }
    let mut pruned = None;
    if let Some(Parts(amount)) = &arguments.prune {
        let mut smaller = graph.clone();
        let samples = calib.as_ref().map_or_else(Vec::new, |calib| pipeline::float_samples(&graph, calib, timesteps));
        let choice = PruneChoice { criterion: criterion(arguments), amount: amount.clone() };
        pruned = Some(prune(&mut smaller, &samples, timesteps, &choice)?);
        let (last, graph) = step("fewer channels", &smaller, &chosen)?;
        steps.push(last);
        made = graph;
    }
    write_file(&arguments.output, &native::save(&made)?)?;
    let first = &steps[0].price;
    let accuracy = first.float_correct.map(|correct| 100.0 * correct as f64 / first.samples.max(1) as f64);
    let report = Report { float_bytes: float_bytes(&graph), float_accuracy: accuracy, ladder: rungs, steps, pruned };
    if arguments.json {
        print_json(&report)?;
    } else {
        show(&text(&report, calib.as_ref()))?;
        show(&format!("`{}` written\n", arguments.output.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn criterion(arguments: &Compress) -> prune::Criterion {
    match arguments.criterion {
        Criterion::Svs => prune::Criterion::Svs,
        Criterion::L1 => prune::Criterion::WeightL1,
        Criterion::Random => prune::Criterion::Random { seed: arguments.seed },
    }
}

fn goal(arguments: &Compress) -> Option<Goal> {
    arguments.budget.map(Goal::Bytes).or(arguments.max_drop.map(Goal::Drop))
}

fn unreachable_goal(goal: Goal, rungs: &[Rung]) -> InputError {
    let smallest = rungs.iter().map(|rung| rung.price.bytes).min().unwrap_or_default();
    let least = rungs.iter().map(|rung| rung.price.drop()).fold(f64::INFINITY, f64::min);
    let (wanted, reached) = match goal {
        Goal::Bytes(most) => (format!("{most} bytes"), format!("the smallest network has {smallest} bytes")),
        Goal::Drop(most) => (format!("a drop of {most} %"), format!("the least drop is {least:.2} %")),
    };
    InputError::Goal { wanted, reached }
}

/// A choice as the user would write it.
fn described(weights: &WeightChoice) -> String {
    let all = weights.all.iter().map(|encoding| encoding.name().to_owned());
    let ends = weights.ends.iter().map(|encoding| format!("ends={}", encoding.name()));
    let layers = weights.layers.iter().map(|(name, encoding)| format!("{name}={}", encoding.name()));
    all.chain(ends).chain(layers).collect::<Vec<_>>().join(",")
}

/// Bytes of weights and biases, four each.
fn float_bytes(graph: &Graph) -> u64 {
    let numbers = graph.nodes.iter().map(|node| match &node.op {
        Op::Linear(linear) => linear.weight.len() + linear.bias.len(),
        Op::Conv2d(conv) => conv.weight.len() + conv.bias.len(),
        _ => 0,
    });
    4 * numbers.sum::<usize>() as u64
}

fn text(report: &Report, calib: Option<&Dataset>) -> String {
    let mut text = String::new();
    let percent = |x: Option<f64>| x.map_or("-".into(), |x| format!("{x:.2} %"));
    if let Some(calib) = calib
        && !report.ladder.is_empty()
    {
        text += &format!("bits per layer, on the {} calibration samples\n", calib.len);
        text += &format!("{:>10} {:>10} {:>10} {:>12}  widths\n", "bytes", "accuracy", "as float", "distance");
        for rung in &report.ladder {
            let price = &rung.price;
            let widths: Vec<String> = rung.layers.iter().map(|(name, encoding)| format!("{name}={encoding}")).collect();
            let same = 100.0 * price.same_as_float as f64 / price.samples.max(1) as f64;
            let (bytes, accuracy, distance) = (price.bytes, percent(price.accuracy()), price.distance);
            text += &format!("{bytes:>10} {accuracy:>10} {same:>8.2} % {distance:>12.6}  {}\n", widths.join(" "));
        }
        text += "\n";
    }
    let samples = report.steps.first().map_or(0, |step| step.price.samples);
    text += &format!("on the {samples} samples of the data\n");
    text += &format!(
        "{:>10} {:>10} {:>10} {:>10} {:>14}  step\n",
        "bytes", "state", "accuracy", "as float", "synaptic ops"
    );
    let (bytes, accuracy) = (report.float_bytes, percent(report.float_accuracy));
    text += &format!("{bytes:>10} {:>10} {accuracy:>10} {:>10} {:>14}  float\n", "", "", "");
    for step in &report.steps {
        let price = &step.price;
        let same = 100.0 * price.same_as_float as f64 / price.samples.max(1) as f64;
        let (bytes, state, accuracy) = (price.bytes, price.state_bytes, percent(price.accuracy()));
        let operations = price.synaptic_operations;
        text += &format!("{bytes:>10} {state:>10} {accuracy:>10} {same:>8.2} % {operations:>14.0}  {}\n", step.what);
    }
    if let Some(pruned) = &report.pruned {
        text += &format!("\n{pruned}");
    }
    if let Some(last) = report.steps.last() {
        text += "\n";
        text += &size_table(last);
        text += "\n";
        text += &margins(&last.price.layers);
        text += &format!(
            "training with this network's grids could win back at most {:.2} % of the samples\n",
            report.lost().max(0.0)
        );
    }
    text
}

/// Where the bytes of a network are, each by its formula.
fn size_table(step: &StepReport) -> String {
    let mut text =
        format!("{:<24} {:>10} {:>8} {:>8}  formula of the weights' bytes\n", "layer", "encoding", "weights", "tables");
    for layer in &step.sizes {
        let mut tables = layer.table_bytes.to_string();
        for stored in &layer.projections {
            let (name, encoding, bytes) = (&layer.name, &stored.encoding, stored.bytes);
            text += &format!("{name:<24} {encoding:>10} {bytes:>8} {tables:>8}  {}\n", stored.formula);
            tables = String::new(); // once a layer
        }
    }
    let counted: u64 = step.sizes.iter().flat_map(|layer| &layer.projections).map(|stored| stored.counted_bits).sum();
    text + &format!("{} bytes; papers count the bits of the weights alone: {}\n", step.price.bytes, counted.div_ceil(8))
}

/// Spikes that differ, and how close membranes come to thresholds.
fn margins(layers: &[LayerPrice]) -> String {
    let mut text = format!("{:<24} {:>8} {:>9}  membranes within", "layer", "rate", "flipped");
    for end in MARGINS {
        text += &format!(" {:>7}", format!("{} %", 100.0 * end));
    }
    text += " of the threshold\n";
    for layer in layers {
        text +=
            &format!("{:<24} {:>6.2} % {:>7.3} %  {:>16}", layer.name, 100.0 * layer.rate, 100.0 * layer.flipped, "");
        let mut within = 0.0;
        for part in layer.margins.iter().take(MARGINS.len()) {
            within += part;
            text += &format!(" {:>5.2} %", 100.0 * within);
        }
        text += "\n";
    }
    text
}
