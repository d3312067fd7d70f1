//! The response of a channel.

use crate::io::xml::{Tag, Xml};
use crate::response::{Domain, Kind, Stored};
use crate::{Complex64, Error, Result};

use super::values::{Once, integer, number, real, whole, within};
use super::{Decimation, Response, Sensitivity, Stage};

const KIND: Error = Error::Declined("StationXML with a response stage of an unusual kind");

pub(super) fn response(xml: &mut Xml<'_>) -> Result<Response> {
    let (mut sensitivity, mut series) = (Once::new(), Once::new());
    let mut stages = Vec::new();
    while let Some(tag) = xml.child()? {
        match tag.name {
            "InstrumentSensitivity" => sensitivity.set(overall(xml)?)?,
            "InstrumentPolynomial" => series.set(polynomial(xml, &mut Units::new())?)?,
            "Stage" => stages.push(stage(xml, tag)?),
            _ => xml.skip()?,
        }
    }
    let sensitivity = sensitivity.get();
    borrow_units(&mut stages, sensitivity.as_ref())?;
    Ok(Response { sensitivity, polynomial: series.get(), stages })
}

fn overall(xml: &mut Xml<'_>) -> Result<Sensitivity> {
    let (mut value, mut frequency, mut units) = (Once::new(), Once::new(), Units::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Value" => value.set(number(xml.text()?)?)?,
            "Frequency" => frequency.set(number(xml.text()?)?)?,
            "FrequencyStart" | "FrequencyEnd" | "FrequencyDBVariation" => {
                number(xml.text()?)?;
            }
            _ => units.take_or_skip(xml, tag)?,
        }
    }
    Ok(Sensitivity {
        value: value.get(),
        frequency: frequency.get(),
        input_units: units.input.get().flatten(),
        output_units: units.output.get().flatten(),
    })
}

fn stage(xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<Stage> {
    let number = integer(tag.get("number")?.ok_or(KIND)?)?;
    let mut units = Units::new();
    let (mut filter, mut gain, mut decimation) = (Once::new(), Once::new(), Once::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "PolesZeros" => filter.set(poles_zeros(xml, &mut units)?)?,
            "Coefficients" => filter.set(coefficients(xml, &mut units)?)?,
            "FIR" => filter.set(("", fir(xml, &mut units)?))?,
            "ResponseList" => filter.set(("", list(xml, &mut units)?))?,
            "Polynomial" => {
                let coefficients = polynomial(xml, &mut units)?;
                filter.set(("", Kind::Polynomial { coefficients }))?;
            }
            "Decimation" => decimation.set(self::decimation(xml)?)?,
            "StageGain" => gain.set(self::gain(xml)?)?,
            _ => xml.skip()?,
        }
    }
    let (gain, gain_frequency) = gain.get().unwrap_or_default();
    let filter = filter.get();
    if filter.is_none() && (gain.is_none() || gain_frequency.is_none()) {
        return Err(KIND);
    }
    let (transfer_function, kind) = filter.unwrap_or(("", Kind::Gain));
    Ok(Stage {
        number,
        input_units: units.input.get().flatten(),
        output_units: units.output.get().flatten(),
        gain,
        gain_frequency,
        decimation: decimation.get().unwrap_or_default(),
        transfer_function,
        kind,
    })
}

fn gain(xml: &mut Xml<'_>) -> Result<(Option<f64>, Option<f64>)> {
    let (mut value, mut frequency) = (Once::new(), Once::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Value" => value.set(number(xml.text()?)?)?,
            "Frequency" => frequency.set(number(xml.text()?)?)?,
            _ => xml.skip()?,
        }
    }
    Ok((value.get(), frequency.get()))
}

fn decimation(xml: &mut Xml<'_>) -> Result<Decimation> {
    let (mut rate, mut factor, mut offset) = (Once::new(), Once::new(), Once::new());
    let (mut delay, mut correction) = (Once::new(), Once::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "InputSampleRate" => rate.set(real(xml, tag)?)?,
            "Factor" => factor.set(whole(xml)?)?,
            "Offset" => offset.set(whole(xml)?)?,
            "Delay" => delay.set(real(xml, tag)?)?,
            "Correction" => correction.set(real(xml, tag)?)?,
            _ => xml.skip()?,
        }
    }
    Ok(Decimation {
        rate: rate.get(),
        factor: factor.get(),
        offset: offset.get(),
        delay: delay.get(),
        correction: correction.get(),
    })
}

type Filter = (&'static str, Kind);

fn poles_zeros(xml: &mut Xml<'_>, units: &mut Units) -> Result<Filter> {
    let (mut domain, mut factor, mut frequency) = (Once::new(), Once::new(), Once::new());
    let (mut zeros, mut poles) = (Vec::new(), Vec::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "PzTransferFunctionType" => domain.set(match xml.text()? {
                "LAPLACE (RADIANS/SECOND)" => ("LAPLACE (RADIANS/SECOND)", Domain::Radians),
                "LAPLACE (HERTZ)" => ("LAPLACE (HERTZ)", Domain::Hertz),
                "DIGITAL (Z-TRANSFORM)" => ("DIGITAL (Z-TRANSFORM)", Domain::Digital),
                _ => return Err(KIND),
            })?,
            "NormalizationFactor" => factor.set(number(xml.text()?)?)?,
            "NormalizationFrequency" => frequency.set(real(xml, tag)?)?,
            "Zero" => zeros.push(root(xml, tag)?),
            "Pole" => poles.push(root(xml, tag)?),
            _ => units.take_or_skip(xml, tag)?,
        }
    }
    let (name, domain) = domain.required()?;
    let (factor, frequency) = (factor.required()?, frequency.required()?);
    Ok((name, Kind::PolesZeros { domain, zeros, poles, factor, frequency }))
}

