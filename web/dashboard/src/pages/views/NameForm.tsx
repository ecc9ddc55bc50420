// Asks for the name of a view, in the place where it will be shown.

import { type FormEvent, useEffect, useRef } from 'react';
import { t } from '../../language';
import './NameForm.css';

interface NameFormProps {
  readonly label: string;
  readonly name: string;
  readonly onName: (name: string) => void;
  readonly onCancel: () => void;
}

/** In UTF-16 units; the gateway, which counts bytes, reports what is still too long. */
const LONGEST = 200;

export function NameForm({ label, name, onName, onCancel }: NameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? '';
    if (text !== '') onName(text);
  };
  return (
    <form className="name-form" onSubmit={onSubmit}>
      <input
        ref={input}
        className="input"
        aria-label={label}
        defaultValue={name}
        maxLength={LONGEST}
        required
        onKeyDown={(event) => {
          if (event.key === 'Escape') onCancel();
        }}
      />
      <button type="submit" className="button button-primary">
        {t('words.save')}
      </button>
      <button type="button" className="button" onClick={onCancel}>
        {t('words.cancel')}
      </button>
    </form>
  );
}
