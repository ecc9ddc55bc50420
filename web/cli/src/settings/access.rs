//! `[access]`: the access settings that gateway and serving share, and the audit log.

use super::kind::{Kind, SIZES};
use super::{Place, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ["access.keys", "CLIO_ACCESS_KEYS", "keys"],
        Kind::File,
        "The file of API keys that `clio keys` writes; read again when it changes",
        |it| Place::MaybePath(&mut it.access.keys),
    ),
    Setting::new(
        ["access.audit_log", "CLIO_ACCESS_AUDIT_LOG", "audit-log"],
        Kind::File,
        "A file to which a line of JSON is added for everything that is asked: who, what, when, and how it ended",
        |it| Place::MaybePath(&mut it.access.audit_log),
    ),
    Setting::rare(
        ["access.audit_log_size", "CLIO_ACCESS_AUDIT_LOG_SIZE", "audit-log-size"],
        SIZES,
        "How large the file of the audit log may become before a new one is begun",
        |it| Place::Size64(&mut it.access.audit_log_bytes),
    ),
    Setting::rare(
        ["access.audit_log_files", "CLIO_ACCESS_AUDIT_LOG_FILES", "audit-log-files"],
        Kind::Count(1, 10_000),
        "How many older files of the audit log are kept, as `FILE.1` and so on",
        |it| Place::Count(&mut it.access.n_audit_log_files),
    ),
];
