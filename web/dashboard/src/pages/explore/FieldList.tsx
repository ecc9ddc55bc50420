// The first step of adding a filter: choosing the dimension or attribute.

import { ListBox, ListBoxItem } from 'react-aria-components';
import type { FieldInfo } from '../../api/dataset';
import { t } from '../../language';
import '../../components/CheckList.css';

interface FieldListProps {
  readonly fields: readonly FieldInfo[];
  readonly onChoose: (field: string) => void;
}

export default function FieldList({ fields, onChoose }: FieldListProps) {
  return (
    <ListBox
      className="checklist"
      aria-label={t('controls.fields')}
      items={fields}
      autoFocus="first"
      selectionMode="none"
      onAction={(key) => onChoose(String(key))}
    >
      {(field) => (
        <ListBoxItem id={field.name} textValue={field.label} className="checklist-item">
          <span>{field.label}</span>
          {field.multi && <span className="muted checklist-note">{t('controls.manyValues')}</span>}
        </ListBoxItem>
      )}
    </ListBox>
  );
}
