//! `clio members`: the values of fields, and what filters leave of them.

use clio_proto::{Member, MembersRequest, QueryRange, SnapshotId};
use serde_json::json;

use crate::args::{MembersArgs, ReportFormat};
use crate::output::{self, whole_text};
use crate::settings::Settings;
use crate::terminal::{answer, say};
use crate::usage::Usage;
use crate::{conditions, cube};

/// Searches once and prints what was found.
pub(crate) async fn run(args: MembersArgs, settings: &Settings) -> anyhow::Result<()> {
    let request = lower(&args)?;
    let is_narrowed = request.is_narrowed();
    let service = cube::open(&args.from_where, settings, request.snapshot, None).await?;
    let page = service.members(request).await?;
    match args.format {
        ReportFormat::Json => {
            let members: Vec<_> = page.members.iter().map(as_json).collect();
            let found = json!({
                "n_total": page.n_total, "has_next_page": page.has_next_page(),
                "end_cursor": page.end.map(|end| end.to_string()), "members": members,
            });
            answer!("{}", serde_json::to_string_pretty(&found)?);
        }
        ReportFormat::Text => {
            say!("{}", table(&page.members, is_narrowed));
            let (n_shown, n_total) = (page.members.len(), page.n_total);
            match page.end.filter(|_| page.has_next_page()) {
                Some(end) => say!("{n_shown} of {n_total} members; the next ones: --after {end}"),
                // A service that does not support cursors yet.
                None if page.end.is_none() && n_total > n_shown as u64 => {
                    say!("{n_shown} of {n_total} members; see --limit");
                }
                None => {}
            }
        }
    }
    Ok(())
}

fn lower(args: &MembersArgs) -> Result<MembersRequest, Usage> {
    let range = match (args.from, args.to) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    };
    Ok(MembersRequest {
        field: args.field.as_deref().map(clio_proto::FieldRef::parse),
        search: args.search.clone(),
        limit: args.limit,
        offset: args.offset,
        after: args
            .after
            .as_deref()
            .map(|text| text.parse().map_err(|error| Usage(format!("--after: {error}"))))
            .transpose()?,
        snapshot: args.snapshot.map(SnapshotId),
        range,
        filter: conditions::filter(&args.filter)?,
    })
}

fn as_json(member: &Member) -> serde_json::Value {
    let Member { field, value, label, media, n_cells, n_cells_left } = member;
    json!({
        "field": field.to_string(), "value": value, "label": label, "media": media, "n_cells": n_cells,
        "n_cells_left": n_cells_left,
    })
}

fn table(members: &[Member], is_narrowed: bool) -> impl std::fmt::Display {
    let left = is_narrowed.then_some("left");
    let heads = ["field", "value", "label", "cells"].into_iter().chain(left);
    let rows = members.iter().map(|member| {
        let Member { field, value, label, media: _, n_cells, n_cells_left } = member;
        let value = value.clone().unwrap_or_else(|| "(null)".to_owned());
        let left = n_cells_left.map(|n| whole_text(n.into()));
        let texts = [
            field.to_string(),
            value,
            label.clone().unwrap_or_default(),
            whole_text((*n_cells).into()),
        ];
        texts.into_iter().chain(left).collect()
    });
    output::table_of(heads.map(str::to_owned).collect(), rows.collect())
}
