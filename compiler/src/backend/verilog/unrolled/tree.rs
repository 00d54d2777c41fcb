//! Adder trees: each sum of a layer from those of its inputs that spike, its weights in logic.
//!
//! The leaves are tables of a few inputs each, one LUT per bit; pairs of them are added, level by level. A weight of zero
//! is no input of any leaf: it costs nothing.

use askama::Template;

/// Inputs of a leaf: a table of so many is one LUT of AMD's for each bit of its sum, and a few elsewhere.
const LEAF: usize = 6;

/// What one sum is made of: `bias + sum of weight * input`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Input and weight, none of them zero, no input twice.
    pub terms: Vec<(usize, i64)>,
    /// What is added whatever spikes.
    pub bias: i64,
}

/// What a layer's trees are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Weights that are not zero.
    pub weights: usize,
    /// Leaves, and bits of their sums.
    pub leaves: usize,
    /// Bits of the leaves' sums.
    pub leaf_bits: usize,
    /// Adders.
    pub adders: usize,
    /// Bits of the adders' sums.
    pub adder_bits: usize,
    /// Bits of registers.
    pub registers: usize,
}

impl Size {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            weights: self.weights + other.weights,
            leaves: self.leaves + other.leaves,
            leaf_bits: self.leaf_bits + other.leaf_bits,
            adders: self.adders + other.adders,
            adder_bits: self.adder_bits + other.adder_bits,
            registers: self.registers + other.registers,
        }
    }
}

struct Leaf {
    node: usize,
    bits: usize,
    inputs: usize,
    /// Signed, the first input's last.
    weights: String,
    bias: i64,
    /// The first one last.
    spikes: String,
}

/// A sum of two nodes, or a node a clock later.
struct Inner {
    node: usize,
    bits: usize,
    next: String,
}

/// The tree of one sum.
struct Tree {
    leaves: Vec<Leaf>,
    inner: Vec<Inner>,
    /// What the sum is in the end.
    result: String,
    weights: usize,
}

/// The trees of a layer.
pub struct Trees {
    trees: Vec<Tree>,
    /// Bits of each sum, signed.
    pub bits: usize,
    /// Clocks from the inputs to the sums.
    pub clocks: usize,
    /// What they are made of.
    pub size: Size,
    registered: bool,
}

#[derive(Template)]
#[template(path = "unrolled/sums.v")]
struct Module<'a> {
    name: &'a str,
    title: &'a str,
    inputs: usize,
    sums: usize,
    trees: &'a Trees,
}

/// A node while a tree grows: its number, and the least and the most that it can be.
#[derive(Clone, Copy)]
struct Node {
    number: usize,
    range: (i64, i64),
}

impl Node {
    fn bits(&self) -> usize {
        signed_bits(self.range)
    }

    /// Its name, widened to `bits`.
    fn widened(&self, sum: usize, bits: usize) -> String {
        let (name, own) = (format!("n{sum}_{}", self.number), self.bits());
        match bits - own {
            0 => name,
            more => format!("{{{{{more}{{{name}[{}]}}}}, {name}}}", own - 1),
        }
    }
}

/// Bits of a signed number between these two, at least two.
fn signed_bits((least, most): (i64, i64)) -> usize {
    let bits = |n: i64| 65 - (if n < 0 { !n } else { n }).leading_zeros() as usize;
    bits(least).max(bits(most)).max(2)
}

/// A signed number of 32 bits as Verilog writes it.
fn number(n: i64) -> String {
    if n < 0 { format!("-32'sd{}", -n) } else { format!("32'sd{n}") }
}

impl Trees {
    /// The trees of `sums`; `registered`: a register behind every leaf and every adder.
    pub fn new(sums: Vec<Sum>, registered: bool) -> Self {
        let depth = |sum: &Sum| sum.terms.len().div_ceil(LEAF).max(1).next_power_of_two().ilog2() as usize;
        let levels = sums.iter().map(depth).max().unwrap_or(0);
        let range = |sum: &Sum| range(&sum.terms, sum.bias);
        let bits = sums.iter().map(|sum| signed_bits(range(sum))).max().unwrap_or(2);
        let mut size = Size::default();
        let grow = |(index, sum)| grow(index, sum, registered.then_some(levels), bits, &mut size);
        let trees = sums.into_iter().enumerate().map(grow).collect();
        Self { trees, bits, clocks: if registered { levels + 1 } else { 0 }, size, registered }
    }

    /// The module `name` of these trees over so many inputs.
    pub fn module(&self, name: &str, title: &str, inputs: usize) -> String {
        let module = Module { name, title, inputs, sums: self.trees.len(), trees: self };
        module.render().expect("a template without conditions of its own renders") + "\n"
    }
}

/// The least and the most that some terms can be.
fn range(terms: &[(usize, i64)], bias: i64) -> (i64, i64) {
    terms.iter().fold((bias, bias), |(least, most), (_, weight)| (least + weight.min(&0), most + weight.max(&0)))
}

