// SPDX-License-Identifier: GPL-2.0-or-later
//! The lines that an attacker computes are those that the sampler goes to.

use std::cell::RefCell;

use chaos_core::clock::{BUFFER_LEAD_IN_SAMPLES, LINE_BYTES, Line};
use chaos_core::{
    BLOCK_SAMPLES, Clock, ClockKind, EntropySource, MEMORY_BYTES, OnFailure, Params, SampleLines,
    Workload,
};

const LEAD_IN: usize = BUFFER_LEAD_IN_SAMPLES;

/// Keeps the address of every line that is timed.
struct Witness<'a> {
    addresses: &'a RefCell<Vec<usize>>,
    now: u64,
}

impl Clock for Witness<'_> {
    fn lead_in_samples(&self, _workload: Workload) -> usize {
        LEAD_IN
    }

    fn begin(&mut self) -> u64 {
        self.now
    }

    fn ticks(&mut self) -> u64 {
        self.now += 100 + self.now % 7;
        self.now
    }

    fn relax(&mut self) {}

    fn store_and_load(&mut self, line: &mut Line) {
        self.addresses.borrow_mut().push(line.as_ptr().addr());
    }

    fn flush_and_load(&mut self, line: &mut Line) {
        self.store_and_load(line);
    }

    fn time_work(&mut self, units: u32) -> u64 {
        u64::from(units) * 4
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

#[test]
fn lines_are_those_that_the_sampler_goes_to() {
    for (workload, init_turns) in [(Workload::Dram, 7), (Workload::Flush, 63)] {
        let addresses = RefCell::new(Vec::new());
        let params =
            Params { workload, init_turns, on_failure: OnFailure::Observe, ..Params::DEFAULT };
        let mut memory = vec![0; MEMORY_BYTES];
        let begin = memory.as_ptr().addr();
        let clock = Witness { addresses: &addresses, now: 1 };
        let mut source = EntropySource::new(clock, params, &mut memory).unwrap();
        let mut lines = SampleLines::after_start(init_turns, BLOCK_SAMPLES, LEAD_IN);
        for samples in [1000, 1, 256, 512] {
            addresses.borrow_mut().clear();
            source.raw(&mut vec![0; samples]).unwrap();
            let timed = addresses.borrow();
            let handed_out =
                timed.chunks(LEAD_IN + BLOCK_SAMPLES).flat_map(|block| &block[LEAD_IN..]);
            let gone_to = handed_out.map(|address| (address - begin) / LINE_BYTES);
            assert!(lines.request(samples).eq(gone_to), "{workload}, {samples} samples");
        }
    }
}
