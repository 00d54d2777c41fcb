//! Readouts: the timesteps of a sample become one score per element.
use crate::program::Reduce;

impl Reduce {
    /// The score after `timestep` of `timesteps`, from the score before it and the timestep's `value`.
    #[inline]
    #[must_use]
    pub const fn update(self, score: i32, value: i32, timestep: u32, timesteps: u32) -> i32 {
        match self {
            Reduce::Sum => score.wrapping_add(value),
            Reduce::Last => value,
            Reduce::Max if timestep > 0 && score > value => score,
            Reduce::Max => value,
            Reduce::First if timestep == 0 || score == 0 => {
                if value > 0 {
                    timesteps.saturating_sub(timestep) as i32
                } else {
                    0
                }
            }
            Reduce::First => score,
        }
    }
}

/// The prediction: index of the highest score, ties to the lowest index; 0 of no scores.
#[must_use]
pub fn prediction(scores: &[u32]) -> usize {
    let mut best = 0;
    let mut highest = i32::MIN;
    let mut rest = scores;
    // the next one that is higher, if there is one: a loop that may end anywhere stays as small as it is written
    while let Some(ahead) = rest.iter().position(|&score| score as i32 > highest) {
        let (_, from) = rest.split_at(ahead.min(rest.len()));
        let Some((&score, behind)) = from.split_first() else { break };
        best = scores.len() - from.len();
        highest = score as i32;
        rest = behind;
    }
    best
}

/// Whether the prediction stays what it is if every score may still grow by up to `most`.
pub(crate) fn is_ahead(scores: &[u32], most: u32) -> bool {
    let best = prediction(scores);
    let highest = scores.get(best).map_or(0, |&score| i64::from(score as i32));
    scores.iter().enumerate().all(|(i, &score)| {
        let reached = i64::from(score as i32) + i64::from(most);
        i == best || reached < highest || (reached == highest && i > best)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_more_than_the_others_can_reach_and_a_tie_goes_to_the_first() {
        assert!(is_ahead(&[2, 5, 2], 2) && is_ahead(&[2, 5, 3], 2)); // the third would only draw level, behind
        assert!(!is_ahead(&[3, 5, 2], 2)); // the first would draw level, and win
        assert!(is_ahead(&[0, 0], 0) && !is_ahead(&[0, 0], 1));
        assert!(is_ahead(&[7], u32::MAX) && is_ahead(&[], 1));
    }

    fn reduced(reduce: Reduce, values: &[i32]) -> i32 {
        (0..).zip(values).fold(77, |score, (t, &v)| {
            let score = if t == 0 && reduce == Reduce::Sum { 0 } else { score };
            reduce.update(score, v, t, values.len() as u32)
        })
    }

    #[test]
    fn each_reduction_of_a_sample() {
        assert_eq!(reduced(Reduce::Sum, &[1, 0, 1]), 2);
        assert_eq!(reduced(Reduce::Last, &[5, 9, -3]), -3);
        assert_eq!(reduced(Reduce::Max, &[-9, -4, -5]), -4); // whatever stood there before the sample
        assert_eq!(reduced(Reduce::First, &[0, 1, 1]), 2);
        assert_eq!(reduced(Reduce::First, &[0, 0, 0]), 0);
    }

    #[test]
    fn ties_go_to_the_lowest_index() {
        assert_eq!(prediction(&[3, 5, 5, (-1i32) as u32]), 1);
        assert_eq!(prediction(&[(-4i32) as u32, (-3i32) as u32]), 1);
    }
}
