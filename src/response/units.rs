//! The units of a stage as evalresp tells them apart, and what an output asks of them.

/// A class of units: consecutive filter stages must agree in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No unit, or none that `ObsPy` knows.
    Undefined,
    /// Metres, strain.
    Displacement,
    /// Metres per second.
    Velocity,
    /// Metres per second squared.
    Acceleration,
    /// Volts.
    Volts,
    /// Counts.
    Counts,
    /// Tesla.
    Tesla,
    /// Pascal.
    Pressure,
}

impl Unit {
    /// The class of an upper-case name; `None` for a name that is not known.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "V" | "VOLT" | "VOLTS" | "V/M" => return Some(Self::Volts),
            "COUNT" | "COUNTS" => return Some(Self::Counts),
            "T" => return Some(Self::Tesla),
            "PA" | "PASCAL" | "PASCALS" | "MBAR" => return Some(Self::Pressure),
            "M/M" | "M**3/M**3" => return Some(Self::Displacement),
            "M/S/S" => return Some(Self::Acceleration),
            _ => {}
        }
        match metric(name).1 {
            "M" => Some(Self::Displacement),
            "M/S" | "M/SEC" => Some(Self::Velocity),
            "M/S**2" | "M/(S**2)" | "M/SEC**2" | "M/(SEC**2)" => Some(Self::Acceleration),
            _ => None,
        }
    }
}

/// Splits NM, CM and MM into the number of them in a metre and the name with plain M.
fn metric(name: &str) -> (f64, &str) {
    for (prefix, per_metre) in [("NM", 1e9), ("CM", 1e2), ("MM", 1e3)] {
        if name.starts_with(prefix) {
            return (per_metre, &name[1..]);
        }
    }
    (1.0, name)
}

/// What turns a response to the named input into one to metres. evalresp scales these spellings only.
#[must_use]
pub fn per_metre(name: &str) -> f64 {
    let (factor, base) = metric(name);
    if matches!(base, "M" | "M/S" | "M/SEC" | "M/S**2") { factor } else { 1.0 }
}

/// The quantity to which a spectrum is the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// `DISP`: ground displacement in metres.
    Displacement,
    /// `VEL`: ground velocity in metres per second.
    Velocity,
    /// `ACC`: ground acceleration in metres per second squared.
    Acceleration,
    /// `DEF`: whatever the first stage takes.
    Default,
}

impl Quantity {
    /// Reads `DISP`, `VEL`, `ACC` or `DEF` in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_uppercase().as_str() {
            "DISP" => Some(Self::Displacement),
            "VEL" => Some(Self::Velocity),
            "ACC" => Some(Self::Acceleration),
            "DEF" => Some(Self::Default),
            _ => None,
        }
    }

    /// The power of iω that turns a response to `input` into one to this quantity. evalresp takes
    /// everything that is no displacement or acceleration for a velocity, pressure too.
    #[must_use]
    pub fn derivatives(self, input: Unit) -> i32 {
        let order = |x| match x {
            Unit::Displacement => 0,
            Unit::Acceleration => 2,
            _ => 1,
        };
        match self {
            Self::Displacement => order(input),
            Self::Velocity => order(input) - 1,
            Self::Acceleration => order(input) - 2,
            Self::Default => 0,
        }
    }
}
