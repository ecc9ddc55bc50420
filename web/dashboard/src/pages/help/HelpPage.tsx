// Help: how to read the numbers, with pictures: bounds, verdicts, days that are missing; and the keys.

import { Link, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { Interval, intervalScale } from '../../components/chart/Interval';
import { describeAt } from '../../components/chart/points';
import { TrendPicture } from '../../components/chart/TrendPicture';
import { PAGES } from '../../components/pages';
import { beginTour } from '../../components/tour/tour';
import { verdictsExplained, verdictWords } from '../../components/verdict/words';
import { formatBounds, formatList, formatValue, PART, PEOPLE } from '../../format';
import { rich, t } from '../../language';
import { COUNTED, INTERVALS, PAIRS, trend } from './examples';
import '../../components/Panel.css';
import '../../components/Shell.css';
import './HelpPage.css';

function keysOf(): readonly (readonly [string, string])[] {
  return [
    ['/', t('help.key.filter')],
    ['Ctrl K', t('help.key.find')],
    ['?', t('help.key.help')],
    [t('help.key.goKeys', { letters: formatList(PAGES.map(({ letter }) => letter), 'or') }), t('help.key.go', { pages: formatList(PAGES.map(({ label }) => t(label)), 'or') })],
    [t('help.key.rowKeys'), t('help.key.rows')],
    ['x', t('help.key.tick')],
    ['c', t('help.key.compare')],
    ['Enter', t('help.key.open')],
    ['Home, End', t('help.key.ends')],
    ['Ctrl Z, Ctrl Shift Z', t('help.key.undo')],
  ];
}

export function HelpPage() {
  const { history } = useRouter();
  useEffect(() => {
    document.title = t('words.pageTitle', { page: t('page.help') });
  }, []);
  const scale = intervalScale([COUNTED]) ?? { from: 0, to: 1 };
  const ofRates = intervalScale(INTERVALS.map(({ value }) => value)) ?? scale;
  const ofPairs = intervalScale(PAIRS.flatMap(({ one, other }) => [one, other])) ?? scale;
  const lines = [{ name: null, points: trend() }];
  return (
    <main className="page" id="main">
      <h1 className="help-title">{t('help.title')}</h1>
      <p>
        {t('help.madeUp')}{' '}
        <button
          type="button"
          className="button"
          onClick={() => {
            beginTour();
            history.push('/');
          }}
        >
          {t('help.tour')}
        </button>
      </p>
      <div className="help">
        <Topic title={t('help.bounds')}>
          <p>{t('help.boundsText')}</p>
          <figure>
            <p>
              <strong>{formatValue(COUNTED, PEOPLE)}</strong> <span className="muted">{formatBounds(COUNTED, PEOPLE)}</span>
            </p>
            <Interval value={COUNTED} scale={scale} />
            <figcaption className="muted">{t('help.boundsCaption')}</figcaption>
          </figure>
          <p>{t('help.smallGroups')}</p>
        </Topic>
        <Topic title={t('help.intervals')}>
          <p>{t('help.intervalsText')}</p>
          <figure>
            <ul className="help-intervals">
              {INTERVALS.map(({ name, value, says }) => (
                <li key={name}>
                  <strong>{t(name)}</strong>
                  <Interval value={value} scale={ofRates} />
                  <span>{formatBounds(value, PART)}</span>
                  <span className="muted help-says">{t(says)}</span>
                </li>
              ))}
            </ul>
          </figure>
        </Topic>
        <Topic title={t('help.higher')}>
          <p>{t('help.higherText')}</p>
          <figure>
            <ul className="help-pairs">
              {PAIRS.map(({ word, one, other, says }) => (
                <li key={word}>
                  <p>
                    <strong>{verdictWords(word)}</strong> <span className="muted">{t(says)}</span>
                  </p>
                  <Interval value={one} scale={ofPairs} />
                  <Interval value={other} scale={ofPairs} />
                </li>
              ))}
            </ul>
          </figure>
          <dl className="help-words">
            {verdictsExplained().map(({ words, says }) => (
              <div key={words}>
                <dt>{words}</dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </Topic>
        <Topic title={t('help.missing')}>
          <figure>
            <TrendPicture lines={lines} style={PEOPLE} active={null} />
            <figcaption className="muted">{t('help.missingCaption', { spoken: describeAt(lines, 1, PEOPLE) })}</figcaption>
          </figure>
        </Topic>
        <Topic title={t('help.keys')}>
          <dl className="help-words help-keys">
            {keysOf().map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <p>{rich('help.status', { status: <Link to="/status" /> })}</p>
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
