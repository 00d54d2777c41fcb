//! The lanes of a layer's engines, and the turns of several.

use super::front::{copy_id, item};
use super::memory;
use super::netlist::{Section, Stream, numbers};
use super::size::{Front, Layer, Sums};
use super::tail::Tail;

/// A fixed module, and the parameters that all engines of a layer have in common.
struct Lanes {
    module: &'static str,
    parameters: Vec<(&'static str, String)>,
}

impl Tail<'_, '_> {
    /// The layer's sums; of several engines one after the other.
    pub(super) fn sums(&mut self) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let lanes = self.lanes();
        let each: Vec<(String, Stream)> = (0..layer.copies)
            .map(|copy| {
                let id = copy_id(layer, id, copy);
                let stream = self.section.stream(&id, "sum", layer.group, layer.sum_bits);
                lanes.stand_in(self.section, layer, &id, &stream);
                (id, stream)
            })
            .collect();
        if let [(_, alone)] = &each[..] {
            return alone.clone();
        }
        let stream = self.section.stream(id, "sum", layer.group, layer.sum_bits);
        let turn = self.section.wire(layer.copies, format!("{id}__turn"));
        // the first one in the lowest bits
        let all = |wire: &dyn Fn(&(String, Stream)) -> String| {
            let wires: Vec<String> = each.iter().rev().map(wire).collect();
            format!("{{{}}}", wires.join(", "))
        };
        let ports = vec![
            ("ends", all(&|(id, _)| format!("{id}__ends"))),
            ("turn", turn),
            ("i_valid", all(&|(_, stream)| stream.valid.clone())),
            ("i_sums", all(&|(_, stream)| stream.data.clone())),
            ("i_tag", all(&|(_, stream)| stream.tag.clone())),
            ("o_valid", stream.valid.clone()),
            ("o_sums", stream.data.clone()),
            ("o_tag", stream.tag.clone()),
        ];
        let parameters = numbers(&[
            ("ENGINES", layer.copies),
            ("INTERVAL", layer.interval),
            ("WIDTH", layer.group * layer.sum_bits),
        ]);
        self.section.instance("snn_turns", format!("u_{id}__turns"), parameters, ports);
        stream
    }

    /// The lanes that the layer has, and the file of their weights.
    fn lanes(&mut self) -> Lanes {
        let layer = self.layer;
        let mut parameters = numbers(&[
            ("ROWS", layer.rows),
            ("ROW_BITS", layer.row_bits()),
            ("LANES", layer.lanes),
            ("SUM_BITS", layer.sum_bits),
            ("GROUP", layer.group),
        ]);
        if let (Some(codewords), Front::Window(window)) = (layer.codewords, &layer.front) {
            let taps = window.kernel[0] * window.kernel[1];
            parameters.extend(numbers(&[("INDEX_BITS", layer.weight_bits), ("TAPS", taps)]));
            parameters.push(("CODEWORDS", memory::constant(codewords, taps)));
            parameters.push(("INDICES", self.file("indices", memory::indices(layer, window))));
            return Lanes { module: "snn_codebook", parameters };
        }
        parameters.extend(numbers(&[("SUBTRACTS", usize::from(layer.subtracts())), ("PLANES", layer.steps())]));
        let slots = ("SLOTS", layer.slots);
        let weight_bits = ("WEIGHT_BITS", layer.weight_bits);
        let digit_bits = ("DIGIT_BITS", if layer.digits().is_some() { 2 } else { 1 });
        let persists = ("PERSISTS", usize::from(layer.takes_changes()));
        let (module, own, weights) = match (layer.sums, &layer.front) {
            (Sums::Popcount, Front::Window(window)) => {
                ("snn_popcount", vec![("BITS", window.chunk), persists], memory::columns(layer, window))
            }
            (sums, front) => {
                let (channels, weights) = match (sums, front) {
                    (Sums::Depthwise { multiple }, Front::Window(window)) => {
                        (layer.lanes / multiple, memory::columns(layer, window))
                    }
                    _ => (1, memory::weights(layer)),
                };
                let odd = ("ODD", usize::from(layer.odd));
                let own = vec![slots, ("CHANNELS", channels), weight_bits, odd, digit_bits, persists];
                ("snn_lanes", own, weights)
            }
        };
        parameters.extend(numbers(&own));
        parameters.push(("WEIGHTS", self.file("weights", weights)));
        Lanes { module, parameters }
    }
}

impl Lanes {
    /// Puts them behind the items with the prefix `id`.
    fn stand_in(&self, section: &mut Section, layer: &Layer<'_>, id: &str, stream: &Stream) {
        let items = item(layer).iter().map(|(field, _, port)| (*port, format!("{id}__item_{field}")));
        let mut ports: Vec<(&'static str, String)> = items.collect();
        ports.extend([
            ("o_valid", stream.valid.clone()),
            ("o_sums", stream.data.clone()),
            ("o_tag", stream.tag.clone()),
        ]);
        if layer.sums == Sums::Popcount {
            section.statements.push(format!("wire {id}__unused_twice = &{{1'b0, {id}__item_twice}};"));
            ports.retain(|(port, _)| *port != "i_twice");
        }
        section.instance(self.module, format!("u_{id}__lanes"), self.parameters.clone(), ports);
    }
}
