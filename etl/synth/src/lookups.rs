//! The tables beside the events: assets, and who is in which audience.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::SynthProgress;
use super::catalogue::{Asset, Catalogue, tags};
use super::error::SynthError;
use super::files::{TableFile, profile_id, text_column, text_field};
use super::people::{AUDIENCES, audiences_of};
use super::world::World;

/// The number of people written at once.
const CHUNK_PEOPLE: u32 = 32_768;

/// The address at which an asset's preview is served.
fn preview_url(asset: &Asset) -> String {
    format!("/media/previews/{}.svg", asset.id)
}

/// Writes one row per asset.
pub(super) fn write_assets(path: &Path, catalogue: &Catalogue) -> Result<(), SynthError> {
    let mut file = TableFile::create(path, asset_schema())?;
    file.write(asset_batch(catalogue))?;
    file.close()
}

fn asset_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("asset_id"),
        text("title_id"),
        text("name"),
        text("title"),
        text("media_type"),
        text("language"),
        Field::new("tags", DataType::List(Arc::new(tag_field())), false),
        text("preview_url"),
    ]))
}

fn tag_field() -> Field {
    Field::new("element", DataType::Utf8, false)
}

fn asset_batch(catalogue: &Catalogue) -> Result<RecordBatch, ArrowError> {
    let text = |of: &dyn Fn(&Asset) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(catalogue.assets.iter().map(of)))
    };
    let title = |asset: &Asset| &catalogue.titles[usize::from(asset.title)];
    let mut tag_lists = ListBuilder::new(StringBuilder::new()).with_field(tag_field());
    let names = tags();
    for asset in &catalogue.assets {
        for tag in &asset.tags {
            tag_lists.values().append_value(names[usize::from(*tag)]);
        }
        tag_lists.append(true);
    }
    RecordBatch::try_new(
        asset_schema(),
        vec![
            text(&|asset| asset.id.clone()),
            text(&|asset| title(asset).id.clone()),
            text(&|asset| asset.name.clone()),
            text(&|asset| title(asset).name.clone()),
            text(&|asset| asset.media_type.as_str().to_owned()),
            text(&|asset| asset.language.to_owned()),
            Arc::new(tag_lists.finish()),
            text(&preview_url),
        ],
    )
}

/// Writes one row for each person and audience; returns their number.
pub(super) fn write_profile_audiences(
    path: &Path,
    world: &World,
    n_people: u32,
    progress: &dyn SynthProgress,
) -> Result<u64, SynthError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("profile_id", DataType::Int64, false),
        text_field("audience", false),
    ]));
    let names: ArrayRef = Arc::new(StringArray::from(AUDIENCES.to_vec()));
    let mut file = TableFile::create(path, Arc::clone(&schema))?;
    let mut n_rows = 0;
    let mut start = 0;
    while start < n_people {
        let people = start..start.saturating_add(CHUNK_PEOPLE).min(n_people);
        start = people.end;
        progress.advance(u64::from(people.end - people.start));
        let (ids, audiences) = memberships(world, people);
        n_rows += ids.len() as u64;
        let columns = text_column(audiences, &names)
            .and_then(|names| RecordBatch::try_new(Arc::clone(&schema), vec![ids, names]));
        file.write(columns)?;
    }
    file.close()?;
    Ok(n_rows)
}

fn memberships(world: &World, people: Range<u32>) -> (ArrayRef, Int32Array) {
    let (mut ids, mut audiences) = (Vec::new(), Vec::new());
    for index in people {
        for audience in audiences_of(world.profile(index).persona) {
            ids.push(profile_id(index));
            audiences.push(i32::from(*audience));
        }
    }
    (Arc::new(Int64Array::from(ids)), Int32Array::from(audiences))
}
