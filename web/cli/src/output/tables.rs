//! Plain tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Table, TableComponent};

use crate::terminal::{Lines, safe};

/// A plain table of texts.
#[expect(clippy::needless_pass_by_value, reason = "callers make them for this table")]
pub(crate) fn table_of(heads: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = ruled_below_its_head();
    // A heading may have two lines, a name above its type; a cell has one, whatever its value
    // contains.
    table.set_header(heads.iter().map(|head| safe(head, Lines::Kept)));
    table.add_rows(rows.iter().map(|row| row.iter().map(|value| safe(value, Lines::One))));
    table
}

/// An empty table.
pub(crate) fn ruled_below_its_head() -> Table {
    let mut table = Table::new();
    // Plain on a terminal, too: output to a terminal is made safe as a whole.
    table.force_no_tty();
    table.load_preset(NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table
}
