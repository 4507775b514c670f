// SPDX-License-Identifier: GPL-2.0-or-later
//! Order statistics of figures, and the rule for outliers.

/// Figures of a group, sorted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sorted(Vec<f64>);

impl Sorted {
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> =
            figures.into_iter().filter(|figure| figure.is_finite()).collect();
        figures.sort_by(f64::total_cmp);
        (!figures.is_empty()).then_some(Self(figures))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn low(&self) -> f64 {
        self.quantile(0.0)
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub(crate) fn high(&self) -> f64 {
        self.quantile(1.0)
    }

    /// Linear between neighbours (Hyndman and Fan 1996, type 7).
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let at = part * (self.0.len() - 1) as f64;
        let (below, above) = (self.0[at.floor() as usize], self.0[at.ceil() as usize]);
        below + (above - below) * at.fract()
    }

    /// Tukey's outer fences (Tukey 1977): beyond them a figure is far out.
    pub(crate) fn fences(&self) -> (f64, f64) {
        let (first, third) = (self.quantile(0.25), self.quantile(0.75));
        let reach = FENCE * (third - first);
        (first - reach, third + reach)
    }
}

/// Distance of the outer fences from the quartiles, in interquartile ranges.
pub(crate) const FENCE: f64 = 3.0;
/// Fewer figures have no meaningful quartiles.
pub(crate) const FEWEST: usize = 8;

/// Spearman's rank correlation of pairs, and its distance from 0 in standard errors (correlation times sqrt(n - 1)).
pub(crate) fn rank_correlation(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    if pairs.len() < FEWEST {
        return None;
    }
    let ranks = |of: fn(&(f64, f64)) -> f64| ranks(&pairs.iter().map(of).collect::<Vec<_>>());
    let (one, other) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    let middle = (pairs.len() + 1) as f64 / 2.0;
    let sum = |f: &dyn Fn(usize) -> f64| (0..pairs.len()).map(f).sum::<f64>();
    let both = sum(&|at| (one[at] - middle) * (other[at] - middle));
    let size = sum(&|at| (one[at] - middle).powi(2)) * sum(&|at| (other[at] - middle).powi(2));
    let correlation = both / size.sqrt();
    correlation.is_finite().then(|| (correlation, correlation * ((pairs.len() - 1) as f64).sqrt()))
}

/// Ranks from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let equal =
            order[at..].iter().take_while(|index| values[**index] == values[order[at]]).count();
        for index in &order[at..at + equal] {
            ranks[*index] = at as f64 + (equal + 1) as f64 / 2.0;
        }
        at += equal;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_fences_are_those_of_the_definition() {
        let sorted = Sorted::of([4.0, 1.0, 3.0, f64::NAN, 2.0]).unwrap();
        assert_eq!((sorted.low(), sorted.median(), sorted.high()), (1.0, 2.5, 4.0));
        assert_eq!((sorted.quantile(0.25), sorted.quantile(0.75)), (1.75, 3.25));
        assert_eq!(sorted.fences(), (1.75 - 4.5, 3.25 + 4.5));
        assert_eq!(Sorted::of([]), None);
    }

    #[test]
    fn a_rank_correlation_sees_order_and_not_size() {
        let up: Vec<(f64, f64)> = (0..10).map(|x| (f64::from(x), f64::from(x * x))).collect();
        let (correlation, errors) = rank_correlation(&up).unwrap();
        assert!((correlation - 1.0).abs() < 1e-12 && (errors - 3.0).abs() < 1e-12);
        let down: Vec<(f64, f64)> = up.iter().map(|(x, y)| (*x, -y)).collect();
        assert!((rank_correlation(&down).unwrap().0 + 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&up[..7]), None);
        assert_eq!(rank_correlation(&[(1.0, 2.0); 20]), None, "nothing varies");
        assert_eq!(ranks(&[2.0, 1.0, 2.0]), [2.5, 1.0, 2.5]);
    }
}
