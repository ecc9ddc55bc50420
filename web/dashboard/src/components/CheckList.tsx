// A short list of check boxes: group keys, measures.

import { ListBox, ListBoxItem } from 'react-aria-components';
import './CheckList.css';

export interface CheckListItem {
  readonly id: string;
  readonly label: string;
  readonly note?: string;
}

interface CheckListProps {
  readonly label: string;
  readonly items: readonly CheckListItem[];
  readonly selected: readonly string[];
  readonly atLeastOne?: boolean;
  readonly onChange: (selected: readonly string[]) => void;
}

export default function CheckList({ label, items, selected, atLeastOne = false, onChange }: CheckListProps) {
  return (
    <ListBox
      className="checklist"
      aria-label={label}
      items={items}
      selectionMode="multiple"
      selectedKeys={selected}
      disallowEmptySelection={atLeastOne}
      autoFocus="first"
      // Escape closes the popover; by default it would untick everything.
      escapeKeyBehavior="none"
      onSelectionChange={(keys) => {
        const chosen = new Set(keys === 'all' ? items.map((item) => item.id) : [...keys].map(String));
        // Earlier choices keep their places; a new one comes last.
        const kept = selected.filter((id) => chosen.has(id));
        onChange([...kept, ...[...chosen].filter((id) => !kept.includes(id))]);
      }}
    >
      {(item) => (
        <ListBoxItem id={item.id} textValue={item.label} className="checklist-item">
          <span className="tick" aria-hidden="true" />
          <span>{item.label}</span>
          {item.note !== undefined && <span className="muted checklist-note">{item.note}</span>}
        </ListBoxItem>
      )}
    </ListBox>
  );
}
