// Says which parts of the address were ignored and why.

export function AddressNotes({ problems }: { readonly problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <div className="note note-caution" role="alert">
      <p>Parts of this page's address could not be used:</p>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  );
}
