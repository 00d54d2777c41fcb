//! `Loop`, `Scan` and `If`: their subgraphs are run where they stand, a loop once per iteration.
//!
//! A trip count or a condition must be known without the sample. What is carried from iteration to iteration is a value
//! like any other, what is collected is a stack of values: an unrolled network.

use super::{Frame, Importer, Slot, initializers};
use crate::frontend::onnx::invalid;
use crate::frontend::onnx::net::{Def, Net, ValueId};
use crate::frontend::onnx::ops::{Refusal, impossible, unsupported};
use crate::frontend::onnx::proto::{GraphProto, NodeProto};
use crate::frontend::onnx::tensor::Tensor;

/// Graphs within graphs.
const MAX_NESTING: usize = 16;

const UNROLLED: &str =
    "export one timestep of it, with its states as inputs and outputs, or let the exporter unroll the timesteps";

type Slots = Result<Vec<Slot>, Refusal>;

/// Whether `node` has subgraphs that are run.
pub(super) fn knows(node: &NodeProto) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx") && matches!(node.op_type.as_str(), "Loop" | "Scan" | "If")
}

impl<'a> Importer<'a> {
    /// Runs a node with subgraphs.
    ///
    /// # Errors
    /// Iterations or a choice that depend on the sample, or a subgraph that does not fit its node.
    pub(super) fn control(&mut self, node: &'a NodeProto, operands: &[Option<ValueId>]) -> Slots {
        if self.frames.len() > MAX_NESTING {
            return impossible(format!("subgraphs more than {MAX_NESTING} deep"));
        }
        match node.op_type.as_str() {
            "Loop" => self.looped(node, operands),
            "Scan" => self.scan(node, operands),
            _ => self.choice(node, operands),
        }
    }

