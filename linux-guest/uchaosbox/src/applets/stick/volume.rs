// SPDX-License-Identifier: GPL-2.0-or-later
//! The stick's volume: a FAT volume of the right name among the disks. Others are looked at, and never mounted.

use core::fmt::Write as _;
use core::mem::MaybeUninit;

use chaos_stick::{CAPTURES_PATH, CONF_PATH, CaptureName, VOLUME_LABEL};
use chaos_wire::{GuestStatus, TextBuffer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::{Access, Mode, RawDir, inotify};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};
use uchaosbox::{is_called, root_folder};

use crate::applets::Stop;
use crate::run::file::{self, read_full, with_path};
use crate::run::output::Stdout;
use crate::run::syscall::monotonic_ns;

/// Where the stick is mounted.
const MOUNT_PATH: &str = "/stick";
const BLOCK_PATH: &str = "/sys/class/block";
/// USB sticks take a second or two to answer.
const PATIENCE_NS: u64 = 30_000_000_000;
/// A disk's node appears shortly before the disk can be read.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
/// Bytes of a root folder that are searched for the volume's name, which mkfs and others put first.
const ENTRIES_BYTES: usize = 4096;
const FLAGS: MountFlags = MountFlags::NOSUID
    .union(MountFlags::NODEV)
    .union(MountFlags::NOEXEC)
    .union(MountFlags::NOATIME);

/// The name of a block device, `sda1`.
#[derive(Clone, Copy)]
struct Device {
    name: [u8; 32],
    len: usize,
}

/// The volume, mounted.
pub(super) struct Volume {
    device: Device,
}

impl Device {
    fn of(name: &str) -> Option<Self> {
        let mut device = Self { name: [0; 32], len: name.len() };
        device.name.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(device)
    }

    fn name(&self) -> &str {
        self.name.get(..self.len).and_then(|name| core::str::from_utf8(name).ok()).unwrap_or("?")
    }

    /// Whether it is a FAT volume called [`VOLUME_LABEL`].
    fn is_stick(&self) -> Result<bool, Errno> {
        let device = with_path(&["/dev/", self.name()], file::open)?;
        let mut sector = [0; 512];
        if read_full(&device, &mut sector)?.0 < sector.len() {
            return Ok(false);
        }
        let Some(root) = root_folder(&sector) else { return Ok(false) };
        let mut entries = [0; ENTRIES_BYTES];
        rustix::fs::seek(&device, rustix::fs::SeekFrom::Start(root))?;
        let (len, _) = read_full(&device, &mut entries)?;
        Ok(is_called(entries.get(..len).unwrap_or_default(), VOLUME_LABEL))
    }
}

