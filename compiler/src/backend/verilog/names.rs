//! Names of nodes to identifiers: the one table.

use std::collections::HashSet;

/// Words that no identifier may be: Verilog-2005's, and SystemVerilog's that tools reserve as well.
const RESERVED: &str = "always and assign automatic begin bit buf bufif0 bufif1 byte case casex casez cell checker class \
    cmos config const context cover default deassign defparam design disable do edge else end endcase endconfig \
    endfunction endgenerate endmodule endprimitive endspecify endtable endtask enum event export extern final first \
    for force forever fork function generate genvar global highz0 highz1 if iff ifnone import incdir include initial \
    inout input inside instance int integer interface join large let liblist library local localparam logic longint \
    macromodule medium module nand negedge new nmos nor noshowcancelled not notif0 notif1 null or output package \
    packed parameter pmos posedge primitive priority program property protected pull0 pull1 pulldown pullup \
    pulsestyle_ondetect pulsestyle_onevent pure rand rcmos real realtime ref reg release repeat return rnmos rpmos \
    rtran rtranif0 rtranif1 scalared sequence shortint shortreal showcancelled signed small specify specparam static \
    string strong0 strong1 struct super supply0 supply1 table tagged task this time timeprecision timeunit tran \
    tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unsigned use uwire var vectored \
    virtual void wait wand weak0 weak1 while wildcard wire with within wor xnor xor";

/// Characters of a name that are kept.
const LONGEST: usize = 40;

/// Legal, unique identifiers without two underscores in a row, so that a prefix and a suffix joined by two stay unique.
#[derive(Debug, Default)]
pub struct Identifiers {
    taken: HashSet<String>,
}

impl Identifiers {
    /// An identifier for a name of any text.
    pub fn add(&mut self, name: &str) -> String {
        let mut id = String::new();
        for c in name.chars().take(LONGEST) {
            match c.is_ascii_alphanumeric() {
                true => id.push(c.to_ascii_lowercase()),
                false if id.is_empty() || id.ends_with('_') => {}
                false => id.push('_'),
            }
        }
        let id = id.trim_end_matches('_');
        let id = match id.starts_with(|c: char| c.is_ascii_alphabetic()) {
            true => id.to_string(),
            false => format!("n{id}"),
        };
        let reserved = RESERVED.split_whitespace().any(|word| word == id) || id.starts_with("snn_");
        let id = if reserved { format!("{}_net", id.replace("snn_", "")) } else { id };
        let free = (1..).map(|n| if n == 1 { id.clone() } else { format!("{id}_{n}") });
        let id = free.into_iter().find(|id| !self.taken.contains(id)).expect("there are enough numbers");
        self.taken.insert(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_a_legal_identifier_of_its_own() {
        let names = ["/layer.1/Conv", "/layer_1/conv", "", "reg", "1", "módulo", "snn_lanes", "a__b_", "reg_net"];
        let mut ids = Identifiers::default();
        let found: Vec<String> = names.iter().map(|name| ids.add(name)).collect();
        let expected =
            ["layer_1_conv", "layer_1_conv_2", "n", "reg_net", "n1", "m_dulo", "lanes_net", "a_b", "reg_net_2"];
        assert_eq!(found, expected);
    }
}