    fn body(node: &'a NodeProto, name: &str) -> Result<&'a GraphProto, Refusal> {
        match node.attribute.iter().find(|a| a.name == name).and_then(|a| a.g.as_deref()) {
            Some(graph) => Ok(graph),
            None => impossible(format!("{} without its subgraph `{name}`", node.op_type)),
        }
    }

    /// Runs `graph` with `inputs`: what its outputs are.
    fn subgraph(&mut self, graph: &'a GraphProto, inputs: &[ValueId]) -> Slots {
        if graph.input.len() != inputs.len() {
            return impossible(format!("a subgraph of {} inputs that is given {}", graph.input.len(), inputs.len()));
        }
        let slots = graph.input.iter().zip(inputs).map(|(i, &id)| (i.name.as_str(), Slot::Value(id))).collect();
        self.frames.push(Frame { slots, initializers: initializers(graph) });
        let result = self.nodes(graph).and_then(|()| {
            let mut outputs = Vec::with_capacity(graph.output.len());
            for output in &graph.output {
                outputs.push((self.slot(&output.name)?, &output.name));
            }
            Ok(outputs)
        });
        self.frames.pop();
        let known = |(slot, name): (Option<Slot>, &String)| match slot {
            Some(slot) => Ok(slot),
            None => impossible(format!("nothing gives the output `{name}` of its subgraph")),
        };
        result?.into_iter().map(known).collect()
    }

    /// `Loop(trip count, condition, carried ..)`.
    fn looped(&mut self, node: &'a NodeProto, operands: &[Option<ValueId>]) -> Slots {
        let body = Self::body(node, "body")?;
        let constant = |net: &Net, id: ValueId, what: &str| match net.as_constant(id).filter(|t| t.len() == 1) {
            Some(tensor) => Ok(tensor.get(0)),
            None => unsupported(format!("{what} depends on the sample"), UNROLLED),
        };
        let trips = match operands.first().copied().flatten() {
            Some(id) => Some(constant(&self.net, id, "how often it runs")?),
            None => None,
        };
        let mut goes_on = match operands.get(1).copied().flatten() {
            Some(id) => constant(&self.net, id, "whether it runs")? != 0.0,
            None => true,
        };
        let mut carried = values(operands.get(2..).unwrap_or_default())?;
        let Some(collected) = body.output.len().checked_sub(1 + carried.len()) else {
            return impossible(format!(
                "{} values carried, {} outputs of its subgraph",
                carried.len(),
                body.output.len()
            ));
        };
        let mut collected = vec![Vec::new(); collected];
        let mut count = 0usize;
        while goes_on && trips.is_none_or(|trips| (count as f64) < trips) {
            self.iterate().map_err(Refusal::Invalid)?;
            let mut inputs = vec![
                self.net.constant_value(Tensor::ints(&[count as i64]).reshaped(vec![])),
                self.net.constant_value(Tensor::bit(true)),
            ];
            inputs.extend(&carried);
            let results = self.subgraph(body, &inputs)?;
            let Some(results) = all_known(&results) else { return Ok(vec![Slot::Unknown; node.output.len()]) };
            goes_on = constant(&self.net, results[0], "when it ends")? != 0.0;
            let (next, out) = results[1..].split_at(carried.len());
            carried = next.to_vec();
            collected.iter_mut().zip(out).for_each(|(all, &one)| all.push(one));
            count += 1;
        }
        self.trips.push(count);
        for parts in collected {
            carried.push(self.stacked(&parts, 0)?);
        }
        Ok(carried.into_iter().map(Slot::Value).collect())
    }

    /// `Scan(states .., scanned ..)`.
    fn scan(&mut self, node: &'a NodeProto, operands: &[Option<ValueId>]) -> Slots {
        if self.opset < 9 {
            return unsupported(
                "the scan of operator set 8, which has a batch axis",
                "export with operator set 9 or later",
            );
        }
        let body = Self::body(node, "body")?;
        let operands = values(operands)?;
        let int = |name: &str| node.attribute.iter().find(|a| a.name == name).map(|a| a.i);
        let list = |name: &str, i: usize| {
            node.attribute.iter().find(|a| a.name == name).and_then(|a| a.ints.get(i)).copied().unwrap_or(0)
        };
        let scanned = int("num_scan_inputs").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let Some(first) = operands.len().checked_sub(scanned).filter(|_| scanned > 0) else {
            return impossible(format!("{scanned} scanned inputs of {}", operands.len()));
        };
        let (mut states, sequences) = (operands[..first].to_vec(), &operands[first..]);
        let Some(collected) = body.output.len().checked_sub(states.len()) else {
            return impossible(format!("{} states, {} outputs of its subgraph", states.len(), body.output.len()));
        };
        let mut axes = Vec::with_capacity(scanned);
        for (i, &id) in sequences.iter().enumerate() {
            axes.push(crate::frontend::onnx::ops::axis_of(list("scan_input_axes", i), self.net.dims(id).len())?);
        }
        let length = self.net.dims(sequences[0])[axes[0]];
        if sequences.iter().zip(&axes).any(|(&id, &axis)| self.net.dims(id)[axis] != length) {
            return impossible("scanned inputs of different lengths");
        }
        let mut outputs = vec![Vec::with_capacity(length.min(4096)); collected];
        for t in 0..length {
            self.iterate().map_err(Refusal::Invalid)?;
            let mut inputs = states.clone();
            for (i, (&id, &axis)) in sequences.iter().zip(&axes).enumerate() {
                let at = if list("scan_input_directions", i) == 0 { t } else { length - 1 - t };
                inputs.push(self.net.select(id, axis, at));
            }
            let results = self.subgraph(body, &inputs)?;
            let Some(results) = all_known(&results) else { return Ok(vec![Slot::Unknown; node.output.len()]) };
            let (next, out) = results.split_at(states.len());
            states = next.to_vec();
            outputs.iter_mut().zip(out).for_each(|(all, &one)| all.push(one));
        }
        self.trips.push(length);
        for (i, mut parts) in outputs.into_iter().enumerate() {
            if list("scan_output_directions", i) != 0 {
                parts.reverse();
            }
            states.push(self.stacked(&parts, list("scan_output_axes", i))?);
        }
        Ok(states.into_iter().map(Slot::Value).collect())
    }

    /// `If(condition)`.
    fn choice(&mut self, node: &'a NodeProto, operands: &[Option<ValueId>]) -> Slots {
        let condition = values(operands)?.first().and_then(|&id| self.net.as_constant(id)).map(|t| t.get(0));
        match condition {
            Some(condition) => {
                let branch = Self::body(node, if condition != 0.0 { "then_branch" } else { "else_branch" })?;
                self.subgraph(branch, &[])
            }
            None => {
                unsupported("a choice that depends on the sample", "export the model without data-dependent branches")
            }
        }
    }

    /// What a loop has collected: `parts` along a new axis.
    fn stacked(&mut self, parts: &[ValueId], axis: i64) -> Result<ValueId, Refusal> {
        let Some(&first) = parts.first() else {
            return unsupported("a loop that runs zero times and collects values", UNROLLED);
        };
        let from = self.net.dims(first).to_vec();
        let axis = crate::frontend::onnx::ops::axis_of(axis, from.len() + 1)?;
        if parts.iter().any(|&part| self.net.dims(part) != from) || !self.net.is_stackable(parts.len()) {
            let error =
                invalid(format!("{} values of shape {from:?}, or of several, collected", parts.len()), UNROLLED);
            return Err(Refusal::Unsupported(error));
        }
        let mut dims = from;
        dims.insert(axis, 1);
        let parts: Vec<ValueId> = parts.iter().map(|&part| self.net.reshape(part, dims.clone())).collect();
        dims[axis] = parts.len();
        Ok(self.net.value(Def::Concat { parts, axis }, dims))
    }
}

/// Operands, none of them left out.
fn values(operands: &[Option<ValueId>]) -> Result<Vec<ValueId>, Refusal> {
    match operands.iter().copied().collect::<Option<Vec<_>>>() {
        Some(values) => Ok(values),
        None => impossible("an operand is left out"),
    }
}

/// The values of slots, if all are known.
fn all_known(slots: &[Slot]) -> Option<Vec<ValueId>> {
    slots.iter().map(|slot| if let Slot::Value(id) = slot { Some(*id) } else { None }).collect()
}
