//! Which edges close a cycle, and in which order the nodes run.
//!
//! NIR says nothing of discrete time; an edge that closes a cycle takes the value of the timestep before (as nirtorch and
//! the NIR paper's recurrent networks do). Which edge that is: the one that leads back in a depth-first walk from the
//! input. From there the delay moves up to the spikes that the cycle starts from, as the frameworks have it: a recurrent
//! layer with a bias adds it at the first timestep too.

/// An edge of the graph that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The node that gives.
    pub from: usize,
    /// The node that takes.
    pub to: usize,
    /// Timesteps between giving and taking.
    pub delay: u32,
}

/// An order of the nodes that the input reaches.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// For shapes: every node after one that feeds it.
    pub walk: Vec<usize>,
    /// For running: every node after all that feed it without a delay.
    pub run: Vec<usize>,
}

/// Delays the edges of `edges` that close a cycle, and orders the nodes that `input` reaches. `stateful` says which nodes
/// a delay does not move past: the neurons and the input.
///
/// # Errors
/// A node of a cycle without any stateful node.
pub fn order(nodes: usize, input: usize, edges: &mut [Edge], stateful: &[bool]) -> Result<Order, usize> {
    let walk = walk(nodes, input, edges);
    let mut position = vec![usize::MAX; nodes];
    walk.iter().enumerate().for_each(|(at, &node)| position[node] = at);
    let reached = |edge: &Edge| position[edge.from] != usize::MAX;
    if let Some(node) = cycle_without(edges.iter().filter(|e| reached(e)), &walk, stateful) {
        return Err(node);
    }
    let mut closing: Vec<usize> = Vec::new();
    for (index, edge) in edges.iter_mut().enumerate() {
        if position[edge.from] != usize::MAX && edge.delay == 0 && position[edge.from] >= position[edge.to] {
            edge.delay = 1;
            closing.push(index);
        }
    }
    let (mut into, mut out) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for (index, edge) in edges.iter().enumerate() {
        out[edge.from].push(index);
        into[edge.to].push(index);
    }
    // every step moves a delay one node up; at the neurons it ends, and every cycle has one
    while let Some(index) = closing.pop() {
        let node = edges[index].from;
        if stateful[node] || out[node].iter().any(|&e| edges[e].delay == 0) {
            continue;
        }
        out[node].iter().for_each(|&e| edges[e].delay -= 1);
        into[node].iter().for_each(|&e| edges[e].delay += 1);
        closing.extend(&into[node]);
    }
    let run = run(&walk, edges, nodes);
    Ok(Order { walk, run })
}

/// The nodes that `input` reaches, each before the nodes it leads to unless that edge closes a cycle: the reverse of the
/// order in which a depth-first walk leaves them.
fn walk(nodes: usize, input: usize, edges: &[Edge]) -> Vec<usize> {
    let mut next = vec![Vec::new(); nodes];
    for edge in edges {
        next[edge.from].push(edge.to);
    }
    let mut entered = vec![false; nodes];
    let mut left = Vec::new();
    let mut open = vec![(input, 0)];
    entered[input] = true;
    while let Some((node, tried)) = open.last_mut() {
        match next[*node].get(*tried) {
            Some(&to) => {
                *tried += 1;
                if !std::mem::replace(&mut entered[to], true) {
                    open.push((to, 0));
                }
            }
            None => {
                left.push(*node);
                open.pop();
            }
        }
    }
    left.reverse();
    left
}

/// A node of a cycle that no stateful node is part of.
fn cycle_without<'e>(edges: impl Iterator<Item = &'e Edge>, walk: &[usize], stateful: &[bool]) -> Option<usize> {
    let between = edges.filter(|e| !stateful[e.from] && !stateful[e.to]);
    let stateless: Vec<Edge> = between.map(|e| Edge { delay: 0, ..*e }).collect();
    let ordered = run(walk, &stateless, stateful.len());
    let mut placed = vec![false; stateful.len()];
    ordered.iter().for_each(|&node| placed[node] = true);
    walk.iter().copied().find(|&node| !placed[node])
}