/// The tree of one sum of `width` bits, with registers for so many levels of adders if it has some.
fn grow(index: usize, mut sum: Sum, levels: Option<usize>, width: usize, size: &mut Size) -> Tree {
    // small weights together: narrow leaves
    sum.terms.sort_by_key(|&(input, weight)| (weight.abs(), input));
    let mut tree = Tree { leaves: Vec::new(), inner: Vec::new(), result: String::new(), weights: sum.terms.len() };
    size.weights += sum.terms.len();
    let mut nodes = Vec::new();
    for terms in sum.terms.chunks(LEAF) {
        let bias = if nodes.is_empty() { sum.bias } else { 0 };
        let node = Node { number: nodes.len(), range: range(terms, bias) };
        let listed =
            |text: &dyn Fn(&(usize, i64)) -> String| terms.iter().rev().map(text).collect::<Vec<_>>().join(", ");
        let (weights, spikes) =
            (listed(&|&(_, weight)| number(weight)), listed(&|(input, _)| format!("spikes[{input}]")));
        tree.leaves.push(Leaf { node: node.number, bits: node.bits(), inputs: terms.len(), weights, bias, spikes });
        size.leaves += 1;
        size.leaf_bits += node.bits();
        nodes.push(node);
    }
    if nodes.is_empty() {
        // nothing but a constant
        tree.result = format!("{width}'d{}", sum.bias & ((1 << width) - 1));
        return tree;
    }
    let mut next = nodes.len();
    let mut level = 0;
    while nodes.len() > 1 || levels.is_some_and(|levels| level < levels) {
        let mut above = Vec::new();
        for pair in nodes.chunks(2) {
            let node = match *pair {
                [a, b] => {
                    let node = Node { number: next, range: (a.range.0 + b.range.0, a.range.1 + b.range.1) };
                    let text = format!("{} + {}", a.widened(index, node.bits()), b.widened(index, node.bits()));
                    tree.inner.push(Inner { node: next, bits: node.bits(), next: text });
                    size.adders += 1;
                    size.adder_bits += node.bits();
                    node
                }
                [alone, ..] if levels.is_some() => {
                    let node = Node { number: next, ..alone };
                    tree.inner.push(Inner { node: next, bits: node.bits(), next: alone.widened(index, node.bits()) });
                    node
                }
                [alone, ..] => {
                    above.push(alone);
                    continue;
                }
                [] => continue,
            };
            next += 1;
            above.push(node);
        }
        nodes = above;
        level += 1;
    }
    tree.result = nodes[0].widened(index, width);
    if levels.is_some() {
        size.registers += tree.leaves.iter().map(|leaf| leaf.bits).sum::<usize>();
        size.registers += tree.inner.iter().map(|inner| inner.bits).sum::<usize>();
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_zero_is_in_no_leaf_and_small_ones_are_together() {
        let sum = Sum { terms: vec![(0, 100), (2, -1), (3, 2), (5, -90), (6, 1), (7, 1), (9, -2)], bias: 3 };
        let trees = Trees::new(vec![sum, Sum { terms: vec![], bias: -1 }], true);
        assert_eq!((trees.bits, trees.clocks), (8, 2));
        assert_eq!(trees.size, Size { weights: 7, leaves: 2, leaf_bits: 16, adders: 1, adder_bits: 8, registers: 24 });
        let text = trees.module("net_fc_sums", "fc", 10);
        for line in [
            ".WEIGHTS({-32'sd90, -32'sd2, 32'sd2, 32'sd1, 32'sd1, -32'sd1}), .BIAS(32'sd3)",
            ".spikes({spikes[5], spikes[9], spikes[3], spikes[7], spikes[6], spikes[2]})",
            "always @(posedge clk) n0_2 <= n0_0 + n0_1;",
            "assign sums[15:8] = 8'd255;",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn narrow_nodes_are_widened_with_their_sign_and_wait_for_deep_ones() {
        let few = Sum { terms: vec![(0, 1)], bias: 0 };
        let many = Sum { terms: (0..13).map(|input| (input, -1)).collect(), bias: 0 };
        let text = Trees::new(vec![few, many], true).module("net_fc_sums", "fc", 13);
        for line in [
            "n0_1 <= n0_0;",
            "n0_2 <= n0_1;",
            "n1_3 <= {{1{n1_0[3]}}, n1_0} + {{1{n1_1[3]}}, n1_1};",
            "n1_5 <= n1_3 + {{3{n1_4[1]}}, n1_4};",
            "assign sums[4:0] = {{3{n0_2[1]}}, n0_2};",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn without_a_clock_there_is_no_register() {
        let terms = (0..13).map(|input| (input, 1)).collect();
        let trees = Trees::new(vec![Sum { terms, bias: 0 }], false);
        assert_eq!((trees.clocks, trees.size.registers, trees.size.adders), (0, 0, 2));
        assert!(!trees.module("net_fc_own", "fc", 13).contains("clk)"));
    }
}
