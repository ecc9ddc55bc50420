//! The trait of a store.

use std::fmt;

use async_trait::async_trait;

use crate::annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked};
use crate::error::StoreError;
use crate::link::{Link, LinkDraft};
use crate::scope::{Revision, Scope};
use crate::view::{View, ViewDraft};

/// Stores what people want to find again. Every call is one transaction: it took effect, or its error says why it did
/// not.
///
/// People see their own views, views that others share, and all annotations; they change only their own. A removed
/// thing can be restored as long as it is among the last two hundred of its kind.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// All views visible to the person, by name.
    async fn views(&self, scope: &Scope) -> Result<Vec<View>, StoreError>;

    /// Adds a view.
    async fn add_view(&self, scope: &Scope, draft: ViewDraft) -> Result<View, StoreError>;

    /// Replaces a view by a draft, if it is at the revision.
    async fn change_view(
        &self,
        scope: &Scope,
        at: Revision,
        draft: ViewDraft,
    ) -> Result<View, StoreError>;

    /// Removes a view, if it is at the revision. Removal increments the revision.
    async fn remove_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError>;

    /// Restores a removed view, if it is at the revision.
    async fn restore_view(&self, scope: &Scope, at: Revision) -> Result<View, StoreError>;

    /// Records that the person opened a view. Its revision stays the same.
    async fn open_view(&self, scope: &Scope, id: i64) -> Result<View, StoreError>;

    /// Sets or clears the view that the person starts with.
    async fn set_default_view(
        &self,
        scope: &Scope,
        id: Option<i64>,
    ) -> Result<Option<View>, StoreError>;

    /// The selected annotations.
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

    /// Replaces an annotation by a draft, if it is at the revision.
    async fn change_annotation(
        &self,
        scope: &Scope,
        at: Revision,
        draft: AnnotationDraft,
    ) -> Result<Annotation, StoreError>;

    /// Removes an annotation, if it is at the revision. Removal increments the revision.
    async fn remove_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError>;

    /// Restores a removed annotation, if it is at the revision.
    async fn restore_annotation(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Annotation, StoreError>;

    /// Stores a link. Links with equal contents are stored once.
    async fn add_link(&self, scope: &Scope, draft: LinkDraft) -> Result<Link, StoreError>;

    /// The link with an id.
    async fn link(&self, scope: &Scope, id: &str) -> Result<Link, StoreError>;
}
