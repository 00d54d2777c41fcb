//! The algebra of one element's state: polynomials over signals and spikes with constant coefficients.
//!
//! A spike is 0 or 1, so its square is itself. The normal form is unique: two ways of writing an update are the same
//! update if and only if their polynomials are equal.

use std::collections::BTreeMap;

use super::net::ValueId;
use super::tensor::Tensor;

/// Terms beyond which a polynomial is given up.
const MAX_TERMS: usize = 8192;

/// A constant factor: the same for all elements, or one per channel (axis 1; axis 0 of a vector).
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Coef {
    /// One for all.
    All(f64),
    /// One per channel.
    Each(Vec<f64>),
}

impl Coef {
    /// A constant within a signal of shape `dims`, unless it differs within a channel.
    pub fn of_constant(tensor: &Tensor, dims: &[usize]) -> Option<Self> {
        let count = tensor.len();
        if count == 0 || tensor.dims.len() > dims.len() {
            return None;
        }
        let first = tensor.get(0);
        if (1..count).all(|i| tensor.get(i) == first) {
            return Some(Coef::All(first));
        }
        let axis = usize::from(dims.len() > 1);
        // The tensor's own axis that lies on the channel axis, counted from the end.
        let own = (axis + tensor.dims.len()).checked_sub(dims.len())?;
        let channels = *tensor.dims.get(own)?;
        let inner: usize = tensor.dims[own + 1..].iter().product();
        let values: Vec<f64> = (0..channels).map(|c| tensor.get(c * inner)).collect();
        let uniform = (0..count).all(|i| tensor.get(i) == values[i / inner % channels]);
        (uniform && channels == dims[axis]).then_some(Coef::Each(values))
    }

    /// One value per channel.
    pub fn expanded(&self, channels: usize) -> Vec<f64> {
        match self {
            Coef::All(v) => vec![*v; channels],
            Coef::Each(v) => v.clone(),
        }
    }

    /// As `f32`: one, or one per channel.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Coef::All(v) => vec![*v as f32],
            Coef::Each(v) => v.iter().map(|&v| v as f32).collect(),
        }
    }

    /// Whether every value is so.
    pub fn all(&self, f: impl Fn(f64) -> bool) -> bool {
        match self {
            Coef::All(v) => f(*v),
            Coef::Each(v) => v.iter().all(|&v| f(v)),
        }
    }

    /// Whether every value is `value`.
    pub fn is(&self, value: f64) -> bool {
        self.all(|v| v == value)
    }

    /// Value by value.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        match self {
            Coef::All(v) => Coef::All(f(*v)),
            Coef::Each(v) => Coef::Each(v.iter().map(|&v| f(v)).collect()).collapsed(),
        }
    }

    /// Value by value of both; `None` if they have different numbers of channels.
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Option<Self> {
        Some(match (self, other) {
            (Coef::All(a), Coef::All(b)) => Coef::All(f(*a, *b)),
            (Coef::All(a), Coef::Each(b)) => Coef::Each(b.iter().map(|&b| f(*a, b)).collect()).collapsed(),
            (Coef::Each(a), Coef::All(b)) => Coef::Each(a.iter().map(|&a| f(a, *b)).collect()).collapsed(),
            (Coef::Each(a), Coef::Each(b)) if a.len() == b.len() => {
                Coef::Each(a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()).collapsed()
            }
            (Coef::Each(_), Coef::Each(_)) => return None,
        })
    }

    /// Whether both are the same but for rounding of a few `f64` operations.
    pub fn is_near(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        self.zip(other, |a, b| f64::from(u8::from(near(a, b)))).is_some_and(|same| same.is(1.0))
    }

    /// Equal values are written as one: the normal form.
    fn collapsed(self) -> Self {
        match &self {
            Coef::Each(v) if v.iter().all(|&x| x == v[0]) => Coef::All(v.first().copied().unwrap_or(0.0)),
            _ => self,
        }
    }

    /// The largest magnitude.
    pub fn magnitude(&self) -> f64 {
        match self {
            Coef::All(v) => v.abs(),
            Coef::Each(v) => v.iter().fold(0.0, |most, v| most.max(v.abs())),
        }
    }

    /// Bits, for keys of equality.
    pub fn key(&self) -> Vec<u64> {
        match self {
            Coef::All(v) => vec![v.to_bits()],
            Coef::Each(v) => v.iter().map(|v| v.to_bits()).collect(),
        }
    }
}

