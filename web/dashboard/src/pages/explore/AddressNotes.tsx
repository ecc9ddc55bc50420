// Reports which parts of the address were ignored and why, and which change did not fit into it.
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
          <p>Parts of this page's address could not be used:</p>
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
