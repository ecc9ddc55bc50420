//! What people keep beside the numbers: views, annotations on trends, and short links.
//!
//! This crate answers one question: *where does the gateway put what somebody wants to find again?* [`Store`] is the trait behind which it
//! lies, and [`SqliteStore`] the one that there is: a file beside the gateway, which is backed up by copying it.
//!
//! ```text
//! gateway ── who asks, of which dataset (Scope) ──▶ Store ──▶ SqliteStore ── one transaction a call ──▶ FILE
//!                                                     │
//!                                                     └─ views, annotations: each with a revision; who changes one names
//!                                                        the revision that they saw, and is refused if it is another
//! ```
//!
//! It deliberately knows nothing of what it keeps: an address is a text that begins with `/`, an answer some bytes, a person a name. So it
//! uses none of our other packages.

mod annotation;
mod error;
mod limits;
mod link;
mod scope;
mod sqlite;
mod store;
mod view;

pub use annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked, Member};
pub use error::{OpenError, StoreError, Thing};
pub use limits::{
    MAX_ADDRESS_BYTES, MAX_ANSWER_BYTES, MAX_ANSWERS, MAX_NAME_BYTES, MAX_TEXT_BYTES, StoreLimits,
};
pub use link::{Link, LinkAnswer, LinkDraft};
pub use scope::{Revision, Scope, Stamp};
pub use sqlite::SqliteStore;
pub use store::Store;
pub use view::{View, ViewDraft};
