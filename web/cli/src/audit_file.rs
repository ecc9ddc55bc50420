//! The audit log: a file of JSON lines, rotated by size.
//!
//! ```text
//! audit.log ──at its size──▶ audit.log.1 ──▶ audit.log.2 ──▶ … ──▶ the oldest goes
//! ```
//!
//! Each line is written whole before the answer is sent. Failed writes are reported in the service's own log; the
//! request is answered anyway.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clio_proto::{AuditEntry, AuditSink};

use crate::clock;

/// An audit log on disk.
#[derive(Debug)]
pub(crate) struct AuditFile {
    path: PathBuf,
    most_bytes: u64,
    n_older: usize,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    n_bytes: u64,
    has_failed: bool,
}

impl AuditFile {
    /// Opens a file for appending; it is rotated at `most_bytes`, and `n_older` older files are kept.
    pub(crate) fn open(path: &Path, most_bytes: u64, n_older: usize) -> io::Result<Self> {
        let open = Open::of(path)?;
        Ok(Self { path: path.to_owned(), most_bytes, n_older, open: Mutex::new(open) })
    }

    fn write(&self, line: &[u8]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let n_bytes = line.len() as u64;
        let is_full = open.n_bytes > 0 && open.n_bytes + n_bytes > self.most_bytes;
        let written = if is_full { self.turn(&mut open) } else { Ok(()) };
        match written.and_then(|()| open.file.write_all(line)) {
            Ok(()) => {
                open.n_bytes += n_bytes;
                open.has_failed = false;
            }
            // Reported once, until writing succeeds again.
            Err(error) => {
                if !std::mem::replace(&mut open.has_failed, true) {
                    let path = self.path.display();
                    tracing::error!(%path, %error, "the audit log cannot be written");
                }
            }
        }
    }

    /// Starts a new file, and renames each older one.
    fn turn(&self, open: &mut Open) -> io::Result<()> {
        for age in (1..self.n_older).rev() {
            match std::fs::rename(self.older(age), self.older(age + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.older(1))?;
        *open = Open::of(&self.path)?;
        Ok(())
    }

    fn older(&self, age: usize) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{age}"));
        name.into()
    }
}

impl Open {
    fn of(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        // The log is not for every user of the machine.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let n_bytes = file.metadata()?.len();
        Ok(Self { file, n_bytes, has_failed: false })
    }
}

impl AuditSink for AuditFile {
    fn note(&self, entry: AuditEntry) {
        let mut line = entry.json(clock::now()).to_string();
        line.push('\n');
        self.write(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_turn_at_their_size_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let log = AuditFile::open(&path, 10, 2).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "sixsixsixsix\n", "seven\n"] {
            log.write(line.as_bytes());
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read("audit.log").as_deref(), Some("seven\n"));
        assert_eq!(read("audit.log.1").as_deref(), Some("sixsixsixsix\n"));
        assert_eq!(read("audit.log.2").as_deref(), Some("four\nfive\n"));
        assert_eq!(read("audit.log.3"), None);
        // Existing files are appended to.
        let again = AuditFile::open(&path, 100, 2).unwrap();
        again.write(b"eight\n");
        assert_eq!(read("audit.log").as_deref(), Some("seven\neight\n"));
    }
}
