// SPDX-License-Identifier: GPL-2.0-or-later
//! The data port and the control port: port 0 of the first and of the second virtio console, found on PCI (q35, pc)
//! or among the memory-mapped slots (microvm).

use alloc::boxed::Box;
use core::ptr::NonNull;

use baremetal::range::{FRAME_BYTES, PhysRange};
use chaos_wire::{Control, Port, PortError};
use virtio_drivers::device::console::VirtIOConsole;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::pci::bus::{BarInfo, Command, DeviceFunction, PciRoot};
use virtio_drivers::transport::pci::{PciTransport, virtio_device_type};
use virtio_drivers::transport::{DeviceType, Transport};
use virtio_drivers::{BufferDirection, Hal, PhysAddr};

use crate::boot::physical::MAPPED;
use crate::devices::pci::PortAccess;
use crate::interrupts::pit;
use crate::memory::frames;
use crate::println;

/// Consoles that this kernel drives.
const PORTS: usize = 2;

/// Bytes per request to the device: more in one piece brings nothing, and QEMU copies each whole.
const PIECE_BYTES: usize = 64 * 1024;

/// A port in both directions.
pub(crate) trait Duplex: Port + Control {}

impl<T: Transport> Duplex for ConsolePort<T> {}

/// The data port, and the control port where there is one; `None` where the machine has no such virtio console, or
/// one that cannot be used (said on the console then). To be called once.
pub(crate) fn find_ports() -> [Option<Box<dyn Duplex>>; PORTS] {
    match PortAccess::find() {
        Some(access) => find_on_pci(access).map(|found| found.and_then(open)),
        None => find_on_mmio().map(|found| found.and_then(open)),
    }
}

fn open<T: Transport + 'static>(transport: T) -> Option<Box<dyn Duplex>> {
    match VirtIOConsole::new(transport) {
        Ok(console) => Some(Box::new(ConsolePort { console })),
        // The driver's own words for its errors would cost more of the image than they are worth: the device was
        // found, so that it is memory or the device itself that refuses.
        Err(_) => {
            println!("the virtio console did not start");
            None
        }
    }
}

struct ConsolePort<T: Transport> {
    console: VirtIOConsole<MachineHal, T>,
}

impl<T: Transport> Port for ConsolePort<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
            self.console
                .send_bytes(piece)
                .map_err(|_| PortError { code: 0, text: "the virtio console refused a buffer" })
        })
    }
}

impl<T: Transport> Control for ConsolePort<T> {
    /// Looks once in each tick of the interval timer, with the CPU halted between: the device's own interrupt would
    /// need the I/O APIC on microvm and the firmware's routing elsewhere. A console does not tell that the host has
    /// closed it, so that the wait is for bytes alone.
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError> {
        let mut count = 0;
        loop {
            while let Some(byte) = place.get_mut(count) {
                let come = self.console.recv(true);
                match come.map_err(|_| PortError { code: 0, text: "the control port failed" })? {
                    Some(given) => *byte = given,
                    None => break,
                }
                count += 1;
            }
            if count > 0 {
                return Ok(count);
            }
            pit::wait_for_tick();
        }
    }
}

// microvm's virtio devices: slots of registers at a fixed address (QEMU, `hw/i386/microvm.c`). An empty slot has device
// number 0.
const FIRST_SLOT: usize = 0xfeb0_0000;
const SLOT_BYTES: usize = 512;
const SLOTS: usize = 24;

/// The consoles in the first slots that have one.
fn find_on_mmio<const N: usize>() -> [Option<MmioTransport<'static>>; N] {
    let mut consoles = (0..SLOTS).filter_map(|slot| {
        let header = NonNull::new((FIRST_SLOT + slot * SLOT_BYTES) as *mut VirtIOHeader)?;
        // SAFETY: on a machine without PCI these are the registers of a virtio slot, or nothing that
        // answers; each slot is looked at once.
        let transport = unsafe { MmioTransport::new(header, SLOT_BYTES) }.ok()?;
        (transport.device_type() == DeviceType::Console).then_some(transport)
    });
    core::array::from_fn(|_| consoles.next())
}

/// The first virtio consoles on bus 0.
fn find_on_pci<const N: usize>(access: PortAccess) -> [Option<PciTransport>; N] {
    let mut root = PciRoot::new(access);
    let is_console = |info: &_| virtio_device_type(info) == Some(DeviceType::Console);
    let mut devices = root.enumerate_bus(0).filter(|(_, info)| is_console(info));
    let devices: [_; N] = core::array::from_fn(|_| devices.next());
    devices.map(|found| found.and_then(|(device, _)| open_on_pci(&mut root, device)))
}

fn open_on_pci(root: &mut PciRoot<PortAccess>, device: DeviceFunction) -> Option<PciTransport> {
    if !registers_reachable(root, device) {
        println!("virtio console: its registers lie above 4 GiB; use less memory or -M microvm");
        return None;
    }
    let (_, command) = root.get_status_command(device);
    root.set_command(device, command | Command::MEMORY_SPACE | Command::BUS_MASTER);
    let transport = PciTransport::new::<MachineHal, _>(root, device);
    if transport.is_err() {
        println!("virtio console: no virtio 1.0 registers; do not start it with disable-modern=on");
    }
    transport.ok()
}

fn registers_reachable(root: &mut PciRoot<PortAccess>, device: DeviceFunction) -> bool {
    let Ok(bars) = root.bars(device) else { return false };
    bars.iter().flatten().all(|bar| match bar {
        BarInfo::Memory { address, size, .. } => address.saturating_add(*size) <= MAPPED.end,
        BarInfo::IO { .. } => true,
    })
}

/// Frames from the frame allocator; buffers are shared as they are.
#[derive(Debug)]
struct MachineHal;

// SAFETY: frames are handed out once, page aligned, zeroed, and mapped at their physical address; buffers are
// mapped at their physical address as well, and there is no IOMMU between.
unsafe impl Hal for MachineHal {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let Some(range) = frames::take(pages as u64) else {
            // The driver takes address 0 for "no memory".
            return (0, NonNull::dangling());
        };
        let place = NonNull::new(range.start as *mut u8).unwrap_or(NonNull::dangling());
        // SAFETY: the frames were just taken and are mapped and writable.
        unsafe { place.write_bytes(0, range.len() as usize) };
        (range.start, place)
    }

    unsafe fn dma_dealloc(paddr: PhysAddr, _vaddr: NonNull<u8>, pages: usize) -> i32 {
        frames::give_back(PhysRange::with_len(paddr, pages as u64 * FRAME_BYTES));
        0
    }

    unsafe fn mmio_phys_to_virt(paddr: PhysAddr, _size: usize) -> NonNull<u8> {
        // `registers_reachable` has checked that the device's registers lie where the page tables reach.
        NonNull::new(paddr as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as PhysAddr
    }

    unsafe fn unshare(_paddr: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}
