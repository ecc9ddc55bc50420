//! The filters and the conditions of several flags, `--where` or `--having`, as one of each.

use clio_proto::{Filter, Having};

use crate::usage::Usage;

/// A cell has to pass all of them.
pub(crate) fn filter(texts: &[String]) -> Result<Option<Filter>, Usage> {
    let filters = texts.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
    Ok(all(filters, Filter::And))
}

/// A group has to pass all of them.
pub(crate) fn having(texts: &[String]) -> Result<Option<Having>, Usage> {
    let conditions = texts.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
    Ok(all(conditions, Having::And))
}

fn all<C>(mut found: Vec<C>, and: impl FnOnce(Vec<C>) -> C) -> Option<C> {
    if found.len() > 1 { Some(and(found)) } else { found.pop() }
}
