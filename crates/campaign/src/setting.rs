// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns the coordinates of a cell into the machine and the request, as `compare` does with its options.

use anyhow::{Context, Result};
use chaos_wire::{Jobs, Parameter, Params, Request, Target, Targets, Timer, parse_parameter};
use clap::ValueEnum as _;
use guest_run::{Accelerator, Model};
use measure::guest::{AcceleratorChoice, GuestKind, MachineOptions};

use crate::plan::{Axis, Coordinates, DEFAULT_CPU, GUESTS, Plan, Value};

/// The boot of one cell.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) guest: GuestKind,
    pub(crate) isolated: bool,
    pub(crate) accelerator: Accelerator,
    pub(crate) machine: MachineOptions,
    pub(crate) request: Request,
}

impl Setting {
    pub(crate) fn of(plan: &Plan, cell: &Coordinates) -> Result<Self> {
        let (guest, target) = if cell.is(Axis::Guest, GUESTS[0]) {
            (GuestKind::BareMetal, Target::BareMetal)
        } else {
            (GuestKind::Linux, Target::LinuxModule)
        };
        let (accelerator, accel) = if cell.is(Axis::Accel, &Accelerator::Kvm.to_string()) {
            (Accelerator::Kvm, AcceleratorChoice::Kvm)
        } else {
            (Accelerator::Tcg, AcceleratorChoice::Tcg)
        };
        let model =
            Model::value_variants().iter().find(|model| cell.is(Axis::Machine, &model.to_string()));
        let memory = match cell.get(Axis::Memory) {
            Some(Value::Number(mib)) => u32::try_from(*mib).ok(),
            _ => None,
        };
        let machine = MachineOptions {
            machine: *model.with_context(|| unknown(Axis::Machine, cell))?,
            accel,
            cpu: Some(cell.text(Axis::Cpu)).filter(|cpu| cpu != DEFAULT_CPU),
            memory: memory.with_context(|| unknown(Axis::Memory, cell))?,
            smp: 1,
            deadline: plan.deadline_s,
        };
        let mut jobs = Jobs::EMPTY;
        for job in &plan.jobs {
            // One of each kind, so that none occurs twice.
            let _ = jobs.push(*job);
        }
        let timer = Timer::from_word(&cell.text(Axis::Timer));
        let request = Request {
            jobs,
            targets: Targets::EMPTY.with(target),
            params: params(cell)?,
            timer: timer.with_context(|| unknown(Axis::Timer, cell))?,
        };
        Ok(Self { guest, isolated: cell.is_isolated(), accelerator, machine, request })
    }
}

fn params(cell: &Coordinates) -> Result<Params> {
    Parameter::ALL.iter().try_fold(Params::DEFAULT, |params, &parameter| {
        let axis = Axis::Engine(parameter);
        let number = parse_parameter(parameter, &cell.text(axis)).ok();
        let params = number.and_then(|number| params.with(parameter, number).ok());
        params.with_context(|| unknown(axis, cell))
    })
}

fn unknown(axis: Axis, cell: &Coordinates) -> String {
    format!("{} = {:?}, which this version does not know", axis.key(), cell.text(axis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::plan::PlannedBoot;

    #[test]
    fn a_cell_asks_for_what_its_coordinates_say() {
        let text = "samples = 5000\nstream = \"none\"\nrestarts = \"20x30\"\n[grid]\nguest = \"linux\"\n\
                    machine = \"microvm\"\ncpu = \"max\"\nmemory_mib = 96\nturns = 3\nclaim = 250\n";
        let plan = Plan::parse(text, "plan").unwrap();
        let setting = Setting::of(&plan, &plan.cells()[0]).unwrap();
        assert_eq!(
            setting.request.to_string(),
            "uchaos.job=raw:5000,restart:20x30 uchaos.target=linux-module uchaos.workload=dram uchaos.turns=3 \
             uchaos.init_turns=7 uchaos.min_delta=3 uchaos.claim=250 uchaos.health=enforce uchaos.timer=off"
        );
        let machine = &setting.machine;
        assert_eq!((machine.memory, machine.cpu.as_deref()), (96, Some("max")));
        assert_eq!((machine.machine, setting.guest), (Model::Microvm, GuestKind::Linux));
    }

    #[test]
    fn an_isolated_cell_has_the_parameters_that_compare_gives_an_isolated_boot() {
        #[derive(clap::Parser)]
        struct Tool {
            #[command(flatten)]
            settings: measure::settings::Settings,
        }
        let Tool { settings } = clap::Parser::parse_from(["tool"]);
        for isolated in [false, true] {
            let condition = crate::plan::CONDITIONS[usize::from(isolated)];
            let plan = format!("[grid]\nguest = \"baremetal\"\ncondition = \"{condition}\"\n");
            let plan = Plan::parse(&plan, "plan").unwrap();
            let ours = Setting::of(&plan, &plan.cells()[0]).unwrap().request;
            let planned = PlannedBoot::new(GuestKind::BareMetal, isolated, 1);
            assert_eq!(ours.params, planned.request(&settings).params);
        }
    }
}
