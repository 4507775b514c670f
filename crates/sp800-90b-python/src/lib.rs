// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Python module `entropy_90b`: buffers of bytes in, dicts out.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use serde::Serialize;
use sp800_90b::conditioning::{Component, Vetting, output_entropy};
use sp800_90b::health::{adaptive_proportion_cutoff, repetition_count_cutoff};
use sp800_90b::{Control, Symbols, Track, assess_with};
use std::fmt::Display;

fn unusable(error: impl Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn to_dict<'py>(py: Python<'py>, result: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    Ok(pythonize::pythonize(py, result)?)
}

/// A copy of a buffer of bytes, because its owner may change it while other threads run.
fn bytes_of(py: Python<'_>, buffer: &PyBuffer<u8>) -> PyResult<Vec<u8>> {
    if !buffer.is_c_contiguous() {
        return Err(PyTypeError::new_err(
            "the array is not contiguous; numpy.ascontiguousarray makes it so",
        ));
    }
    buffer.to_vec(py)
}

fn symbols_of(raw: Vec<u8>, bits: Option<u8>) -> PyResult<Symbols> {
    match bits {
        Some(bits) => Symbols::new(raw, bits).map_err(unusable),
        None => Ok(Symbols::detect_width(raw)),
    }
}

/// Assess samples, one in each byte, by a track of SP 800-90B.
#[pyfunction]
#[pyo3(signature = (samples, bits=None, track="non_iid", seed=1, full_ranks=false))]
fn assess<'py>(
    py: Python<'py>,
    samples: PyBuffer<u8>,
    bits: Option<u8>,
    track: &str,
    seed: u64,
    full_ranks: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let track = match track {
        "non_iid" => Track::NonIid,
        "quick" => Track::Quick,
        "iid" => Track::Iid { seed },
        "conditioned" => Track::Conditioned,
        other => {
            return Err(PyValueError::new_err(format!(
                "track {other:?} is not known; choose non_iid, quick, iid or conditioned"
            )));
        }
    };
    let symbols = symbols_of(bytes_of(py, &samples)?, bits)?;
    let control = Control::default().full_ranks(full_ranks);
    let result = py.detach(|| assess_with(&symbols, track, &control)).map_err(unusable)?;
    to_dict(py, &result)
}

/// Run the restart tests on a matrix with one row for each restart.
#[pyfunction]
#[pyo3(signature = (matrix, h_i, bits=None, iid=false, seed=1))]
fn restart<'py>(
    py: Python<'py>,
    matrix: PyBuffer<u8>,
    h_i: f64,
    bits: Option<u8>,
    iid: bool,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let &[rows, columns] = matrix.shape() else {
        return Err(PyTypeError::new_err(
            "a restart matrix has two dimensions; reshape(restarts, samples) gives it them",
        ));
    };
    let symbols = symbols_of(bytes_of(py, &matrix)?, bits)?;
    let result = py
        .detach(|| {
            if iid {
                sp800_90b::restart::assess_iid(&symbols, rows, columns, h_i, seed)
            } else {
                sp800_90b::restart::assess(&symbols, rows, columns, h_i)
            }
        })
        .map_err(unusable)?;
    to_dict(py, &result)
}

/// Account for a conditioning component; it is vetted unless `h_prime` is given.
#[pyfunction]
#[pyo3(signature = (n_in, n_out, nw, h_in, h_prime=None))]
fn conditioning<'py>(
    py: Python<'py>,
    n_in: u32,
    n_out: u32,
    nw: u32,
    h_in: f64,
    h_prime: Option<f64>,
) -> PyResult<Bound<'py, PyAny>> {
    let component = Component { input_bits: n_in, output_bits: n_out, narrowest_bits: nw };
    let vetting = h_prime.map_or(Vetting::Vetted, |h_prime| Vetting::NonVetted { h_prime });
    to_dict(py, &output_entropy(component, vetting, h_in).map_err(unusable)?)
}

#[derive(Serialize)]
struct Cutoffs {
    repetition_count: u64,
    adaptive_proportion: u32,
    window: u32,
}

/// Compute the cutoffs of the health tests of §4.4.
#[pyfunction]
#[pyo3(signature = (h, alpha_exponent=20.0, window=512))]
fn cutoffs(py: Python<'_>, h: f64, alpha_exponent: f64, window: u32) -> PyResult<Bound<'_, PyAny>> {
    let alpha = (-alpha_exponent).exp2();
    let cutoffs = Cutoffs {
        repetition_count: repetition_count_cutoff(h, alpha).map_err(unusable)?,
        adaptive_proportion: adaptive_proportion_cutoff(h, alpha, window).map_err(unusable)?,
        window,
    };
    to_dict(py, &cutoffs)
}

#[pymodule]
fn entropy_90b(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(assess, module)?)?;
    module.add_function(wrap_pyfunction!(restart, module)?)?;
    module.add_function(wrap_pyfunction!(conditioning, module)?)?;
    module.add_function(wrap_pyfunction!(cutoffs, module)?)
}
