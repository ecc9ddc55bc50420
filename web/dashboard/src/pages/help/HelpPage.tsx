// Help: how to read the numbers, with pictures: bounds, verdicts, days that are missing; and the keys.

import { Link, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { describeAt } from '../../components/chart/points';
import { TrendPicture } from '../../components/chart/TrendPicture';
import { beginTour } from '../../components/tour/tour';
import { VERDICTS_EXPLAINED } from '../../components/verdict/words';
import { formatBounds, formatValue, PART, PEOPLE } from '../../format';
import { COUNTED, INTERVALS, PAIRS, TREND } from './examples';
import '../../components/Panel.css';
import '../../components/Shell.css';
import './HelpPage.css';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'add a filter'],
  ['Ctrl K', 'find a page, a title, an asset, a country'],
  ['?', 'this page'],
  ['g, then e, c, v or s', 'to Explore, Compare, Views or Status'],
  ['j, k, arrows', 'from row to row, and from day to day in a trend'],
  ['x', 'tick a row'],
  ['c', 'compare the ticked rows'],
  ['Enter', 'open a row, or narrow to a day'],
  ['Home, End', 'to the ends'],
  ['Ctrl Z, Ctrl Shift Z', 'take a change back, make it again'],
];

export function HelpPage() {
  const { history } = useRouter();
  useEffect(() => {
    document.title = 'Help · Clio';
  }, []);
  const scale = intervalScale([COUNTED]) ?? { from: 0, to: 1 };
  const ofRates = intervalScale(INTERVALS.map(({ value }) => value)) ?? scale;
  const ofPairs = intervalScale(PAIRS.flatMap(({ one, other }) => [one, other])) ?? scale;
  const lines = [{ name: null, points: TREND }];
  return (
    <main className="page" id="main">
      <h1 className="help-title">How to read the numbers</h1>
      <p>
        The numbers in the pictures here are made up.{' '}
        <button
          type="button"
          className="button"
          onClick={() => {
            beginTour();
            history.push('/');
          }}
        >
          Show the tour of Explore
        </button>
      </p>
      <div className="help">
        <Topic title="A number and its bounds">
          <p>
            Events are counted exactly. People are counted by sketches, which are small and fast, and a little off. So a number of people comes with bounds: in 95 of 100 cases the
            true number lies between them.
          </p>
          <figure>
            <p>
              <strong>{formatValue(COUNTED, PEOPLE)}</strong> <span className="muted">{formatBounds(COUNTED, PEOPLE)}</span>
            </p>
            <Interval value={COUNTED} scale={scale} />
            <figcaption className="muted">The dot is the number; the line around it goes from one bound to the other. “exact” means that there is nothing between them.</figcaption>
          </figure>
          <p>Small groups are counted one by one, and their bounds are very narrow. That says how well they were counted, and not that so few people say much.</p>
        </Topic>
        <Topic title="Three intervals of a rate">
          <p>Which people came is chance, too. A rate of people therefore has three intervals, in the details of a verdict.</p>
          <figure>
            <ul className="help-intervals">
              {INTERVALS.map(({ name, value, says }) => (
                <li key={name}>
                  <strong>{name}</strong>
                  <Interval value={value} scale={ofRates} />
                  <span>{formatBounds(value, PART)}</span>
                  <span className="muted help-says">{says}</span>
                </li>
              ))}
            </ul>
          </figure>
        </Topic>
        <Topic title="Is it really higher?">
          <p>Compare two on Compare, or with other days on Explore (Compared with), over ten days or more. The verdict says in words what the intervals allow.</p>
          <figure>
            <ul className="help-pairs">
              {PAIRS.map(({ word, one, other, says }) => (
                <li key={word}>
                  <p>
                    <strong>{word}</strong> <span className="muted">{says}</span>
                  </p>
                  <Interval value={one} scale={ofPairs} />
                  <Interval value={other} scale={ofPairs} />
                </li>
              ))}
            </ul>
          </figure>
          <dl className="help-words">
            {VERDICTS_EXPLAINED.map(({ words, says }) => (
              <div key={words}>
                <dt>{words}</dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </Topic>
        <Topic title="Days that are missing, or may change">
          <figure>
            <TrendPicture lines={lines} style={PEOPLE} active={null} />
            <figcaption className="muted">
              The line is never drawn over a missing day, which is hatched. A day whose numbers may still change is tinted, dashed and hollow. A numbered flag is a note: what
              somebody has written of that day. Read aloud: {describeAt(lines, 1, PEOPLE)}.
            </figcaption>
          </figure>
        </Topic>
        <Topic title="Keys">
          <dl className="help-words help-keys">
            {KEYS.map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <p>
            How much is there, and whether it can be trusted today, is on <Link to="/status">Status</Link>.
          </p>
        </Topic>
      </div>
    </main>
  );
}

function Topic({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
      </header>
      <div className="panel-body help-body">{children}</div>
    </section>
  );
}
