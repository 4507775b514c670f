// SPDX-License-Identifier: GPL-2.0-or-later
//! `linux-guest/sources.toml`: the source files, their mirrors and their hashes.

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The whole manifest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Address and keyring of Debian's archive.
    pub debian: Debian,
    source: Vec<Source>,
    #[serde(default)]
    debs: Debs,
}

/// Debian's archive: entries for our own apt lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debian {
    pub keyring: PathBuf,
    /// `address suite component`, one line each.
    pub entries: Vec<String>,
}

/// Debian's packages by their exact versions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Debs {
    /// Addresses in which ARCHIVE and PATH are replaced by the package's.
    mirrors: Vec<String>,
    packages: Vec<Deb>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deb {
    archive: String,
    path: String,
    sha256: String,
}

/// One source file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    /// The version inside; for files that change with Debian's updates it is known only after fetching.
    pub version: Option<String>,
    pub file: String,
    /// The required SHA-256, in lower-case hexadecimal.
    pub sha256: Option<String>,
    pub mirrors: Vec<Mirror>,
}

/// One source of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mirror {
    Url(String),
    /// The upstream tarball of a Debian source package.
    DebianSource(String),
    /// A file in a Debian binary package.
    DebianPackage {
        name: String,
        /// The file's path as `dpkg-deb --contents` prints it.
        member: String,
    },
    /// The newest version of a Debian binary package, as a whole.
    Deb(String),
    /// Debian's newest kernel of a flavour, with its headers for modules: a tarball of its packages.
    DebianKernel(String),
    /// A whole Debian source package, patches included: a tarball of what `dpkg-source` unpacks.
    DebianSourcePackage(String),
}

impl Manifest {
    /// Reads and checks the manifest of the checkout at `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("linux-guest/sources.toml");
        let text = fs::read_to_string(&path)?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut manifest: Self = toml::from_str(text)?;
        let packages = manifest.debs.sources()?;
        manifest.source.extend(packages);
        for source in &manifest.source {
            source.check().with_context(|| format!("source '{}'", source.name))?;
        }
        Ok(manifest)
    }

    /// Every source, in the manifest's order.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.source.iter()
    }

    /// The Debian package of that name: in the version that the manifest names, and in the newest.
    pub fn deb(&self, name: &str) -> Result<[Source; 2]> {
        let pinned = self.source(name)?.clone();
        let newest = Source {
            version: None,
            file: format!("{name}-newest.deb"),
            sha256: None,
            mirrors: vec![Mirror::Deb(name.to_owned())],
            ..pinned.clone()
        };
        Ok([pinned, newest])
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Result<&Source> {
        self.source.iter().find(|source| source.name == name).with_context(|| {
            let known: Vec<&str> = self.source.iter().map(|source| source.name.as_str()).collect();
            format!(
                "no source is called '{name}' in linux-guest/sources.toml; there are {}",
                known.join(", ")
            )
        })
    }
}

impl Debs {
    fn sources(&self) -> Result<Vec<Source>> {
        self.packages.iter().map(|deb| self.source(deb)).collect()
    }

    fn source(&self, deb: &Deb) -> Result<Source> {
        let file = deb.path.rsplit('/').next().unwrap_or_default();
        let parts: Vec<&str> = file.split('_').collect();
        let [name, version, _architecture] = parts[..] else {
            bail!("[debs]: path = '{}' does not end as a Debian package's does", deb.path);
        };
        let address = |pattern: &String| {
            Mirror::Url(pattern.replace("ARCHIVE", &deb.archive).replace("PATH", &deb.path))
        };
        Ok(Source {
            name: name.to_owned(),
            version: Some(version.to_owned()),
            file: file.to_owned(),
            sha256: Some(deb.sha256.clone()),
            mirrors: self.mirrors.iter().map(address).collect(),
        })
    }
}

impl Source {
    fn check(&self) -> Result<()> {
        if self.mirrors.is_empty() {
            bail!("has no mirrors");
        }
        if self.file.contains('/') || self.file.starts_with('.') {
            bail!("file = '{}' must be a plain file name", self.file);
        }
        let hexadecimal = |c| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        match &self.sha256 {
            Some(sum) if sum.len() != 64 || !sum.bytes().all(hexadecimal) => {
                bail!("sha256 = '{sum}' is not 64 lower-case hexadecimal digits")
            }
            None if self.mirrors.iter().any(|mirror| matches!(mirror, Mirror::Url(_))) => {
                bail!("has an address but no sha256: the download could not be verified")
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Mirror {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => out.write_str(url),
            Self::DebianSource(package) => write!(out, "Debian's source package {package}"),
            Self::DebianKernel(flavour) => {
                write!(out, "Debian's packages for linux-image-{flavour}")
            }
            Self::DebianSourcePackage(package) => {
                write!(out, "Debian's source package {package}, with its patches")
            }
            Self::Deb(name) => write!(out, "Debian's newest package {name}"),
            Self::DebianPackage { name, .. } => write!(out, "Debian's package {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "[debian]\nkeyring = \"k\"\nentries = []\n[[source]]\nname = \"a\"\nfile = \"a.tar\"\n";

    #[test]
    fn the_manifest_of_the_checkout_is_sound() {
        let root = Path::new("../..");
        let manifest = Manifest::read(root).unwrap();
        let linux = manifest.source("linux-5.15").unwrap();
        assert_eq!(linux.version.as_deref(), Some("5.15.200"));
        let error = manifest.source("linux-5.14").unwrap_err().to_string();
        assert!(error.contains("linux-5.15") && error.contains("busybox-1.37"), "{error}");
        let [pinned, newest] = manifest.deb("libaio1").unwrap();
        let Mirror::Url(url) = &pinned.mirrors[0] else { panic!("{pinned:?}") };
        assert!(
            url.starts_with("http://deb.debian.org/debian/pool/") && url.ends_with(&pinned.file)
        );
        assert!(pinned.sha256.is_some() && newest.sha256.is_none());
        assert!(manifest.deb("libaio").is_err());
    }

    #[test]
    fn an_unknown_key_and_an_unverifiable_address_are_errors() {
        let wrong_key = format!("{HEAD}mirors = []");
        let error = format!("{:#}", Manifest::parse(&wrong_key).unwrap_err());
        assert!(error.contains("mirors") && error.contains("mirrors"), "{error}");
        let unverifiable = format!("{HEAD}mirrors = [{{ url = \"https://a.example/a.tar\" }}]");
        let error = format!("{:#}", Manifest::parse(&unverifiable).unwrap_err());
        assert!(error.contains("no sha256"), "{error}");
        let short_sum =
            format!("{HEAD}sha256 = \"abc\"\nmirrors = [{{ url = \"https://a.example/a.tar\" }}]");
        assert!(Manifest::parse(&short_sum).is_err());
    }
}