/// What a polynomial is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A signal that is not looked into.
    Value(ValueId),
    /// A spike, 0 or 1: by its number in [`super::signals::Signals::spikes`].
    Spike(usize),
    /// How many spikes there are, 0 or more: by its number in the same list.
    Count(usize),
}

impl Atom {
    /// The number of the spike that it is, once or counted.
    pub fn spike(self) -> Option<usize> {
        match self {
            Atom::Spike(s) | Atom::Count(s) => Some(s),
            Atom::Value(_) => None,
        }
    }
}

/// A product of at most two atoms, in order (a count may be squared, a spike is its own square); none for the constant term.
pub type Mono = [Option<Atom>; 2];

/// The constant term.
pub const ONE: Mono = [None, None];

/// A polynomial.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Poly {
    /// Terms with a coefficient other than 0.
    pub terms: BTreeMap<Mono, Coef>,
}

/// Why an expression has no polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// A product of three, or too many terms.
    Degree,
    /// Divided by a signal.
    Division,
    /// A constant that differs within a channel, or a signal that is repeated along an axis.
    Broadcast,
    /// A comparison of two signals.
    Comparison,
}

impl Poly {
    /// A constant.
    pub fn constant(value: Coef) -> Self {
        let mut poly = Self::default();
        if !value.is(0.0) {
            poly.terms.insert(ONE, value);
        }
        poly
    }

    /// One atom.
    pub fn atom(atom: Atom) -> Self {
        Self { terms: [([Some(atom), None], Coef::All(1.0))].into() }
    }

    /// The constant it is, if it is one.
    pub fn as_constant(&self) -> Option<Coef> {
        match self.terms.len() {
            0 => Some(Coef::All(0.0)),
            1 => self.terms.get(&ONE).cloned(),
            _ => None,
        }
    }

    /// The atoms of its terms; one of a product comes as often as there are products.
    pub fn atoms(&self) -> impl Iterator<Item = Atom> + '_ {
        self.terms.keys().flatten().flatten().copied()
    }

    /// The atom and the factor that it is a multiple of, if it is one.
    pub fn as_multiple(&self) -> Option<(Atom, &Coef)> {
        let mut terms = self.terms.iter();
        match (terms.next(), terms.next()) {
            (Some(([Some(atom), None], factor)), None) => Some((*atom, factor)),
            _ => None,
        }
    }

    /// The polynomial with `value` in place of the atom `from`.
    ///
    /// # Errors
    /// [`Beyond`].
    pub fn substituted(&self, from: Atom, value: &Poly) -> Result<Self, Beyond> {
        let mut result = Self::default();
        for (mono, coef) in &self.terms {
            let mut term = Self::constant(coef.clone());
            for &atom in mono.iter().flatten() {
                term = match atom == from {
                    true => term.times(value)?,
                    false => term.times(&Self::atom(atom))?,
                };
            }
            result = result.plus(&term, 1.0)?;
        }
        Ok(result)
    }

    /// The parts of `self = rest + atom * factor`, where `factor` is without it.
    pub fn split(&self, atom: Atom) -> (Self, Self) {
        let (mut rest, mut factor) = (Self::default(), Self::default());
        for (mono, coef) in &self.terms {
            let left = match *mono {
                [Some(a), other] if a == atom => [other, None],
                [a, Some(b)] if b == atom => [a, None],
                _ => {
                    rest.terms.insert(*mono, coef.clone());
                    continue;
                }
            };
            factor.terms.insert(left, coef.clone());
        }
        (rest, factor)
    }

    /// `self` with every coefficient multiplied.
    pub fn scaled(&self, factor: f64) -> Self {
        Self { terms: self.terms.iter().map(|(mono, coef)| (*mono, coef.map(|c| c * factor))).collect() }
    }

    /// Whether both have the same terms with the same coefficients, but for the rounding of constants to `f32`.
    pub fn is_about(&self, other: &Self) -> bool {
        let keys = self.terms.keys().chain(other.terms.keys());
        let largest = self.terms.values().chain(other.terms.values()).map(Coef::magnitude).fold(0.0, f64::max);
        let mut pairs = keys.map(|mono| self.coefficient(mono).zip(&other.coefficient(mono), |a, b| (a - b).abs()));
        pairs.all(|difference| difference.is_some_and(|d| d.magnitude() <= 1e-6 * largest))
    }

    /// The coefficient of a term.
    pub fn coefficient(&self, mono: &Mono) -> Coef {
        self.terms.get(mono).cloned().unwrap_or(Coef::All(0.0))
    }

    /// `self + factor * other`.
    ///
    /// # Errors
    /// [`Beyond`].
    pub fn plus(&self, other: &Self, factor: f64) -> Result<Self, Beyond> {
        let mut sum = self.clone();
        for (mono, coef) in &other.terms {
            sum.add(*mono, &coef.map(|c| factor * c))?;
        }
        match sum.terms.len() <= MAX_TERMS {
            true => Ok(sum),
            false => Err(Beyond::Degree),
        }
    }

    fn add(&mut self, mono: Mono, coef: &Coef) -> Result<(), Beyond> {
        let total = self.coefficient(&mono).zip(coef, |a, b| a + b).ok_or(Beyond::Broadcast)?;
        match total.is(0.0) {
            true => self.terms.remove(&mono),
            false => self.terms.insert(mono, total),
        };
        Ok(())
    }

    /// `self * other`.
    ///
    /// # Errors
    /// [`Beyond`].
    pub fn times(&self, other: &Self) -> Result<Self, Beyond> {
        if self.terms.len().saturating_mul(other.terms.len()) > MAX_TERMS {
            return Err(Beyond::Degree);
        }
        let mut product = Self::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                let coef = x.zip(y, |x, y| x * y).ok_or(Beyond::Broadcast)?;
                product.add(multiplied(*a, *b)?, &coef)?;
            }
        }
        Ok(product)
    }

    /// `self / other`, by a constant.
    ///
    /// # Errors
    /// [`Beyond`].
    pub fn over(&self, other: &Self) -> Result<Self, Beyond> {
        let divisor = other.as_constant().filter(|c| c.all(|v| v != 0.0)).ok_or(Beyond::Division)?;
        let mut quotient = Self::default();
        for (mono, coef) in &self.terms {
            quotient.add(*mono, &coef.zip(&divisor, |a, b| a / b).ok_or(Beyond::Broadcast)?)?;
        }
        Ok(quotient)
    }
}

