//! How many channels go, and which: those of the lowest scores, between equals the first.

use std::cmp::Ordering;

use super::score::Score;
use super::sets::Sets;
use super::{PruneError, is_layer};
use crate::ir::Graph;

/// How many channels go.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    /// This part of the channels of every layer that can lose some.
    Each(f64),
    /// This part of all the channels that can go, wherever they are worth least in comparison with the mean of their layer.
    Global(f64),
    /// The part of each layer by its name; the others keep theirs. A layer loses its channels together with those that
    /// are tied to it.
    Layers(Vec<(String, f64)>),
}

/// Per set the channels that stay, if some go.
pub(super) fn masks(
    graph: &Graph,
    sets: &Sets,
    scores: &[Vec<Score>],
    amount: &Amount,
) -> Result<Vec<Option<Vec<bool>>>, (usize, PruneError)> {
    let gone = match amount {
        Amount::Each(ratio) => lowest_each(scores, &vec![checked(0, *ratio)?; scores.len()]),
        Amount::Global(ratio) => lowest(scores, checked(0, *ratio)?),
        Amount::Layers(named) => lowest_each(scores, &ratios(graph, sets, named)?),
    };
    let mask = |(scores, gone): (&Vec<Score>, &Vec<usize>)| {
        (!gone.is_empty()).then(|| (0..scores.len()).map(|channel| !gone.contains(&channel)).collect())
    };
    Ok(scores.iter().zip(&gone).map(mask).collect())
}

/// The ratio of each set.
fn ratios(graph: &Graph, sets: &Sets, named: &[(String, f64)]) -> Result<Vec<f64>, (usize, PruneError)> {
    let mut ratios: Vec<Option<(&str, f64)>> = vec![None; sets.sets.len()];
    for (name, ratio) in named {
        let id = graph.nodes.iter().position(|node| node.name == *name && is_layer(&node.op));
        let id = id.ok_or_else(|| (0, PruneError::NoLayer { name: name.clone() }))?;
        let ratio = checked(id, *ratio)?;
        if let Some(why) = &sets.of_node(id).kept {
            return Err((id, PruneError::Kept { why: why.clone() }));
        }
        match &mut ratios[sets.layouts[id].set] {
            Some((other, with)) if *with != ratio => {
                return Err((id, PruneError::Tied { other: (*other).to_owned(), with: *with, ratio }));
            }
            first => *first = Some((name, ratio)),
        }
    }
    Ok(ratios.into_iter().map(|ratio| ratio.map_or(0.0, |(_, ratio)| ratio)).collect())
}

fn checked(node: usize, ratio: f64) -> Result<f64, (usize, PruneError)> {
    if (0.0..=1.0).contains(&ratio) { Ok(ratio) } else { Err((node, PruneError::Ratio { found: ratio })) }
}

/// Part `ratio` of `channels`, to the nearest.
fn part(channels: usize, ratio: f64) -> usize {
    (channels as f64 * ratio).round() as usize
}

fn compare(a: &Score, b: &Score) -> Ordering {
    a.value.total_cmp(&b.value).then(a.tie.total_cmp(&b.tie))
}

/// Of each set a part of its own.
fn lowest_each(scores: &[Vec<Score>], ratios: &[f64]) -> Vec<Vec<usize>> {
    let of_set = |(scores, ratio): (&Vec<Score>, &f64)| {
        let mut channels: Vec<usize> = (0..scores.len()).collect();
        channels.sort_by(|&a, &b| compare(&scores[a], &scores[b]));
        channels.truncate(part(scores.len(), *ratio).min(scores.len().saturating_sub(1)));
        channels
    };
    scores.iter().zip(ratios).map(of_set).collect()
}

/// A part of all sets together.
fn lowest(scores: &[Vec<Score>], ratio: f64) -> Vec<Vec<usize>> {
    let mut channels: Vec<(Score, usize, usize)> = Vec::new();
    for (set, scores) in scores.iter().enumerate() {
        let mean = |f: fn(&Score) -> f64| {
            let mean = scores.iter().map(f).sum::<f64>() / scores.len() as f64;
            if mean > 0.0 { mean } else { 1.0 } // nothing fires at all: all are worth nothing
        };
        let (value, tie) = (mean(|s| s.value), mean(|s| s.tie));
        let compared = |s: &Score| Score { value: s.value / value, tie: s.tie / tie };
        channels.extend(scores.iter().enumerate().map(|(channel, s)| (compared(s), set, channel)));
    }
    channels.sort_by(|a, b| compare(&a.0, &b.0));
    let mut left = part(channels.len(), ratio);
    let mut gone = vec![Vec::new(); scores.len()];
    for (_, set, channel) in channels {
        if left > 0 && gone[set].len() + 1 < scores[set].len() {
            gone[set].push(channel);
            left -= 1;
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Vec<Score> {
        values.iter().map(|&value| Score { value, tie: 0.0 }).collect()
    }

    #[test]
    fn the_lowest_scores_go_and_between_equals_the_lower_tie_and_then_the_first() {
        let mut scores = vec![of(&[3.0, 1.0, 1.0, 2.0, 1.0])];
        assert_eq!(lowest_each(&scores, &[0.4]), [vec![1, 2]]);
        scores[0][1].tie = 5.0;
        assert_eq!(lowest_each(&scores, &[0.4]), [vec![2, 4]]);
    }

    #[test]
    fn a_channel_of_each_layer_stays() {
        let scores = vec![of(&[0.0, 0.0]), of(&[1.0]), of(&[]), of(&[1.0, 2.0, 3.0])];
        let expected = [vec![0], vec![], vec![], vec![0, 1]];
        assert_eq!(lowest_each(&scores, &[1.0; 4]), expected);
        assert_eq!(lowest(&scores, 1.0), expected);
    }

    #[test]
    fn over_the_whole_network_scores_count_by_the_mean_of_their_layer() {
        let scores = vec![of(&[1.0, 100.0, 199.0]), of(&[0.9, 1.0, 1.1])]; // 0.01, 1, 1.99 and 0.9, 1, 1.1
        assert_eq!(lowest(&scores, 2.0 / 6.0), [vec![0], vec![0]]);
        assert_eq!(lowest(&scores, 0.5), [vec![0, 1], vec![0]]);
    }

    #[test]
    fn a_part_of_a_layer_is_rounded_to_the_nearest() {
        assert_eq!([part(12, 0.3), part(10, 0.3), part(3, 0.1), part(0, 1.0)], [4, 3, 0, 0]);
    }
}
