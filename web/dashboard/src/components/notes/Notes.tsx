// The annotations of a trend's days: who, when and what, numbered as in the picture, with buttons to add, change, delete
// and restore them.

import { useQuery } from '@tanstack/react-query';
import { lazy, useState } from 'react';
import { type Annotation, type AnnotationsAsked, useKeepAnnotation } from '../../api/annotations';
import { membersOptions } from '../../api/cube';
import type { Dataset } from '../../api/dataset';
import { RemoveAnnotationDocument, RestoreAnnotationDocument } from '../../api/generated';
import { useSession } from '../../api/session';
import { formatMoment, formatRange } from '../../format';
import { t } from '../../language';
import { Dropdown } from '../Dropdown';
import './Notes.css';

const loadEditor = () => import('./NoteEditor');
const NoteEditor = lazy(loadEditor);

interface AddNoteProps {
  readonly dataset: Dataset;
  readonly asked: AnnotationsAsked;
}

/** The button in the panel's head; absent where nothing can be kept. */
export function AddNote({ dataset, asked }: AddNoteProps) {
  const { keeping } = useSession();
  if (!keeping?.isOn) return null;
  return (
    <Dropdown title={t('notes.addTitle')} label={t('notes.add')} className="button button-quiet" prefetch={loadEditor}>
      {(close) => <NoteEditor dataset={dataset} asked={asked} note={null} onClose={close} />}
    </Dropdown>
  );
}

interface NotesProps extends AddNoteProps {
  readonly notes: readonly Annotation[];
}

export function Notes({ dataset, asked, notes }: NotesProps) {
  const { keeping } = useSession();
  const { keep, problem } = useKeepAnnotation();
  const [removed, setRemoved] = useState<Annotation | null>(null);
  const remove = async ({ id, revision }: Annotation) => {
    const result = await keep(RemoveAnnotationDocument, { id, revision });
    if (result !== null) setRemoved(result.removeAnnotation);
  };
  const undo = async ({ id, revision }: Annotation) => {
    if ((await keep(RestoreAnnotationDocument, { id, revision })) !== null) setRemoved(null);
  };
  return (
    <>
      {notes.length > 0 && (
        <ol className="day-notes" aria-label={t('notes.list')}>
          {notes.map((note, index) => (
            <li key={note.id} className="day-note">
              <span className="day-note-number">{index + 1}</span>
              <span className="day-note-text">
                <strong>{formatRange(note.from, note.to)}</strong> <bdi>{note.text}</bdi>
                {note.member && <About {...note.member} dataset={dataset} />}
                <span className="muted">
                  {' '}
                  · <bdi>{note.changedBy}</bdi>, {formatMoment(note.changedAt)}
                </span>
              </span>
              {note.createdBy === keeping?.person && (
                <span className="day-note-actions" data-take="no">
                  <Dropdown title={t('notes.editTitle', { text: note.text })} label={t('notes.edit')} accessibleName={t('notes.editNamed', { text: note.text })} className="button button-quiet" prefetch={loadEditor}>
                    {(close) => <NoteEditor dataset={dataset} asked={asked} note={note} onClose={close} />}
                  </Dropdown>
                  <button type="button" className="button button-quiet" aria-label={t('notes.deleteNamed', { text: note.text })} onClick={() => void remove(note)}>
                    {t('notes.delete')}
                  </button>
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
      {problem !== null && (
        <p className="day-notes-line day-notes-problem" role="alert" data-take="no">
          {problem}
        </p>
      )}
      <p className="day-notes-line" role="status" data-take="no">
        {removed !== null && (
          <>
            {t('notes.deleted', { text: removed.text })}{' '}
            <button type="button" className="button" onClick={() => void undo(removed)}>
              {t('notes.undo')}
            </button>
          </>
        )}
      </p>
    </>
  );
}

interface AboutProps {
  readonly field: string;
  readonly value: string;
  readonly dataset: Dataset;
}

/** The member that a note is about, by its label if it has one. */
function About({ field: name, value, dataset }: AboutProps) {
  const { snapshot } = useSession();
  const field = dataset.field.get(name);
  const found = useQuery({ ...membersOptions(snapshot?.version ?? 0, { field: field?.enumName ?? null, search: value, first: 20 }), enabled: field?.hasLabel === true && snapshot !== null });
  const label = found.data?.members.find((member) => member.value === value)?.label ?? value;
  return (
    <span className="muted">
      {' '}
      · {field?.label ?? name} <bdi>{label}</bdi>
    </span>
  );
}
