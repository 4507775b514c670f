// SPDX-License-Identifier: GPL-2.0-or-later
//! Profiles other than the one under test. Their kernels have other fragments, so these checks are long.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use super::Rig;
use super::linux::{DEADLINE, PROMPT, Setting, interactive, line_after, shell_output};
use guest_build::linux_image::{self, LinuxOptions};
use guest_run::archive::read_back;
use guest_run::{LinuxImage, Network};
use measure::footprint::limits;
use measure::init_clock::instructions_to_init;

checks! {
    long:
    osso_is_online_and_offline,
    osso_takes_an_address_and_files_from_the_network,
    lab_has_network_module_and_tools
}

/// The commands of Osso Linux.
const OSSO: &str =
    "sh cat clear cp echo ls mkdir mdev mount mv ps rm umount uname ping ifconfig route";
/// What it is used with.
const ONLINE: &str = "wget nc vi udhcpc";

fn osso_is_online_and_offline(rig: &Rig) -> Result<()> {
    let image = build(rig, "osso")?;
    let files = read_back(&fs::read(&image.initramfs)?)?;
    let missing: Vec<&str> = OSSO
        .split(' ')
        .chain(ONLINE.split(' '))
        .filter(|name| !files.contains_key(&format!("bin/{name}")))
        .collect();
    ensure!(missing.is_empty(), "there is no {missing:?}");
    let (together, limits) = (image.len_bytes()?, limits::of(&image)?);
    let at_most = limits.image_bytes_at_most;
    ensure!(together <= at_most, "osso has {together} bytes, and {at_most} are allowed");
    for (network, said) in [
        (Some(Network::User), "ONLINE: 10.0.2.15/24 by way of 10.0.2.2"),
        (Some(Network::Silent), "OFFLINE: the gateway 10.0.2.2 does not answer"),
        (None, "OFFLINE: there is no network card"),
    ] {
        let mut session = interactive(rig, "osso", &setting(&image, network))?;
        session.expect("[1/3] devices", DEADLINE)?;
        session.expect(said, DEADLINE)?;
        session.expect(PROMPT, DEADLINE)?;
        session.send("rm /dev/null; mdev -s; ls /dev/null && echo node-$((6 * 7))");
        session.expect("node-42", DEADLINE)?;
        if network == Some(Network::User) {
            session.send("ifconfig eth0; route -n; ping -c 1 10.0.2.2");
            session.expect("inet addr:10.0.2.15", DEADLINE)?;
            session.expect("10.0.2.2", DEADLINE)?;
            session.expect(" 0% packet loss", DEADLINE)?;
        }
        session.send("exit");
        session.finish()?;
    }
    let small = Setting { memory_mib: 32, ..setting(&image, Some(Network::User)) };
    let outcome = shell_output(rig, "osso-memory", &small, "cat /proc/meminfo")?;
    let available_kb = line_after(&outcome, "MemAvailable:")?.trim().trim_end_matches(" kB");
    let available_kb: u64 = available_kb.parse().context("MemAvailable is not a number")?;
    let at_least = limits.available_kb_at_least;
    ensure!(available_kb >= at_least, "MemAvailable is {available_kb} kB of {at_least} wanted");
    let taken =
        instructions_to_init(image.kernel(), &image.initramfs, &image.command_line, rig.scratch())?;
    let at_most = limits.instructions_at_most;
    ensure!(taken <= at_most, "{taken} instructions to /init, and {at_most} are allowed");
    Ok(())
}

/// The host's own loopback is behind the gateway of an open network.
fn osso_takes_an_address_and_files_from_the_network(rig: &Rig) -> Result<()> {
    let image = build(rig, "osso")?;
    let host = TcpListener::bind("127.0.0.1:0")?;
    let port = host.local_addr()?.port();
    let server = thread::spawn(move || serve_two(&host));
    let mut session = interactive(rig, "osso-open", &setting(&image, Some(Network::Open)))?;
    session.expect("ONLINE", DEADLINE)?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("ifconfig eth0 0.0.0.0; udhcpc -n -q -i eth0");
    // The client does not wait for its script, which says this last.
    session.expect("dhcp: eth0 has 10.0.2.15, by way of 10.0.2.2", DEADLINE)?;
    session.send("cat /etc/resolv.conf");
    session.expect("nameserver 10.0.2.3", DEADLINE)?;
    session.send(&format!("wget -O /tmp/page http://10.0.2.2:{port}/page && cat /tmp/page"));
    session.expect("page-42", DEADLINE)?;
    session.send(&format!("echo from-the-guest | nc 10.0.2.2 {port}"));
    session.expect("heard from-the-guest", DEADLINE)?;
    session.send("exit");
    session.finish()?;
    server.join().map_err(|_| anyhow!("the host's server panicked"))?.context("serving the guest")
}

/// A page for `wget`, and then a line for `nc`.
fn serve_two(host: &TcpListener) -> io::Result<()> {
    let (mut client, _) = host.accept()?;
    let mut request = BufReader::new(client.try_clone()?).lines();
    while request.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    write!(client, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\npage-42\n")?;
    drop((client, request));
    let (mut client, _) = host.accept()?;
    let mut line = String::new();
    BufReader::new(client.try_clone()?).read_line(&mut line)?;
    write!(client, "heard {line}")
}

fn lab_has_network_module_and_tools(rig: &Rig) -> Result<()> {
    let image = build(rig, "lab")?;
    let mut session = interactive(rig, "lab", &setting(&image, Some(Network::User)))?;
    session.expect("ONLINE", DEADLINE)?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("ping -c 1 10.0.2.2 | awk '/transmitted/ { print \"got-\" $4 }'");
    session.expect("got-1", DEADLINE)?;
    session.send("ip address del 10.0.2.15/24 dev eth0; udhcpc -n -q; ip address");
    session.expect("dhcp: eth0 has 10.0.2.15", DEADLINE)?;
    session.expect("inet 10.0.2.15/24", DEADLINE)?;
    session.send("uchaosbox health && echo healthy-$((6 * 7))");
    session.expect("healthy-42", DEADLINE)?;
    session.send("exit");
    session.finish()?;
    Ok(())
}

fn build(rig: &Rig, profile: &str) -> Result<LinuxImage> {
    let context = rig.context()?;
    let options = LinuxOptions { profile: profile.to_owned(), ..rig.linux_options().clone() };
    linux_image::build(&context, &options, &rig.images()?.engine.object)
}

fn setting(image: &LinuxImage, network: Option<Network>) -> Setting<'_> {
    Setting {
        network,
        kernel: Some(image.kernel()),
        initramfs: Some(&image.initramfs),
        command_line: Some(&image.command_line),
        ..Setting::default()
    }
}
