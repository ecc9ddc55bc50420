// A choice of one among a few, side by side.

import './Segments.css';

interface SegmentsProps<Id extends string> {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly { readonly id: Id; readonly label: string }[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
}

export function Segments<Id extends string>({ legend, name, options, value, onChange }: SegmentsProps<Id>) {
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{legend}</legend>
      {options.map(({ id, label }) => (
        <label key={id} className="segment">
          <input type="radio" name={name} value={id} checked={id === value} onChange={() => onChange(id)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
