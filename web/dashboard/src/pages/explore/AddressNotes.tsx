// Reports which parts of the address were ignored and why, and which change did not fit into it.
import { t } from '../../language';
import './Notes.css';

interface AddressNotesProps {
  readonly problems: readonly string[];
  readonly refusal: string | null;
}

export function AddressNotes({ problems, refusal }: AddressNotesProps) {
  return (
    <>
      {refusal !== null && (
        <div className="note note-caution" role="alert">
          <p>{refusal}</p>
        </div>
      )}
      {problems.length > 0 && (
        <div className="note note-caution" role="alert">
          <p>{t('explore.addressUnread')}</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