fn root(xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<Complex64> {
    tag.get("number")?.map(integer).transpose()?;
    let (mut re, mut im) = (Once::new(), Once::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Real" => re.set(real(xml, tag)?)?,
            "Imaginary" => im.set(real(xml, tag)?)?,
            _ => xml.skip()?,
        }
    }
    // ObsPy's roots have no negative zeros.
    Ok(Complex64::new(re.required()? + 0.0, im.required()? + 0.0))
}

fn coefficients(xml: &mut Xml<'_>, units: &mut Units) -> Result<Filter> {
    let mut name = Once::new();
    let (mut numerator, mut denominator) = (Vec::new(), Vec::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "CfTransferFunctionType" => name.set(match xml.text()? {
                "DIGITAL" => "DIGITAL",
                "ANALOG (HERTZ)" => "ANALOG (HERTZ)",
                "ANALOG (RADIANS/SECOND)" => "ANALOG (RADIANS/SECOND)",
                _ => return Err(KIND),
            })?,
            "Numerator" => numerator.push(real(xml, tag)?),
            "Denominator" => denominator.push(real(xml, tag)?),
            _ => units.take_or_skip(xml, tag)?,
        }
    }
    let name = name.required()?;
    Ok((name, Kind::Coefficients { digital: name == "DIGITAL", numerator, denominator }))
}

fn fir(xml: &mut Xml<'_>, units: &mut Units) -> Result<Kind> {
    let (mut stored, mut coefficients) = (Once::new(), Vec::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Symmetry" => stored.set(match xml.text()? {
                "NONE" => Stored::Full,
                "ODD" => Stored::OddHalf,
                "EVEN" => Stored::EvenHalf,
                _ => return Err(KIND),
            })?,
            "NumeratorCoefficient" => coefficients.push(real(xml, tag)?),
            _ => units.take_or_skip(xml, tag)?,
        }
    }
    Ok(Kind::Fir { stored: stored.required()?, coefficients })
}

fn list(xml: &mut Xml<'_>, units: &mut Units) -> Result<Kind> {
    let (mut frequency, mut amplitude, mut phase) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(tag) = xml.child()? {
        if tag.name != "ResponseListElement" {
            units.take_or_skip(xml, tag)?;
            continue;
        }
        let (mut f, mut a, mut p) = (Once::new(), Once::new(), Once::new());
        while let Some(tag) = xml.child()? {
            match tag.name {
                "Frequency" => f.set(real(xml, tag)?)?,
                "Amplitude" => a.set(real(xml, tag)?)?,
                "Phase" => p.set(within(xml, tag, -360.0, 360.0)?)?,
                _ => xml.skip()?,
            }
        }
        frequency.push(f.required()?);
        amplitude.push(a.required()?);
        phase.push(p.required()?);
    }
    Ok(Kind::List { frequency, amplitude, phase })
}

fn polynomial(xml: &mut Xml<'_>, units: &mut Units) -> Result<Vec<f64>> {
    let mut coefficients = Vec::new();
    while let Some(tag) = xml.child()? {
        match tag.name {
            "FrequencyLowerBound" | "FrequencyUpperBound" => {
                real(xml, tag)?;
            }
            "ApproximationLowerBound" | "ApproximationUpperBound" | "MaximumError" => {
                number(xml.text()?)?;
            }
            "Coefficient" => coefficients.push(real(xml, tag)?),
            _ => units.take_or_skip(xml, tag)?,
        }
    }
    Ok(coefficients)
}

/// The names of what goes in and comes out.
struct Units {
    input: Once<Option<String>>,
    output: Once<Option<String>>,
}

impl Units {
    fn new() -> Self {
        Self { input: Once::new(), output: Once::new() }
    }

    /// Closes the open element, keeping the name if it gives units.
    fn take_or_skip(&mut self, xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<()> {
        match tag.name {
            "InputUnits" => self.input.set(unit(xml)?),
            "OutputUnits" => self.output.set(unit(xml)?),
            _ => xml.skip(),
        }
    }
}

fn unit(xml: &mut Xml<'_>) -> Result<Option<String>> {
    let mut name = Once::new();
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Name" => name.set(xml.text()?.to_owned())?,
            _ => xml.skip()?,
        }
    }
    Ok(name.get())
}

/// Fills in units that are not given, as `ObsPy` does after reading: the first stage takes them from the
/// sensitivity and from the second, and a gain alone gives what the stage before it gives.
fn borrow_units(stages: &mut [Stage], sensitivity: Option<&Sensitivity>) -> Result<()> {
    let unclear = Err(Error::Declined("StationXML with a gain between stages without units"));
    let second = stages.get(1).map(|stage| stage.input_units.clone());
    let is_open = |name: Option<&String>| name.is_none_or(String::is_empty);
    let mut before: Option<String> = None;
    for (i, stage) in stages.iter_mut().enumerate() {
        let alone = matches!(stage.kind, Kind::Gain);
        if i == 0 {
            if stage.input_units.is_none() {
                stage.input_units = sensitivity.and_then(|s| s.input_units.clone());
            }
            if stage.output_units.is_none() {
                stage.output_units = second.clone().flatten();
            }
            if alone && second.is_some() && is_open(stage.output_units.as_ref()) {
                return unclear;
            }
        } else if alone {
            if is_open(before.as_ref()) {
                return unclear;
            }
            stage.input_units.clone_from(&before);
            stage.output_units.clone_from(&before);
        }
        before.clone_from(&stage.output_units);
    }
    Ok(())
}
