// Adds or changes an annotation: days, what happened, and whether it is about everything or one member.

import { type FormEvent, useState } from 'react';
import { type Annotation, type AnnotationsAsked, useKeepAnnotation } from '../../api/annotations';
import type { Dataset } from '../../api/dataset';
import { AddAnnotationDocument, ChangeAnnotationDocument } from '../../api/generated';
import { isDay } from '../../format';
import { t } from '../../language';
import './NoteEditor.css';

interface NoteEditorProps {
  readonly dataset: Dataset;
  /** The days and the members of the trend. */
  readonly asked: AnnotationsAsked;
  /** Null for a new one. */
  readonly note: Annotation | null;
  readonly onClose: () => void;
}

/** In UTF-16 units; the gateway, which counts bytes, reports what is still too long. */
const LONGEST = 2_000;
/** A longer list would need a search. */
const MOST_OFFERED = 20;

export default function NoteEditor({ dataset, asked, note, onClose }: NoteEditorProps) {
  const { keep, problem } = useKeepAnnotation();
  const [from, setFrom] = useState(note?.from ?? asked.to);
  const [to, setTo] = useState(note?.to ?? '');
  const [text, setText] = useState(note?.text ?? '');
  const offered = membersOf(asked, note, dataset);
  const [about, setAbout] = useState(() => offered.findIndex(({ field, value }) => note?.member != null && dataset.field.get(note.member.field)?.enumName === field && note.member.value === value));
  const mistake = mistakeOf(from, to, text);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (mistake !== null) return;
    const member = offered[about];
    const annotation = { from, to: to === '' ? from : to, text: text.trim(), member: member ? { field: member.field, value: member.value } : null };
    const kept = note === null ? await keep(AddAnnotationDocument, { annotation }) : await keep(ChangeAnnotationDocument, { id: note.id, revision: note.revision, annotation });
    if (kept !== null) onClose();
  };
  return (
    <form className="note-editor" onSubmit={(event) => void onSubmit(event)}>
      <label>
        <span className="muted">{t('notes.what')}</span>
        <textarea className="input" rows={3} maxLength={LONGEST} autoFocus value={text} placeholder={t('notes.hint')} onChange={({ target }) => setText(target.value)} />
      </label>
      <div className="note-editor-days">
        <label>
          <span className="muted">{t('notes.firstDay')}</span>
          <input className="input" type="date" value={from} onChange={({ target }) => setFrom(target.value)} />
        </label>
        <label>
          <span className="muted">{t('notes.lastDay')}</span>
          <input className="input" type="date" value={to} onChange={({ target }) => setTo(target.value)} />
        </label>
      </div>
      {offered.length > 0 && (
        <label>
          <span className="muted">{t('notes.about')}</span>
          <select className="select" value={about} onChange={({ target }) => setAbout(Number(target.value))}>
            <option value={-1}>{t('notes.everything')}</option>
            {offered.map(({ field, value, label }, index) => (
              <option key={`${field} ${value}`} value={index}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <p className="note-editor-mistake" role={problem === null ? undefined : 'alert'}>
        {problem ?? (text === '' ? '' : (mistake ?? ''))}
      </p>
      <div className="note-editor-days">
        <button type="submit" className="button button-primary" disabled={mistake !== null}>
          {t('notes.save')}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t('notes.cancel')}
        </button>
      </div>
    </form>
  );
}

/** The members that a note may be about: those of the trend, and the note's own. */
function membersOf({ members }: AnnotationsAsked, note: Annotation | null, dataset: Dataset) {
  const before = note?.member ? [{ field: dataset.field.get(note.member.field)?.enumName ?? note.member.field, value: note.member.value }] : [];
  const others = members.filter(({ field, value }) => !before.some((one) => one.field === field && one.value === value));
  return [...before, ...others].slice(0, MOST_OFFERED).map((member) => {
    const label = dataset.fields.find(({ enumName }) => enumName === member.field)?.label ?? member.field;
    return { ...member, label: `${label} ${member.value}` };
  });
}

function mistakeOf(from: string, to: string, text: string): string | null {
  if (!isDay(from) || (to !== '' && !isDay(to))) return t('notes.enterDays');
  if (to !== '' && to < from) return t('notes.backwards');
  return text.trim() === '' ? t('notes.sayWhat') : null;
}
