//! Keys of rows, for people.

use clio_proto::Key;

use crate::terminal::{Lines, safe};

/// A member's label, with its value if that differs.
pub(super) fn key_text(key: &Key) -> String {
    let text = match (&key.label, &key.value) {
        (Some(label), Some(value)) if label != value => format!("{label} ({value})"),
        (_, Some(value)) => value.clone(),
        (Some(label), None) => label.clone(),
        (None, None) => "(null)".to_owned(),
    };
    safe(&text, Lines::One).into_owned()
}