impl Volume {
    /// Waits for the stick, and mounts it for reading.
    pub(super) fn find() -> Result<Self, Stop> {
        let lost = |what: &'static str| {
            move |error: Errno| {
                Stop::new(
                    GuestStatus::NoDataPort,
                    format_args!("looking for the stick: {what}: {error}"),
                )
            }
        };
        let _ = writeln!(Stdout, "looking for the stick: a FAT volume called {VOLUME_LABEL}");
        // Before the first look, so that nothing that appears after it is missed.
        let news = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
            .map_err(lost("watching /dev"))?;
        inotify::add_watch(&news, "/dev", inotify::WatchFlags::CREATE)
            .map_err(lost("watching /dev"))?;
        let begin_ns = monotonic_ns();
        let device = loop {
            if let Some(device) = search().map_err(lost("listing the disks"))?? {
                break device;
            }
            if monotonic_ns() - begin_ns > PATIENCE_NS {
                return Err(Stop::new(
                    GuestStatus::NoDataPort,
                    format_args!(
                        "there is no FAT volume called {VOLUME_LABEL}: is the stick plugged in? try another USB port"
                    ),
                ));
            }
            wait_for_news(&news).map_err(lost("waiting for a disk"))?;
        };
        let volume = Self { device };
        volume.mount_to_read()?;
        Ok(volume)
    }

    fn mount_to_read(&self) -> Result<(), Stop> {
        let mounting = |error| self.failed("mounting the stick", error);
        match rustix::fs::mkdir(MOUNT_PATH, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(mounting(error)),
        }
        with_path(&["/dev/", self.device.name()], |device| {
            mount(device, MOUNT_PATH, "vfat", FLAGS | MountFlags::RDONLY, None)
        })
        .map_err(mounting)?;
        let _ = writeln!(Stdout, "the stick is /dev/{}", self.device.name());
        match self.with_path(CONF_PATH, |path| rustix::fs::access(path, Access::EXISTS)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let stop = match error {
                    Errno::NOENT => Stop::new(
                        GuestStatus::BadCommandLine,
                        format_args!(
                            "/dev/{} has no {CONF_PATH}: write the image to the stick again",
                            self.device.name()
                        ),
                    ),
                    error => self.failed("looking for the stick's configuration", error),
                };
                let _ = unmount(MOUNT_PATH, UnmountFlags::empty());
                Err(stop)
            }
        }
    }

    pub(super) fn make_writable(&self) -> Result<(), Stop> {
        mount_remount(MOUNT_PATH, FLAGS, c"")
            .and_then(|()| {
                match self.with_path(CAPTURES_PATH, |path| {
                    rustix::fs::mkdir(path, Mode::from_raw_mode(0o755))
                }) {
                    Ok(()) | Err(Errno::EXIST) => Ok(()),
                    Err(error) => Err(error),
                }
            })
            .map_err(|error| self.failed("preparing the stick for captures", error))
    }

    /// Leaves the stick as it may be pulled out.
    pub(super) fn leave(self) -> Result<(), Stop> {
        unmount(MOUNT_PATH, UnmountFlags::empty()).map_err(|error| {
            let stop = self.failed("leaving the stick", error);
            let _ = unmount(MOUNT_PATH, UnmountFlags::DETACH);
            stop
        })
    }

    /// Calls `use_path` with the path of something on the stick.
    pub(super) fn with_path<T>(
        &self,
        inside: &str,
        use_path: impl FnOnce(&str) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        with_path(&[MOUNT_PATH, inside], use_path)
    }

    pub(super) fn folder(&self) -> Result<OwnedFd, Errno> {
        self.with_path(CAPTURES_PATH, file::open)
    }

    /// Whether there is a capture of this name.
    pub(super) fn has(&self, name: CaptureName) -> bool {
        let mut place = [0; 32];
        let mut text = TextBuffer::new(&mut place);
        let _ = write!(text, "{name}");
        let name = core::str::from_utf8(text.as_bytes()).unwrap_or_default();
        with_path(&[MOUNT_PATH, CAPTURES_PATH, "/", name], |path| {
            rustix::fs::access(path, Access::EXISTS)
        })
        .is_ok()
    }

    /// The captures on the stick, as their highest number.
    pub(super) fn captures(&self) -> Result<Option<CaptureName>, Stop> {
        let list = || -> Result<Option<CaptureName>, Errno> {
            let folder = self.folder()?;
            let mut place = [MaybeUninit::uninit(); 2048];
            let mut entries = RawDir::new(&folder, &mut place);
            let mut highest = None;
            while let Some(entry) = entries.next() {
                let name = entry?;
                highest = highest.max(name.file_name().to_str().ok().and_then(CaptureName::parse));
            }
            Ok(highest)
        };
        list().map_err(|error| self.failed("listing the captures", error))
    }

    /// Has everything that was written on the stick.
    pub(super) fn sync(&self) -> Result<(), Errno> {
        rustix::fs::syncfs(self.folder()?)
    }

    /// Free bytes.
    pub(super) fn free_bytes(&self) -> Result<u64, Errno> {
        let data = rustix::fs::statfs(MOUNT_PATH)?;
        Ok(data.f_bavail.saturating_mul(u64::try_from(data.f_bsize).unwrap_or(0)))
    }

    /// An error of the system's while doing `what` on the stick, with its cause as a person knows it.
    pub(super) fn failed(&self, what: &str, error: Errno) -> Stop {
        Stop::new(GuestStatus::NoDataPort, format_args!("{what}: {}", self.cause(error)))
    }

    pub(super) fn cause(&self, error: Errno) -> &'static str {
        let is_gone = with_path(&[BLOCK_PATH, "/", self.device.name()], |path| {
            rustix::fs::access(path, Access::EXISTS)
        })
        .is_err();
        // The kernel says so before it takes the device away.
        if is_gone || matches!(error, Errno::NODEV | Errno::NXIO | Errno::NOMEDIUM) {
            return "the stick was pulled out; nothing of this measurement is kept";
        }
        match error {
            Errno::NOSPC => {
                "the stick is full; move captures from /uchaos/captures to another disk, and measure again"
            }
            Errno::ROFS | Errno::ACCESS | Errno::PERM => {
                "the stick is read-only; use its write switch, or another stick"
            }
            Errno::IO => "the stick does not read or write; use another one",
            Errno::INVAL => "its FAT volume is damaged; write the image to the stick again",
            Errno::EXIST => "a capture of that name exists already, and stays as it is",
            _ => "an error that has no name here; see `dmesg`",
        }
    }
}

/// Waits until a device appears, or for a moment.
fn wait_for_news(news: &OwnedFd) -> Result<(), Errno> {
    let mut ready = [PollFd::new(news, PollFlags::IN)];
    poll(&mut ready, Some(&LOOK_AGAIN))?;
    let mut place = [0; 4096];
    match file::read_some(news, &mut place) {
        Ok(_) | Err(Errno::AGAIN) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The stick among the disks; two of them are a question that only the person can answer.
fn search() -> Result<Result<Option<Device>, Stop>, Errno> {
    let folder = file::open(BLOCK_PATH)?;
    let mut place = [MaybeUninit::uninit(); 2048];
    let mut entries = RawDir::new(&folder, &mut place);
    let mut found: Option<Device> = None;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let Some(device) = entry.file_name().to_str().ok().and_then(Device::of) else { continue };
        // A disk that cannot be read is not the stick, or not yet.
        if device.name().starts_with('.') || !device.is_stick().unwrap_or(false) {
            continue;
        }
        if let Some(other) = found.replace(device) {
            return Ok(Err(Stop::new(
                GuestStatus::BadCommandLine,
                format_args!(
                    "/dev/{} and /dev/{} are both called {VOLUME_LABEL}: pull one of them out, and start again",
                    other.name(),
                    device.name()
                ),
            )));
        }
    }
    Ok(Ok(found))
}