/// The nodes of `walk`, each after all that feed it without a delay, otherwise in that order; nodes of a cycle and after
/// it are left out.
fn run(walk: &[usize], edges: &[Edge], nodes: usize) -> Vec<usize> {
    let mut position = vec![usize::MAX; nodes];
    walk.iter().enumerate().for_each(|(at, &node)| position[node] = at);
    let mut waits = vec![0usize; nodes];
    let mut next = vec![Vec::new(); nodes];
    for edge in edges.iter().filter(|e| e.delay == 0 && position[e.from] != usize::MAX) {
        waits[edge.to] += 1;
        next[edge.from].push(edge.to);
    }
    let mut ready: std::collections::BTreeSet<usize> =
        walk.iter().filter(|&&node| waits[node] == 0).map(|&node| position[node]).collect();
    let mut ordered = Vec::with_capacity(walk.len());
    while let Some(at) = ready.pop_first() {
        let node = walk[at];
        ordered.push(node);
        for &to in &next[node] {
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.insert(position[to]);
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(usize, usize)]) -> Vec<Edge> {
        pairs.iter().map(|&(from, to)| Edge { from, to, delay: 0 }).collect()
    }

    fn delayed(edges: &[Edge]) -> Vec<(usize, usize, u32)> {
        edges.iter().filter(|e| e.delay > 0).map(|e| (e.from, e.to, e.delay)).collect()
    }

    #[test]
    fn a_recurrent_layer_takes_the_spikes_of_the_timestep_before() {
        // 0 input, 1 synapses, 2 neurons, 3 recurrent synapses, 4 output
        let mut edges = edges(&[(0, 1), (1, 2), (3, 2), (2, 3), (2, 4)]);
        let order = order(5, 0, &mut edges, &[true, false, true, false, false]).expect("a neuron in the cycle");
        assert_eq!(delayed(&edges), [(2, 3, 1)]);
        let at = |node| order.run.iter().position(|&n| n == node);
        assert!(at(3) < at(2) && at(2) < at(4), "{order:?}");
    }

    #[test]
    fn a_delay_moves_up_a_chain_of_layers_without_state() {
        // 0 input, 1 neurons, 2 and 3 synapses in a row, back to 1
        let mut edges = edges(&[(0, 1), (1, 2), (2, 3), (3, 1)]);
        order(4, 0, &mut edges, &[true, true, false, false]).expect("a neuron in the cycle");
        assert_eq!(delayed(&edges), [(1, 2, 1)]);
    }

    #[test]
    fn a_layer_that_also_leads_forward_keeps_its_time() {
        // 2 leads back to 1 and on to 3
        let mut edges = edges(&[(0, 1), (1, 2), (2, 1), (2, 3)]);
        order(4, 0, &mut edges, &[true, true, false, false]).expect("a neuron in the cycle");
        assert_eq!(delayed(&edges), [(2, 1, 1)]);
    }

    #[test]
    fn feedback_between_two_layers_delays_the_way_back() {
        let mut edges = edges(&[(0, 1), (1, 2), (2, 1)]);
        order(3, 0, &mut edges, &[true; 3]).expect("neurons in the cycle");
        assert_eq!(delayed(&edges), [(2, 1, 1)]);
    }

    #[test]
    fn neurons_that_feed_themselves_take_their_last_spikes() {
        let mut edges = edges(&[(0, 1), (1, 1)]);
        order(2, 0, &mut edges, &[true; 2]).expect("a neuron in the cycle");
        assert_eq!(delayed(&edges), [(1, 1, 1)]);
    }

    #[test]
    fn a_cycle_without_neurons_is_found() {
        let mut edges = edges(&[(0, 1), (1, 2), (2, 1)]);
        assert_eq!(order(3, 0, &mut edges, &[true, false, false]), Err(1));
    }

    #[test]
    fn a_delay_in_a_cycle_is_delay_enough() {
        let mut edges = edges(&[(0, 1), (1, 2), (2, 1)]);
        edges[2].delay = 3;
        order(3, 0, &mut edges, &[true, true, false]).expect("a neuron in the cycle");
        assert_eq!(delayed(&edges), [(2, 1, 3)]);
    }
}
