//! The trait behind which all that is kept lies.

use std::fmt;

use async_trait::async_trait;

use crate::annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked};
use crate::error::StoreError;
use crate::link::{Link, LinkDraft};
use crate::scope::{Revision, Scope};
use crate::view::{View, ViewDraft};

/// Keeps what people want to find again. Every call is one transaction: it happened, or its error says why it did not.
///
/// A person sees their own views and those that others share, and all annotations; they change what is theirs. What was removed can be
/// restored as long as it is among the last two hundred of its kind.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// All views that the person sees, by name.
    async fn views(&self, scope: &Scope) -> Result<Vec<View>, StoreError>;

    /// Adds a view.
    async fn add_view(&self, scope: &Scope, draft: ViewDraft) -> Result<View, StoreError>;

    /// Puts a draft in the place of a view, if it is at the revision.
    async fn change_view(
        &self,
        scope: &Scope,
        at: Revision,
        draft: ViewDraft,
    ) -> Result<View, StoreError>;

    /// Removes a view, if it is at the revision. What was removed has one more.
    async fn remove_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError>;

    /// Brings a removed view back, if it is at the revision.
    async fn restore_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError>;

    /// Notes that the person opens a view. Its revision stays.
    async fn open_view(&self, scope: &Scope, id: i64) -> Result<View, StoreError>;

    /// Makes a view the one that the person begins with, or none.
    async fn set_default_view(
        &self,
        scope: &Scope,
        id: Option<i64>,
    ) -> Result<Option<View>, StoreError>;

    /// The annotations that are asked for.
    async fn annotations(
        &self,
        scope: &Scope,
        asked: AnnotationsAsked,
    ) -> Result<AnnotationPage, StoreError>;

    /// Adds an annotation.
    async fn add_annotation(
        &self,
        scope: &Scope,
        draft: AnnotationDraft,
    ) -> Result<Annotation, StoreError>;

    /// Puts a draft in the place of an annotation, if it is at the revision.
    async fn change_annotation(
        &self,
        scope: &Scope,
        at: Revision,
        draft: AnnotationDraft,
    ) -> Result<Annotation, StoreError>;

    /// Removes an annotation, if it is at the revision. What was removed has one more.
    async fn remove_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError>;

    /// Brings a removed annotation back, if it is at the revision.
    async fn restore_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError>;

    /// Keeps a link. One that says the same is there once.
    async fn add_link(&self, scope: &Scope, draft: LinkDraft) -> Result<Link, StoreError>;

    /// The link of an id.
    async fn link(&self, scope: &Scope, id: &str) -> Result<Link, StoreError>;
}
