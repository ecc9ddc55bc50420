//! Which files there are, before any is opened: what a day depends on, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{DayRange, Digest, DimensionColumn, Model, Recipe};
use datafusion::prelude::SessionContext;
use jiff::Span;
use jiff::civil::Date;
use url::Url;

use super::inputs::{Selection, folder_days};
use crate::config::Days;
use crate::error::{EtlError, TableName};
use crate::functions::is_utc;
use crate::source::{FolderDays, Listed, SourceFile};

/// The files of every source that measures are taken of, and what those of lookups come to that give
/// cells values.
///
/// Costs a listing; no file is opened.
#[derive(Debug, Clone)]
pub(crate) struct Inventory {
    /// In the model's order.
    pub(super) sources: Vec<Listed>,
    recipe: Recipe,
    is_utc: bool,
}

impl Inventory {
    /// Lists the files that may hold events of the days.
    pub(crate) async fn list(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        days: Days,
    ) -> Result<Self, EtlError> {
        let is_utc = is_utc(model.timezone_name());
        let sources = list_sources(ctx, model, base, folder_days(days, is_utc)).await?;
        let mut lookups = BTreeMap::new();
        for lookup in model.lookups() {
            let gives_values = model.dimensions().iter().any(|dimension| {
                matches!(&dimension.column, DimensionColumn::Lookup { lookup: name, .. } if *name == lookup.name)
            });
            if gives_values {
                let name = TableName::Lookup(lookup.name.clone());
                let listed = Listed::list(ctx, name, &lookup.files, base, None).await?;
                lookups.insert(lookup.name.clone(), Digest::of(&listed.describe(&listed.files)));
            }
        }
        let recipe = Recipe { cells: model.cells_fingerprint(), lookups };
        let mut inventory = Self { sources, recipe, is_utc };
        if matches!(days, Days::Range(_)) && !inventory.has_folders() {
            // Every day depends on all files, those of other folders included.
            inventory.sources = list_sources(ctx, model, base, None).await?;
        }
        Ok(inventory)
    }

    /// What turns the files into cells.
    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Every file lies in a `dt=` folder, so that one day can be read without the others.
    pub(crate) fn has_folders(&self) -> bool {
        (0..self.sources.len()).all(|index| self.source_has_folders(index))
    }

    pub(super) fn source_has_folders(&self, index: usize) -> bool {
        self.sources[index].files.iter().all(|file| file.folder_day.is_some())
    }

    /// Whether there is any file to read.
    pub(crate) fn has_files(&self) -> bool {
        self.sources.iter().any(|source| !source.files.is_empty())
    }

    /// The passes over the events: one a day where every file lies in the folder of its day, else one.
    pub(crate) fn selections(&self, days: Days) -> Vec<Selection> {
        if !self.has_folders() {
            return vec![Selection { days }];
        }
        let slack: &[i32] = if self.is_utc { &[0] } else { &[-1, 0, 1] };
        let folders = self.sources.iter().flat_map(|source| &source.files);
        let found: BTreeSet<Date> = folders
            .filter_map(|file| file.folder_day)
            .flat_map(|day| slack.iter().map(move |n| day.saturating_add(Span::new().days(*n))))
            .filter(|day| days.contains(*day))
            .collect();
        let one_day = |day| DayRange::try_new(day, day).map(Days::Range);
        found.into_iter().filter_map(one_day).map(|days| Selection { days }).collect()
    }

    /// The files of a source that the cells of the days are made of: the one place that says so, for what
    /// is read and for what a day's digest is taken of.
    pub(crate) fn files(&self, index: usize, selection: &Selection) -> Vec<SourceFile> {
        let folders = folder_days(selection.days, self.is_utc);
        let is_near = |file: &&SourceFile| match (file.folder_day, &folders) {
            (Some(day), Some(folders)) => folders.contains(&day),
            _ => true,
        };
        self.sources[index].files.iter().filter(is_near).cloned().collect()
    }

    /// What the files of a selection come to; where sources have no folders, that of all files.
    pub(crate) fn digest(&self, selection: &Selection) -> Digest {
        let all = Selection { days: Days::All };
        let selection = if self.has_folders() { selection } else { &all };
        let mut text = String::new();
        for (index, source) in self.sources.iter().enumerate() {
            let files = self.files(index, selection);
            text += &format!("{}\n{}\n\n", source.name, source.describe(&files));
        }
        Digest::of(&text)
    }

    /// What all files come to, those of lookups included.
    pub(crate) fn digest_of_all(&self) -> Digest {
        let mut text = format!("{:?}\n", self.recipe.lookups);
        for source in &self.sources {
            text += &format!("{}\n{}\n\n", source.name, source.describe(&source.files));
        }
        Digest::of(&text)
    }

    /// The digest of each pass over one day.
    pub(crate) fn digests_by_day(&self) -> BTreeMap<Date, Digest> {
        let by_day = |selection: Selection| match selection.days {
            Days::Range(range) => Some((range.first(), self.digest(&selection))),
            Days::All | Days::OutOfDate => None,
        };
        if self.has_folders() {
            self.selections(Days::All).into_iter().filter_map(by_day).collect()
        } else {
            BTreeMap::new()
        }
    }
}

async fn list_sources(
    ctx: &SessionContext,
    model: &Model,
    base: &Url,
    days: FolderDays,
) -> Result<Vec<Listed>, EtlError> {
    let mut sources = Vec::new();
    for source in model.sources() {
        let is_measured = model.stored_measures().any(|m| m.kind.source() == Some(&source.name));
        if is_measured {
            let name = TableName::Source(source.name.clone());
            sources.push(Listed::list(ctx, name, &source.files, base, days.clone()).await?);
        }
    }
    Ok(sources)
}
