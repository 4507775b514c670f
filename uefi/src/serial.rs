// SPDX-License-Identifier: GPL-2.0-or-later
//! COM1, driven directly: the firmware's use of it as a terminal is stopped while the program runs; otherwise each
//! line would appear twice.

use alloc::vec::Vec;

use uart_16550::backend::PioBackend;
use uart_16550::spec::registers::IER;
use uart_16550::{BaudRate, Config, Uart16550};
use uefi::Handle;
use uefi::boot::{self, OpenProtocolAttributes, OpenProtocolParams};
use uefi::proto::console::serial::Serial as SerialIo;
use uefi::proto::device_path::{DevicePath, DeviceSubType, DeviceType};

const COM1: u16 = 0x3f8;
/// PNP0501 and PNP0500 as encoded in ACPI device paths: a 16550 and an older serial port.
const SERIAL_PORTS: [u32; 2] = [0x0501_41d0, 0x0500_41d0];

/// The port, if the machine has one.
pub(crate) struct Serial {
    uart: Option<Uart16550<PioBackend>>,
    /// The handles that the firmware drove as a terminal.
    terminals: Vec<Handle>,
}

impl Serial {
    /// Takes the port from the firmware. A machine without one has only its screen.
    pub(crate) fn take() -> Self {
        let terminals = terminals();
        // SAFETY: COM1's ports; the firmware's driver lets them alone until `give_back`.
        let uart = unsafe { Uart16550::new_port(COM1) }.ok().and_then(|mut uart| {
            let config = Config {
                baud_rate: BaudRate::Baud115200,
                interrupts: IER::empty(),
                ..Config::DEFAULT
            };
            (uart.check_present() && uart.init(config).is_ok()).then_some(uart)
        });
        Self { uart, terminals }
    }

    /// Sends text; a line feed becomes carriage return and line feed.
    pub(crate) fn send(&mut self, text: &str) {
        let Some(uart) = &mut self.uart else { return };
        for piece in text.split_inclusive('\n') {
            match piece.strip_suffix('\n') {
                Some(line) => {
                    uart.send_bytes_exact(line.as_bytes());
                    uart.send_bytes_exact(b"\r\n");
                }
                None => uart.send_bytes_exact(piece.as_bytes()),
            }
        }
    }

    pub(crate) fn receive(&mut self) -> Option<u8> {
        self.uart.as_mut()?.try_receive_byte().ok()
    }

    /// Returns the terminals to the firmware.
    pub(crate) fn give_back(&mut self) {
        for handle in self.terminals.drain(..) {
            // The firmware handles a terminal that cannot be reconnected.
            let _ = boot::connect_controller(handle, &[], None, true);
        }
    }
}

/// Ends the firmware's use of COM1.
fn terminals() -> Vec<Handle> {
    let ports = boot::find_handles::<SerialIo>().unwrap_or_default();
    let ours = ports.into_iter().filter(|handle| is_com1(*handle));
    ours.filter(|handle| boot::disconnect_controller(*handle, None, None).is_ok()).collect()
}

fn is_com1(handle: Handle) -> bool {
    let params = OpenProtocolParams { handle, agent: boot::image_handle(), controller: None };
    // SAFETY: the path is only read, at once, and its driver is not stopped meanwhile.
    let path =
        unsafe { boot::open_protocol::<DevicePath>(params, OpenProtocolAttributes::GetProtocol) };
    path.is_ok_and(|path| {
        path.node_iter().any(|node| {
            let (head, unit) = node.data().split_at_checked(4).unwrap_or_default();
            node.full_type() == (DeviceType::ACPI, DeviceSubType::ACPI)
                && head.try_into().is_ok_and(|id| SERIAL_PORTS.contains(&u32::from_le_bytes(id)))
                && unit.starts_with(&[0, 0, 0, 0])
        })
    })
}
