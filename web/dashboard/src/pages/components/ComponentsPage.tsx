// Every component in all its states, for those who work on the dashboard. Numbers are made up.

import { type ReactNode, useState } from 'react';
import { GatewayError } from '../../api/client';
import type { Loaded } from '../../api/cube';
import { Bounded } from '../../components/Bounded';
import { ChangeText } from '../../components/ChangeText';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { Dropdown } from '../../components/Dropdown';
import { StackedLabel } from '../../components/Label';
import { PanelBody } from '../../components/Panel';
import { Segments } from '../../components/Segments';
import { Thumbnail } from '../../components/Thumbnail';
import { VERDICT_WORDS, verdictWords } from '../../components/verdict/words';
import { CHANGE_MARKS, NO_VALUE, PART, PEOPLE, type Value, WHOLE } from '../../format';
import { KINDS_OF_OUTLIERS } from '../outliers/address';
import { KindMark } from '../outliers/KindMark';
import '../../components/Panel.css';
import '../../components/Shell.css';
import './ComponentsPage.css';

const estimate = (value: number, lower: number, upper: number): Value => ({ ...NO_VALUE, value, lower, upper });
const exact = (value: number): Value => ({ ...NO_VALUE, value, lower: value, upper: value, exact: true });
const retry = () => {};
const failed = { state: 'failed', error: new GatewayError('UNAVAILABLE', 'serving at http://127.0.0.1:50051 does not answer', true), retry, retrying: false } as const;
const BODIES: Readonly<Record<string, Loaded<string>>> = {
  loading: { state: 'loading' },
  ready: { state: 'ready', data: 'What was asked for.', updating: false },
  updating: { state: 'ready', data: 'What will be replaced.', updating: true },
  failed: { ...failed, before: null },
  'failed, and kept': { ...failed, before: 'What was shown before.' },
};
const SCALES = ['bg', 'surface', 'raised', 'sunken', 'hover', 'line', 'edge', 'text', 'muted', 'accent', 'accent-soft', 'good', 'good-soft', 'worse', 'worse-soft', 'caution', 'caution-soft', 'bad', 'bad-soft', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'others', 'h0', 'h1', 'h2', 'h3', 'h4'] as const;
const CHANGES = [estimate(120, 110, 130), estimate(-120, -130, -110), estimate(4, -8, 16), NO_VALUE];
const MARKS = [estimate(0.12, 0.1, 0.14), estimate(0.2, 0.19, 0.21), estimate(0.15, 0.08, 0.24)];

export function ComponentsPage() {
  const [part, setPart] = useState<'one' | 'other'>('one');
  const scale = intervalScale(MARKS) ?? { from: 0, to: 1 };
  return (
    <main className="page" id="main">
      <h1>Components</h1>
      <Group title="Colours">
        {SCALES.map((name) => (
          <span key={name} className="swatch">
            <svg className="swatch-colour" aria-hidden="true">
              <rect width="100%" height="100%" fill={`var(--${name})`} />
            </svg>
            {name}
          </span>
        ))}
      </Group>
      <Group title="Buttons">
        {(['button', 'button button-primary', 'button button-quiet'] as const).map((style) => (
          <span key={style}>
            <button type="button" className={style}>
              Plain
            </button>{' '}
            <button type="button" className={style} aria-pressed>
              Pressed
            </button>{' '}
            <button type="button" className={style} disabled>
              Disabled
            </button>
          </span>
        ))}
        <Dropdown title="A menu" label="Opens a menu" className="button">
          {() => <p>What it holds.</p>}
        </Dropdown>
      </Group>
      <Group title="Choices">
        <Segments legend="Which" name="which" options={[{ id: 'one', label: 'One' }, { id: 'other', label: 'Other' }]} value={part} onChange={setPart} />
        <select className="select" aria-label="A choice">
          <option>Chosen</option>
        </select>
        <input className="input" aria-label="Empty" placeholder="Empty" />
        <input className="input" aria-label="Filled" defaultValue="Filled" />
      </Group>
      <Group title="Numbers">
        {([['exact', exact(12_345), WHOLE], ['estimated', estimate(1_234, 1_200, 1_260), PEOPLE], ['a rate', MARKS[0] ?? NO_VALUE, PART], ['not defined', NO_VALUE, PART], ['withheld', { ...NO_VALUE, withheld: true }, PEOPLE]] as const).map(([name, value, style]) => (
          <span key={name}>
            {name}: <Bounded value={value} style={style} />
          </span>
        ))}
      </Group>
      <Group title="Changes, and verdicts">
        {CHANGES.map((difference) => (
          <ChangeText key={String(difference.value)} compared={{ other: exact(1_000), difference, ratio: estimateOf(difference) }} style={WHOLE} />
        ))}
        {(Object.keys(VERDICT_WORDS) as (keyof typeof VERDICT_WORDS)[]).map((word) => (
          <span key={word}>
            {CHANGE_MARKS[VERDICT_WORDS[word].direction]} {verdictWords(word)}
          </span>
        ))}
      </Group>
      <Group title="Kinds of outliers">
        {KINDS_OF_OUTLIERS.map((kind) => (
          <KindMark key={kind} kind={kind} />
        ))}
      </Group>
      <Group title="Marks on one scale: plain, and within the error of the dashed line">
        {MARKS.map((value) => (
          <span key={String(value.value)} className="swatch-mark">
            <Interval value={value} scale={scale} reference={0.15} open={value === MARKS[2]} />
          </span>
        ))}
      </Group>
      <Group title="Labels and pictures">
        <StackedLabel text="Wandering Neighbors · Poster 3" />
        <StackedLabel text="a-long-key-of-a-member-that-differs-at-its-end-0042" />
        <Thumbnail src={null} />
        <Thumbnail src="/media/none.svg" />
      </Group>
      {Object.entries(BODIES).map(([name, loaded]) => (
        <section key={name} className="panel" aria-label={name}>
          <header className="panel-head">
            <h2>A panel: {name}</h2>
          </header>
          <PanelBody loaded={loaded}>{(text) => <p className="panel-hint">{text}</p>}</PanelBody>
        </section>
      ))}
    </main>
  );
}

const estimateOf = ({ value, lower, upper }: Value): Value => ({ ...NO_VALUE, value: value && 1 + value / 1_000, lower: lower && 1 + lower / 1_000, upper: upper && 1 + upper / 1_000 });

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
      </header>
      <div className="states">{children}</div>
    </section>
  );
}
