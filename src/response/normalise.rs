//! From stages to factors and one constant: evalresp's checks, and its way to normalise.

use super::coefficients::Ratio;
use super::fir::{Fir, Stored, Taps};
use super::list::{List, Spline};
use super::model::{Factor, ResponseError};
use super::paz::{Domain, Paz};
use super::stage::{Decimation, Kind, Sensitivity, Stage};
use super::units::{Quantity, Unit, per_metre};

/// What evalresp keeps of a stage.
struct Element {
    sequence: i64,
    filter: Option<Factor>,
    /// The frequency for which the factor of poles and zeros is given.
    factor_frequency: Option<f64>,
    gain: Option<Gain>,
}

#[derive(Clone, Copy)]
struct Gain {
    value: f64,
    frequency: f64,
}

pub(super) type Normalised = (Vec<Factor>, f64, i32);

pub(super) fn normalise(
    mut stages: Vec<Stage>,
    sensitivity: Option<Sensitivity>,
    quantity: Quantity,
) -> Result<Normalised, ResponseError> {
    stages.sort_by_key(|stage| stage.sequence);
    let Some(first) = stages.first() else {
        return Err(ResponseError::Empty);
    };
    if stages.windows(2).any(|pair| pair[0].sequence == pair[1].sequence) {
        return Err(ResponseError::Numbering);
    }
    let input = first.input_units.clone();
    check_units(&stages)?;
    check_last(&stages, sensitivity.is_some())?;
    let mut elements = stages.into_iter().map(element).collect::<Result<Vec<_>, _>>()?;
    let gains = gains(&mut elements, sensitivity)?;

    let scale = gains * per_metre(&input);
    let factors = elements.into_iter().filter_map(|element| element.filter).collect();
    let unit = Unit::parse(&input).unwrap_or(Unit::Undefined);
    Ok((factors, scale, quantity.derivatives(unit)))
}

fn refused(stage: i64, why: &'static str) -> ResponseError {
    ResponseError::Refused { stage, why }
}

/// Filters must take what the filter before them gives; stages with a gain alone are passed over.
fn check_units(stages: &[Stage]) -> Result<(), ResponseError> {
    let class = |name: &str| Unit::parse(name).unwrap_or(Unit::Undefined);
    let mut before = None;
    for stage in stages {
        if matches!(stage.kind, Kind::Gain | Kind::Polynomial { .. }) {
            continue;
        }
        if before.is_some_and(|unit| unit != class(&stage.input_units)) {
            return Err(refused(stage.sequence, "its input is not what the stage before gives"));
        }
        // What is numbered 0 is taken for an overall sensitivity.
        before = (stage.sequence != 0).then(|| class(&stage.output_units));
    }
    Ok(())
}

/// Without a sensitivity, a list at the end of a chain is refused beside other stages, and a polynomial
/// there leaves open at which frequency the filters are normalised.
fn check_last(stages: &[Stage], sensitivity: bool) -> Result<(), ResponseError> {
    let [_, .., last] = stages else { return Ok(()) };
    if sensitivity {
        return Ok(());
    }
    let at = last.gain.and(last.gain_frequency).unwrap_or(0.0);
    match last.kind {
        Kind::List { .. } => {
            Err(refused(last.sequence, "a list cannot be mixed with other filters"))
        }
        Kind::Polynomial { .. } if at == 0.0 => {
            let why = "a polynomial without a frequency at the end";
            Err(ResponseError::Uncertain { stage: last.sequence, why })
        }
        _ => Ok(()),
    }
}

/// Sample interval and correction of a stage that has them.
fn timing(stage: &Stage) -> Result<Option<(f64, f64)>, ResponseError> {
    let seconds = |rate: f64| if rate == 0.0 { 0.0 } else { 1.0 / rate };
    match (&stage.kind, stage.decimation) {
        (Kind::Polynomial { .. }, Decimation::None | Decimation::Full { .. }) => Ok(None),
        (_, Decimation::Full { rate, correction }) => Ok(Some((seconds(rate), correction))),
        (Kind::PolesZeros { .. }, Decimation::None) if stage.gain.is_some() => Ok(Some((1.0, 0.0))),
        (Kind::PolesZeros { .. }, Decimation::Partial { rate }) if stage.gain.is_some() => {
            Ok(Some((seconds(rate.unwrap_or(1.0)), 0.0)))
        }
        (_, Decimation::None) => Ok(None),
        (_, Decimation::Partial { .. }) => {
            Err(refused(stage.sequence, "its decimation is given in part"))
        }
    }
}

