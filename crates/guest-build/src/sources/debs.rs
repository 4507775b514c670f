// SPDX-License-Identifier: GPL-2.0-or-later
//! Debian's packages for a guest's disk, as one step: each in the version that the manifest names, else the newest.

use anyhow::{Result, bail};

use super::{Manifest, Obtained, Source, fetch, folder, http, in_cache, is_final};
use crate::log::StepLog;
use guest_run::CommandContext;

/// The packages of these names, from the cache or fetched. With `--dry-run` nothing is fetched, and only those in
/// the cache are returned.
///
/// # Errors
/// Returns an error if one is not available in any version, or if a hash is wrong ([`WrongSum`](super::WrongSum)).
pub fn obtain_debs(context: &CommandContext, names: &[String]) -> Result<Vec<Obtained>> {
    let manifest = Manifest::read(&context.root)?;
    let folder = folder(context);
    let label = context.next_label("Debian's packages");
    let (mut packages, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let sources = manifest.deb(name)?;
        match first_in_cache(&folder, &sources)? {
            Some(obtained) => packages.push(obtained),
            None => missing.push(sources),
        }
    }
    if missing.is_empty() {
        eprintln!("{label} … {} in the cache", packages.len());
        return Ok(packages);
    }
    if context.dry_run {
        eprintln!("{label} … {} would be fetched", missing.len());
        return Ok(packages);
    }
    if context.offline {
        let files: Vec<&str> = missing.iter().map(|[pinned, _]| pinned.file.as_str()).collect();
        bail!(
            "--offline, but {} not in {}: run once without --offline, or put them there",
            files.join(", "),
            folder.display()
        );
    }
    let mut log = StepLog::create(&context.out.join("logs"), "source-debs", &label)?;
    for sources in &missing {
        log.bar().set_message(sources[0].name.clone());
        packages.push(fetch_first(context, &manifest, sources, &mut log)?);
    }
    log.finish();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    eprintln!("{label} … {} fetched, {} in all", missing.len(), packages.len());
    Ok(packages)
}

fn first_in_cache(folder: &std::path::Path, sources: &[Source]) -> Result<Option<Obtained>> {
    for source in sources {
        if let Some(obtained) = in_cache(folder, source)? {
            return Ok(Some(obtained));
        }
    }
    Ok(None)
}

fn fetch_first(
    context: &CommandContext,
    manifest: &Manifest,
    [pinned, newest]: &[Source; 2],
    log: &mut StepLog,
) -> Result<Obtained> {
    let fetch = |source, log: &mut StepLog| {
        fetch::from_mirrors(context, manifest, source, &folder(context), http::STALL, log)
    };
    match fetch(pinned, log) {
        Err(error) if !is_final(&error) => {
            log.say(&format!("{error:#}"))?;
            let obtained = fetch(newest, log)?;
            log.say(&format!(
                "{} {} is used instead of {}",
                obtained.name,
                obtained.version,
                pinned.version.as_deref().unwrap_or_default()
            ))?;
            Ok(obtained)
        }
        outcome => outcome,
    }
}
