//! `obspeed._core`: the kernels of `obspeed-core` for `NumPy` arrays. The Python package is its only
//! caller; what users see is documented there.

mod arrays;
mod commit;
mod door;
mod error;
mod io;
mod kinds;
mod memory;
mod response;
mod rows;
mod stations;
mod steps;
mod threads;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _core {
    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_export]
    use super::arrays::set_floats_at_once;
    #[pymodule_export]
    use super::commit::{Change, apply};
    #[pymodule_export]
    use super::door::{Job, run};
    #[pymodule_export]
    use super::error::{DeclinedError, InternalError, ObspeedError};
    #[pymodule_export]
    use super::io::{read_mseed, write_file, write_mseed, write_sac};
    #[pymodule_export]
    use super::kinds::{is_twice, kinds, overlap};
    #[pymodule_export]
    use super::memory::{empty, release_memory};
    #[pymodule_export]
    use super::response::{
        Response, is_known_unit, response_cache_clear, response_cache_info,
        response_cache_set_limit,
    };
    #[pymodule_export]
    use super::rows::run_rows;
    #[pymodule_export]
    use super::stations::{Stations, read_stationxml};
    #[pymodule_export]
    use super::steps::Step;
    #[pymodule_export]
    use super::threads::{available_parallelism, generation, pool_threads};

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        super::door::start_logging(m.py())?;
        m.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