fn element(stage: Stage) -> Result<Element, ResponseError> {
    let sequence = stage.sequence;
    let refuse = |why| Err(refused(sequence, why));
    let uncertain = |why| ResponseError::Uncertain { stage: sequence, why };
    let timing = timing(&stage)?;
    let mut gain = match (stage.gain, stage.gain_frequency) {
        (Some(value), Some(frequency)) => Some(Gain { value, frequency }),
        _ => None,
    };
    let mut factor_frequency = None;
    let mut is_filter = true;
    let needs_timing = !matches!(
        stage.kind,
        Kind::Gain
            | Kind::Polynomial { .. }
            | Kind::List { .. }
            | Kind::PolesZeros { domain: Domain::Radians | Domain::Hertz, .. }
    );
    if needs_timing && timing.is_none() {
        return refuse("a digital filter has no decimation");
    }
    let (dt, correction) = timing.unwrap_or((0.0, 0.0));
    let fir = |stored, coefficients: &[f64]| -> Result<Option<Factor>, ResponseError> {
        if coefficients.is_empty() {
            return Ok(None);
        }
        Fir::new(stored, coefficients, dt, correction).map(Factor::Fir).map(Some).map_err(uncertain)
    };
    let filter = match stage.kind {
        Kind::Gain => {
            if gain.is_none() {
                return refuse("it has neither a filter nor a gain with a frequency");
            }
            is_filter = false;
            None
        }
        Kind::Polynomial { coefficients } => {
            let slope = match coefficients[..] {
                [_] => 1.0,
                [_, slope] if slope != 0.0 => 1.0 / slope,
                _ => return refuse("a polynomial of other than one or two coefficients"),
            };
            let Gain { value, frequency } = gain.unwrap_or(Gain { value: 1.0, frequency: 0.0 });
            gain = Some(Gain { value: slope * value, frequency });
            is_filter = false;
            None
        }
        Kind::PolesZeros { domain, zeros, poles, factor, frequency } => {
            factor_frequency = Some(frequency);
            let paz = Paz { domain, zeros, poles, factor, dt };
            if paz.is_unity() { None } else { Some(Factor::Paz(paz)) }
        }
        Kind::Coefficients { digital: false, denominator, .. } if denominator.is_empty() => {
            return refuse("analogue coefficients");
        }
        Kind::Coefficients { numerator, denominator, .. } if denominator.is_empty() => {
            fir(Stored::Full, &numerator)?
        }
        Kind::Coefficients { numerator, denominator, .. } => {
            let (numerator, denominator) = (Taps::new(numerator), Taps::new(denominator));
            Some(Factor::Ratio(Ratio { numerator, denominator, dt }))
        }
        Kind::Fir { stored, coefficients } => fir(stored, &coefficients)?,
        Kind::List { frequency, amplitude, phase } => {
            if frequency.len() < 4 || !frequency.is_sorted_by(|a, b| a < b) {
                return refuse("a list needs four frequencies in increasing order");
            }
            let amplitude = Spline::new(&frequency, &amplitude);
            Some(Factor::List(List { amplitude, phase: Spline::new(&frequency, &phase) }))
        }
    };
    if timing.is_some() && !is_filter {
        return refuse("a decimation without a filter");
    }
    if timing.is_some() && gain.is_none() {
        return refuse("a filter without a gain");
    }
    Ok(Element { sequence, filter, factor_frequency, gain })
}

/// The product of all gains, each moved from its own frequency to the common one.
fn gains(elements: &mut [Element], sensitivity: Option<Sensitivity>) -> Result<f64, ResponseError> {
    if sensitivity.is_some_and(|s| s.value == 0.0) {
        return Err(refused(0, "the sensitivity is zero"));
    }
    if let Some(zero) = elements.iter().find(|e| e.gain.is_some_and(|g| g.value == 0.0)) {
        return Err(refused(zero.sequence, "its gain is zero"));
    }
    if let [Element { sequence, gain: gain @ None, .. }] = elements {
        let Some(Sensitivity { value, frequency }) = sensitivity else {
            return Err(refused(*sequence, "neither a gain nor a sensitivity"));
        };
        *gain = Some(Gain { value, frequency });
    }
    let listed = |e: &&Element| matches!(e.filter, Some(Factor::List(_))) && e.gain.is_none();
    if sensitivity.is_none()
        && let Some(list) = elements.iter().find(listed)
    {
        return Err(refused(list.sequence, "a list with neither a gain nor a sensitivity"));
    }
    let frequency = |e: &Element| e.gain.map(|gain| gain.frequency);
    // Without a sensitivity, what is numbered 0 stands for it, or the last stage.
    let zeroth = || elements.first().filter(|e| e.sequence == 0).and_then(frequency);
    let last = || elements.iter().filter_map(frequency).rfind(|&f| f != 0.0).unwrap_or(0.0);
    let common = sensitivity.map(|s| s.frequency).or_else(zeroth).unwrap_or_else(last);
    let mut product = 1.0;
    for element in elements {
        if let Some(gain) = element.gain
            && element.sequence != 0
        {
            product *= element.normalised(gain, common)?;
        }
    }
    Ok(product)
}

impl Element {
    #[allow(clippy::float_cmp)] // evalresp asks for the very same frequency
    /// The gain to be used with this filter, the factor of poles and zeros set accordingly.
    fn normalised(&mut self, gain: Gain, common: f64) -> Result<f64, ResponseError> {
        let elsewhere = gain.frequency != common
            || self.factor_frequency.is_some_and(|frequency| frequency != common);
        if !elsewhere {
            return Ok(gain.value);
        }
        let vanishing = |at: [f64; 2]| {
            if at.iter().all(|&x| x > 0.0) {
                Ok(())
            } else {
                let why = "its gain vanishes at the frequency of normalisation";
                Err(ResponseError::Uncertain { stage: self.sequence, why })
            }
        };
        let at = [common, gain.frequency];
        match &mut self.filter {
            None | Some(Factor::List(_)) => Ok(gain.value),
            Some(Factor::Paz(paz)) => {
                let at = at.map(|f| paz.modulus(f));
                if at.contains(&0.0) {
                    let why = "its gain is zero at the frequency of normalisation";
                    return Err(refused(self.sequence, why));
                }
                vanishing(at)?; // not a number
                paz.factor = 1.0 / at[0];
                Ok(gain.value * at[0] / at[1])
            }
            Some(Factor::Fir(fir)) => {
                let at = at.map(|f| fir.modulus(f));
                vanishing(at)?;
                Ok(gain.value / at[1])
            }
            Some(Factor::Ratio(ratio)) => {
                let at = at.map(|f| ratio.modulus(f));
                vanishing(at)?;
                Ok(gain.value / at[1])
            }
        }
    }
}
