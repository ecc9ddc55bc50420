//! The member and the kind of outlier that something kept is about, and whether the one who asks may see that member.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::dynamic::{InputObject, InputValue, TypeRef};
use clio_proto::{
    Code, FieldRef, Filter, GroupKey, MAX_LIMIT, OutlierKind, Query, ServiceError, Test,
};
use clio_store::Member;

use super::super::outliers::OUTLIER_KIND;
use super::super::question::FIELD;
use super::Keeper;
use crate::argument::Argument;
use crate::lower;
use crate::names::{Names, enum_name};

/// The entries of an input for a member.
pub(super) fn with_member(input: InputObject) -> InputObject {
    input
        .field(
            InputValue::new("field", TypeRef::named_nn(FIELD))
                .description("The dimension whose members are compared."),
        )
        .field(
            InputValue::new("value", TypeRef::named_nn(TypeRef::STRING))
                .description("The member's value."),
        )
}

pub(super) fn kind_input(ty: fn(&'static str) -> TypeRef, description: &str) -> InputValue {
    InputValue::new("kind", ty(OUTLIER_KIND)).description(description)
}

pub(super) fn member(names: &Names, input: &Argument<'_>) -> Result<Member, ServiceError> {
    let field = lower::required_entry(input, "field")?;
    let found = names.field(field.name()?).ok_or_else(|| field.is_not("a field"))?;
    let value = lower::required_entry(input, "value")?.text()?.to_owned();
    Ok(Member { field: found.to_string(), value })
}

/// The name under which a kind is kept.
pub(super) fn kind(input: &Argument<'_>) -> Result<String, ServiceError> {
    let name = input.name()?;
    let found = OutlierKind::ALL.iter().find(|kind| enum_name(kind.as_str()) == name);
    let kind = found.ok_or_else(|| input.is_not("a kind of outlier"))?;
    Ok(kind.as_str().to_owned())
}

/// Whether a kept kind is one that this version knows.
pub(super) fn is_known(kind: &str) -> bool {
    OutlierKind::ALL.iter().any(|known| known.as_str() == kind)
}

/// Those of some members that serving shows to the one who asks: all of them where nobody signs in. Takes one query for
/// each field.
pub(super) async fn visible(
    keeper: &Keeper,
    members: BTreeSet<Member>,
) -> Result<BTreeSet<Member>, ServiceError> {
    if keeper.asker.caller.is_unrestricted() || members.is_empty() {
        return Ok(members);
    }
    let asker = &keeper.asker;
    let dataset = asker.ask(|service| async move { service.describe().await }).await?;
    let Some(measure) = dataset.measures.first() else { return Ok(BTreeSet::new()) };
    let mut by_field: BTreeMap<FieldRef, BTreeSet<String>> = BTreeMap::new();
    for Member { field, value } in members {
        by_field.entry(FieldRef::parse(&field)).or_default().insert(value);
    }
    let mut seen = BTreeSet::new();
    for (field, values) in by_field {
        if !dataset.fields.iter().any(|info| info.field == field) {
            continue;
        }
        let values: Vec<String> = values.into_iter().collect();
        for some in values.chunks(MAX_LIMIT) {
            let query = Query {
                filter: Some(Filter::Field {
                    field: field.clone(),
                    test: Test::AnyOf(some.to_vec()),
                }),
                group_by: vec![GroupKey::Field(field.clone())],
                limit: some.len(),
                ..Query::total([measure.name.as_str()])
            };
            let answer = asker.ask(|service| async move { service.query(query, None).await });
            let keys = answer.await?.rows.into_iter().filter_map(|row| row.keys.into_iter().next());
            let value = |key: clio_proto::Key| key.value;
            let field = field.to_string();
            seen.extend(keys.filter_map(value).map(|value| Member { field: field.clone(), value }));
        }
    }
    Ok(seen)
}

/// Refuses a member that the one who asks may not see, as if there were none.
pub(super) async fn expect_visible(keeper: &Keeper, member: &Member) -> Result<(), ServiceError> {
    let found = visible(keeper, BTreeSet::from([member.clone()])).await?;
    if found.contains(member) {
        return Ok(());
    }
    let message = format!("there is no member `{}` of `{}`", member.value, member.field);
    Err(ServiceError::new(Code::NotFound, message))
}
