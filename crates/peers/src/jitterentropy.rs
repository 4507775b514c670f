// SPDX-License-Identifier: GPL-2.0-or-later
//! The library jitterentropy, version 3. Raw noise comes from `jent_measure_jitter`, which its header
//! does not declare: its own raw noise recorder calls it too, and Debian's library exports it. A library that hides it
//! provides output only.

use std::path::Path;

use anyhow::Result;

use crate::source::Source;

/// Opens a collector of the library with the default settings.
#[cfg(not(target_feature = "crt-static"))]
pub(crate) fn open(library: &Path) -> Result<Box<dyn Source>> {
    Ok(Box::new(loaded::Jitterentropy::open(library)?))
}

#[cfg(target_feature = "crt-static")]
pub(crate) fn open(_library: &Path) -> Result<Box<dyn Source>> {
    anyhow::bail!(
        "this program is linked statically and loads no library: use `cargo xtask peers` in a checkout"
    )
}

#[cfg(not(target_feature = "crt-static"))]
#[allow(unsafe_code, reason = "functions of a C library are called")]
mod loaded {
    use std::ffi::{c_char, c_int, c_uint, c_void};
    use std::path::Path;
    use std::ptr::NonNull;

    use anyhow::{Context, Result, anyhow, bail, ensure};
    use libloading::Library;

    use crate::source::{Description, Source};

    /// Samples that it takes for a bit of its output: the least that version 3 allows, and its default.
    const OVERSAMPLING: c_uint = 3;
    const MAJOR: c_uint = 3;

    type Version = unsafe extern "C" fn() -> c_uint;
    type Init = unsafe extern "C" fn() -> c_int;
    type Allocate = unsafe extern "C" fn(osr: c_uint, flags: c_uint) -> *mut c_void;
    type Free = unsafe extern "C" fn(collector: *mut c_void);
    type ReadEntropy =
        unsafe extern "C" fn(collector: *mut c_void, data: *mut c_char, bytes: usize) -> isize;
    type MeasureJitter =
        unsafe extern "C" fn(collector: *mut c_void, loops: u64, delta: *mut u64) -> c_uint;

    /// The functions called.
    struct Functions {
        version: Version,
        init: Init,
        allocate: Allocate,
        free: Free,
        read_entropy: ReadEntropy,
        /// From `src/jitterentropy-noise.h`; `None` if the library hides it.
        measure_jitter: Option<MeasureJitter>,
    }

    pub(super) struct Jitterentropy {
        collector: NonNull<c_void>,
        version: String,
        functions: Functions,
        /// The library with the functions; dropped after the collector.
        _library: Library,
    }

    impl Functions {
        /// # Safety
        /// `library` is jitterentropy, version 3, before another function than `version` is called, and lives as long as
        /// any of them is.
        unsafe fn of(library: &Library) -> Result<Self> {
            // SAFETY: each type is that of the function's declaration in version 3.
            unsafe {
                Ok(Self {
                    version: function(library, "jent_version")?,
                    init: function(library, "jent_entropy_init")?,
                    allocate: function(library, "jent_entropy_collector_alloc")?,
                    free: function(library, "jent_entropy_collector_free")?,
                    read_entropy: function(library, "jent_read_entropy")?,
                    measure_jitter: function(library, "jent_measure_jitter").ok(),
                })
            }
        }
    }

    /// The address of a function.
    ///
    /// # Safety
    /// `F` is the type of the function, and the address is used no longer than `library` lives.
    unsafe fn function<F: Copy>(library: &Library, name: &str) -> Result<F> {
        // SAFETY: the caller answers for the type.
        let symbol = unsafe { library.get::<F>(name) };
        Ok(*symbol.map_err(|error| anyhow!("it has no {name}: {error}"))?)
    }

    impl Jitterentropy {
        pub(super) fn open(path: &Path) -> Result<Self> {
            // SAFETY: the library's constructors are those of the C library's start, which may run at any time.
            let library = unsafe { Library::new(path) }.with_context(|| {
                format!(
                    "loading {}: install the library (Debian's package libjitterentropy3, which releases up to 13 do not have), \
                     or give a library or its source tree with --jitterentropy PATH (docs/peers.md)",
                    path.display()
                )
            })?;
            // SAFETY: the version is checked next, and the library is kept in what is returned.
            let functions = unsafe { Functions::of(&library) }
                .with_context(|| format!("{} is not jitterentropy's library", path.display()))?;
            // SAFETY: it has no precondition and no parameter in any version.
            let version = unsafe { (functions.version)() };
            let (major, rest) = (version / 1_000_000, version % 1_000_000);
            let version = format!("{major}.{}.{}", rest / 10_000, rest % 10_000 / 100);
            ensure!(
                major == MAJOR,
                "{} is jitterentropy {version}, not version {MAJOR}",
                path.display()
            );
            // SAFETY: it has no precondition; it is called once in this process.
            let failure = unsafe { (functions.init)() };
            if failure != 0 {
                bail!(
                    "jitterentropy {version} rejects this machine: jent_entropy_init returned {failure}"
                );
            }
            // SAFETY: the library has initialised itself, and 0 sets none of its flags.
            let collector = NonNull::new(unsafe { (functions.allocate)(OVERSAMPLING, 0) })
                .with_context(|| format!("jitterentropy {version} returned no collector"))?;
            Ok(Self { collector, version, functions, _library: library })
        }
    }

    impl Source for Jitterentropy {
        fn description(&mut self) -> Result<Description> {
            let hidden = "the library does not export jent_measure_jitter: give its source tree with --jitterentropy DIR";
            Ok(Description {
                version: self.version.clone(),
                claim: format!(
                    "1/{OVERSAMPLING} bit per sample; its output is full entropy by that claim"
                ),
                claim_bits_per_sample: Some(1.0 / f64::from(OVERSAMPLING)),
                no_raw: self.functions.measure_jitter.is_none().then(|| hidden.to_owned()),
            })
        }

        fn raw(&mut self, deltas: &mut [u64]) -> Result<()> {
            let measure = self
                .functions
                .measure_jitter
                .context("the library does not export jent_measure_jitter")?;
            let mut before_the_first = 0;
            for delta in std::iter::once(&mut before_the_first).chain(deltas) {
                // SAFETY: the collector is a live one of this library, 0 asks for its own number of loops, and `delta` may be
                // written. Its verdict on stuck samples is ignored, as in its own recorder.
                unsafe { measure(self.collector.as_ptr(), 0, delta) };
            }
            Ok(())
        }

        fn output(&mut self, bytes: &mut [u8]) -> Result<()> {
            // SAFETY: the collector is a live one of this library, and `bytes` may be written for its length.
            let given = unsafe {
                (self.functions.read_entropy)(
                    self.collector.as_ptr(),
                    bytes.as_mut_ptr().cast(),
                    bytes.len(),
                )
            };
            ensure!(
                usize::try_from(given).is_ok_and(|given| given == bytes.len()),
                "jent_read_entropy returned {given} for {} bytes: a health test failed",
                bytes.len()
            );
            Ok(())
        }
    }

    impl Drop for Jitterentropy {
        fn drop(&mut self) {
            // SAFETY: the collector came from this library and is used no more.
            unsafe { (self.functions.free)(self.collector.as_ptr()) };
        }
    }
}
