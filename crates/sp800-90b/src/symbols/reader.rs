// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbols out of a stream of bytes.

use super::{SymbolError, Symbols};
use std::io::{self, Read};

/// Why a stream gives no symbols.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The stream could not be read.
    #[error("reading samples failed after {samples} of them")]
    Read {
        /// Samples that were read.
        samples: usize,
        /// Why.
        source: io::Error,
    },
    /// The stream has more samples than are wanted.
    #[error("there are more than {most} samples; raise the limit, or assess a part of them")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// There is no memory for the samples.
    #[error(
        "there is no memory for more than {samples} samples, one byte each; assess a part of them"
    )]
    Memory {
        /// Samples that were read.
        samples: usize,
    },
    /// The bytes are not symbols.
    #[error(transparent)]
    Symbols(#[from] SymbolError),
}

/// Reads symbols of `bits` bits, one per byte, to the end of a stream. A stream with more than `most` of them, such as one
/// without an end, is an error; so take what is wanted of it by [`Read::take`].
///
/// # Errors
/// Returns an error if reading fails, if there are more than `most` symbols, if memory is short, or if a symbol does not
/// fit into the width.
pub fn from_reader(mut reader: impl Read, bits: u8, most: usize) -> Result<Symbols, ReadError> {
    const PIECE: usize = 1 << 16;
    let mut raw = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(Symbols::new(raw, bits)?),
            Ok(read) => {
                let samples = raw.len();
                if read > most.saturating_sub(samples) {
                    return Err(ReadError::TooMany { most });
                }
                raw.try_reserve(read).map_err(|_| ReadError::Memory { samples })?;
                raw.extend_from_slice(&piece[..read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(ReadError::Read { samples: raw.len(), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, interrupted before each, and fails in the end.
    struct Slow(u8, bool);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.0 == 0 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            self.0 -= 1;
            buffer[0] = self.0 % 8;
            Ok(1)
        }
    }

    #[test]
    fn streams_are_read_to_their_end() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at % 16) as u8).collect();
        let symbols = from_reader(&bytes[..], 4, 200_000).unwrap();
        assert_eq!(symbols.raw(), bytes);
        assert!(matches!(from_reader(&bytes[..], 3, 200_000), Err(ReadError::Symbols(_))));
        assert_eq!(
            from_reader(Slow(9, false).take(9), 3, 9).unwrap().raw(),
            [0, 7, 6, 5, 4, 3, 2, 1, 0]
        );
    }

    #[test]
    fn endless_and_broken_streams_are_errors() {
        let error = from_reader(io::repeat(3), 8, 1_000_000).unwrap_err();
        assert!(matches!(error, ReadError::TooMany { most: 1_000_000 }), "{error}");
        let error = from_reader(Slow(9, false), 8, 1_000_000).unwrap_err();
        assert!(matches!(error, ReadError::Read { samples: 9, .. }), "{error}");
    }
}
