//! From scores to the most probable classes.

use std::fmt;

/// A class with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Index in the model's output.
    pub class: usize,
    /// From 0 to 1.
    pub probability: f64,
}

impl fmt::Display for Ranked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:.2}%", self.class, self.probability * 100.0)
    }
}

/// Probabilities that sum to 1, in double precision so that the sum's rounding never shows.
pub fn softmax(scores: &[f32]) -> Result<Vec<f64>, String> {
    if let Some(score) = scores.iter().find(|score| !score.is_finite()) {
        return Err(format!("the model gave a score of {score}"));
    }
    // The highest exponent is 0, so that none overflows.
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = scores.iter().map(|&score| (f64::from(score) - f64::from(highest)).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    Ok(exponentials.iter().map(|value| value / sum).collect())
}

/// The `most` most probable classes, the lower index first among equals.
#[must_use]
pub fn top(probabilities: &[f64], most: usize) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> =
        probabilities.iter().enumerate().map(|(class, &probability)| Ranked { class, probability }).collect();
    ranked.sort_by(|one, other| other.probability.total_cmp(&one.probability));
    ranked.truncate(most);
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_of_logarithms() {
        let probabilities = softmax(&[1f32.ln(), 2f32.ln(), 5f32.ln()]).unwrap();
        for (got, want) in probabilities.iter().zip([0.125, 0.25, 0.625]) {
            assert!((got - want).abs() < 1e-7, "{got} instead of {want}");
        }
    }

    #[test]
    fn large_scores_do_not_overflow() {
        assert_eq!(softmax(&[3e38, -3e38]).unwrap(), [1.0, 0.0]);
    }

    #[test]
    fn a_score_that_is_no_number_is_refused() {
        assert_eq!(softmax(&[0.0, f32::NAN]).unwrap_err(), "the model gave a score of NaN");
    }

    #[test]
    fn top_is_ordered_and_cut() {
        let classes: Vec<usize> = top(&[0.1, 0.4, 0.1, 0.4], 3).iter().map(|ranked| ranked.class).collect();
        assert_eq!(classes, [1, 3, 0]);
    }

    #[test]
    fn percent_with_two_digits() {
        assert_eq!(Ranked { class: 7, probability: 0.998_14 }.to_string(), "7 99.81%");
    }
}