/// The product of two products: a spike times itself is itself.
fn multiplied(a: Mono, b: Mono) -> Result<Mono, Beyond> {
    let mut atoms: Vec<Atom> = a.into_iter().chain(b).flatten().collect();
    atoms.sort_unstable();
    atoms.dedup_by(|a, b| a == b && matches!(a, Atom::Spike(_)));
    match atoms[..] {
        [] => Ok(ONE),
        [a] => Ok([Some(a), None]),
        [a, b] => Ok([Some(a), Some(b)]),
        _ => Err(Beyond::Degree),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(atom: Atom) -> Poly {
        Poly::atom(atom)
    }

    #[test]
    fn two_ways_of_a_hard_reset_are_one_polynomial() {
        let (v, s) = (atom(Atom::Value(1)), atom(Atom::Spike(0)));
        let one = Poly::constant(Coef::All(1.0));
        let masked = one.plus(&s, -1.0).and_then(|kept| kept.times(&v)).expect("of degree 2");
        let subtracted = v.plus(&s.times(&v).expect("of degree 2"), -1.0).expect("of degree 2");
        assert_eq!(masked, subtracted);
        assert_eq!(s.times(&s), Ok(s.clone()), "a spike is 0 or 1");
        assert_eq!(v.times(&v).and_then(|vv| vv.times(&s)), Err(Beyond::Degree));
    }

    #[test]
    fn terms_that_cancel_are_gone() {
        let v = atom(Atom::Value(1));
        assert_eq!(v.plus(&v, -1.0), Ok(Poly::default()));
        assert_eq!(v.over(&Poly::default()), Err(Beyond::Division));
    }

    #[test]
    fn a_constant_is_one_number_or_one_per_channel() {
        let per_channel = Tensor { dims: vec![3, 1, 1], data: super::super::tensor::Data::F32([1., 2., 3.].into()) };
        assert_eq!(Coef::of_constant(&per_channel, &[1, 3, 4, 4]), Some(Coef::Each(vec![1.0, 2.0, 3.0])));
        assert_eq!(Coef::of_constant(&per_channel, &[1, 4, 3, 1]), None, "it differs along the rows");
        let zeros = Tensor::from_f64(super::super::tensor::Kind::F32, vec![1, 3], [0.0; 3].into_iter());
        assert_eq!(Coef::of_constant(&zeros, &[1, 3]), Some(Coef::All(0.0)));
    }
}
