//! Splines on equally spaced samples: subtracting one, integrating one, reading one off elsewhere.

mod cubic;
mod interpolate;
mod trend;

pub use cubic::SplineIntegral;
pub use interpolate::CubicSpline;
pub use trend::{SplineTrend, answers_for};
