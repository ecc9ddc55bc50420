//! Searches for members: of one field or of all, and how many cells of each remain under other conditions.

use std::cmp::Reverse;

use clio_proto::{
    Code, FieldRef, Filter, MAX_LIMIT, Member, MemberPage, MembersRequest, Query, QuestionPart,
    ServiceError,
};

use crate::aggregate::Cancel;
use crate::config::Limits;
use crate::plan;
use crate::snapshot::{Field, FoundMember, NULL, Snapshot};
use crate::turn::Turn;

/// A member of some field that was found.
struct Found {
    /// The field's position.
    field: usize,
    member: FoundMember,
    n_left: Option<u64>,
}

/// Answers a search; computes, so it belongs on a thread that may block.
pub(crate) fn members(
    snapshot: &Snapshot,
    request: &MembersRequest,
    turn: Turn,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<MemberPage, ServiceError> {
    if request.limit > MAX_LIMIT {
        let message =
            format!("{} is above {MAX_LIMIT}; ask for one page after another", request.limit);
        return Err(ServiceError::new(Code::ResourceExhausted, message).of(QuestionPart::Limit));
    }
    let fields = match &request.field {
        Some(reference) => {
            let field = snapshot.field(reference);
            vec![field.map_err(|error| error.of(QuestionPart::Field))?]
        }
        None => (0..snapshot.fields.len()).collect(),
    };
    // Before anything is searched: whether the cursor belongs to this search.
    turn.end_of_members(request, &snapshot.info, 0)?;
    let mut found = Vec::new();
    for field in fields {
        cancel.check()?;
        let left = cells_left(snapshot, &snapshot.fields[field], request, limits, cancel)?;
        let n_left = |code: u32| left.as_ref().map(|left| told(snapshot, left[code as usize]));
        let members = snapshot.member_index(field).find(request.search.as_deref());
        found.extend(members.into_iter().map(|member| {
            let n_left = n_left(member.code);
            let member = FoundMember { n_cells: told(snapshot, member.n_cells), ..member };
            Found { field, member, n_left }
        }));
    }
    let n_total = found.len() as u64;
    // Members of one field are in order of frequency, ties in order of their texts: the sort is stable.
    found.sort_by_key(|found| {
        let Found { member, n_left, .. } = found;
        (!member.starts, Reverse(*n_left), Reverse(member.n_cells))
    });
    let page: Vec<Found> = found.into_iter().skip(turn.n_before).take(request.limit).collect();
    check_size(snapshot, &page, limits)?;
    let end = turn.end_of_members(request, &snapshot.info, page.len())?;
    let members = page.into_iter().map(|found| member(snapshot, &found)).collect();
    Ok(MemberPage { members, n_total, end: Some(end) })
}

/// A number of cells as shown: if small groups are withheld, the next multiple of the minimum number of people, since a
/// single cell may be about one person.
fn told(snapshot: &Snapshot, n_cells: u64) -> u64 {
    let small = snapshot.model.small_groups();
    small.map_or(n_cells, |small| n_cells.next_multiple_of(u64::from(small.min_people)))
}

/// The texts of a member: value, label, preview.
fn texts<'a>(snapshot: &'a Snapshot, found: &Found) -> [Option<&'a str>; 3] {
    let (field, code) = (&*snapshot.fields[found.field], found.member.code);
    let labels = snapshot.labels_of(field);
    let label = labels.and_then(|labels| labels.label(code));
    let media = labels.and_then(|labels| labels.media(code));
    [field.texts().text(code), label, media]
}

fn member(snapshot: &Snapshot, found: &Found) -> Member {
    let [value, label, media] = texts(snapshot, found).map(|text| text.map(str::to_owned));
    let field = snapshot.fields[found.field].reference.clone();
    let Found { member: FoundMember { n_cells, .. }, n_left: n_cells_left, .. } = *found;
    Member { field, value, label, media, n_cells, n_cells_left }
}

fn check_size(snapshot: &Snapshot, page: &[Found], limits: &Limits) -> Result<(), ServiceError> {
    let size_of_texts =
        |found: &Found| texts(snapshot, found).into_iter().flatten().map(str::len).sum::<usize>();
    let n_bytes: usize = page.iter().map(|found| size_of::<Member>() + size_of_texts(found)).sum();
    if n_bytes as u64 <= limits.answer_bytes {
        return Ok(());
    }
    let message = format!(
        "{} values take {n_bytes} bytes, the limit is {}; ask for fewer per page",
        page.len(),
        limits.answer_bytes
    );
    Err(ServiceError::new(Code::ResourceExhausted, message))
}

/// How many cells of the requested days hold each value of a field, by code, under the filter's conditions on other
/// fields; `None` if neither days nor a filter are given.
fn cells_left(
    snapshot: &Snapshot,
    field: &Field,
    request: &MembersRequest,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Option<Vec<u64>>, ServiceError> {
    if !request.is_narrowed() {
        return Ok(None);
    }
    if let Some(filter) = &request.filter {
        // Before anything traverses it; and so that ignored parts are checked, too.
        let of_filter = |error: ServiceError| error.of(QuestionPart::Filter);
        plan::check_filter(filter, limits).map_err(of_filter)?;
        plan::bind_filter(snapshot, filter).map_err(of_filter)?;
    }
    let filter = request.filter.as_ref().and_then(|filter| without(filter, &field.reference));
    // Any will do: what it comes to is not looked at.
    let measure = snapshot.asked_names().into_iter().take(1);
    let query = Query { range: request.range, filter, ..Query::total(measure) };
    let plan = plan::bind(snapshot, &query, limits, None)?;
    let mut left = vec![0_u64; field.texts().n_codes()];
    let mut own = [NULL];
    for period in &plan.coverage.periods {
        for chunk in snapshot.chunks.get(period).into_iter().flatten() {
            cancel.check()?;
            let rows = plan.filter.as_ref().map(|filter| filter.rows(chunk, *period));
            for (code, of_code) in chunk.keys[field.dimension].index() {
                let n_cells = match &rows {
                    Some(rows) => rows.intersection_len(of_code),
                    None => of_code.len(),
                };
                match field.values(code, &mut own) {
                    [] => left[NULL as usize] += n_cells,
                    values => values.iter().for_each(|value| left[*value as usize] += n_cells),
                }
            }
        }
    }
    Ok(Some(left))
}

/// A filter without those of its parts that test a field; parts are what must all hold.
fn without(filter: &Filter, field: &FieldRef) -> Option<Filter> {
    match filter {
        Filter::And(parts) => {
            Some(Filter::And(parts.iter().filter_map(|part| without(part, field)).collect()))
        }
        Filter::Or(_) | Filter::Not(_) | Filter::Field { .. } => {
            (!tests(filter, field)).then(|| filter.clone())
        }
    }
}

/// Whether a filter tests a field anywhere.
fn tests(filter: &Filter, field: &FieldRef) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| tests(part, field)),
        Filter::Not(part) => tests(part, field),
        Filter::Field { field: own, .. } => own == field,
    }
}
