//! What people keep beside the numbers: views, annotations on trends, short links, and what they do about
//! outliers.
//!
//! This crate answers one question: *where does the gateway store what people want to find again?* [`Store`] is the
//! trait for it, and [`SqliteStore`] its only implementation: a file beside the gateway, which is backed up by copying
//! it.
//!
//! ```text
//! gateway ── who asks, of which dataset (Scope) ──▶ Store ──▶ SqliteStore ── one transaction a call ──▶ FILE
//!                                                     │
//!                                                     └─ views, annotations, acknowledgements, mutes: each with a revision;
//!                                                        a change names the revision that was seen, and is refused if it is
//!                                                        outdated
//! ```
//!
//! It deliberately knows nothing about what it stores: an address is text that begins with `/`, an answer is some
//! bytes, a person is a name. So it depends on none of our other packages.

mod acknowledgement;
mod annotation;
mod error;
mod limits;
mod link;
mod mute;
mod scope;
mod sqlite;
mod store;
mod view;
mod visit;

pub use acknowledgement::{Acknowledgement, AcknowledgementDraft, AcknowledgementPage};
pub use annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked, Member};
pub use error::{OpenError, StoreError, Thing};
pub use limits::{
    MAX_ADDRESS_BYTES, MAX_ANSWER_BYTES, MAX_ANSWERS, MAX_LISTED, MAX_NAME_BYTES, MAX_TEXT_BYTES,
    StoreLimits,
};
pub use link::{Link, LinkAnswer, LinkDraft};
pub use mute::{Mute, MuteDraft};
pub use scope::{Revision, Scope, Stamp};
pub use sqlite::SqliteStore;
pub use store::Store;
pub use view::{View, ViewDraft};
pub use visit::{Listed, Visit, VisitDraft};
