//! The trait of a store.

use std::fmt;

use async_trait::async_trait;

use crate::acknowledgement::{Acknowledgement, AcknowledgementDraft, AcknowledgementPage};
use crate::annotation::{Annotation, AnnotationDraft, AnnotationPage, AnnotationsAsked};
use crate::error::StoreError;
use crate::link::{Link, LinkDraft};
use crate::mute::{Mute, MuteDraft};
use crate::scope::{Revision, Scope};
use crate::view::{View, ViewDraft};
use crate::visit::{Visit, VisitDraft};

/// Stores what people want to find again. Every call is one transaction: it took effect, or its error says why it did
/// not.
///
/// People see their own views, views that others share, all annotations and all acknowledgements, and no
/// mutes or visits but their own; they change only their own. A removed
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

    /// The newest acknowledgements, at most `limit`.
    async fn acknowledgements(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<AcknowledgementPage, StoreError>;

    /// Acknowledges an outlier, unless some of its days are acknowledged already: then it was changed meanwhile.
    async fn add_acknowledgement(
        &self,
        scope: &Scope,
        draft: AcknowledgementDraft,
    ) -> Result<Acknowledgement, StoreError>;

    /// Replaces the note of an acknowledgement, if it is at the revision.
    async fn change_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
        note: Option<String>,
    ) -> Result<Acknowledgement, StoreError>;

    /// Removes an acknowledgement, if it is at the revision. Removal increments the revision.
    async fn remove_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Acknowledgement, StoreError>;

    /// Restores a removed acknowledgement, if it is at the revision and its days are not acknowledged meanwhile.
    async fn restore_acknowledgement(
        &self,
        scope: &Scope,
        at: Revision,
    ) -> Result<Acknowledgement, StoreError>;

    /// The person's mutes, the newest first.
    async fn mutes(&self, scope: &Scope) -> Result<Vec<Mute>, StoreError>;

    /// Mutes outliers of a member. If the person has muted the same, that mute gets the new day.
    async fn add_mute(&self, scope: &Scope, draft: MuteDraft) -> Result<Mute, StoreError>;

    /// Removes a mute, if it is at the revision. Removal increments the revision.
    async fn remove_mute(&self, scope: &Scope, at: Revision) -> Result<Mute, StoreError>;

    /// Restores a removed mute, if it is at the revision.
    async fn restore_mute(&self, scope: &Scope, at: Revision) -> Result<Mute, StoreError>;

    /// The list of outliers that the person was shown last.
    async fn last_visit(&self, scope: &Scope) -> Result<Option<Visit>, StoreError>;

    /// Records the list of outliers that the person is shown, in place of the one before.
    async fn add_visit(&self, scope: &Scope, draft: VisitDraft) -> Result<Visit, StoreError>;
}
