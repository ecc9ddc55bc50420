//! A seed for random draws that differs from process to process.

use clio_proto::stable_digest;

use crate::clock;

/// A seed that no other process of this machine has: from the time, and the process id.
pub(crate) fn of_this_process() -> u64 {
    let (now, process) = (clock::now().as_nanosecond(), std::process::id());
    stable_digest(format!("{now} {process}").as_bytes())
}
