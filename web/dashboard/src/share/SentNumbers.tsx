// The numbers that were sent with a link, each with the number that the page now shows for the same group.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Answered, NO_CELL } from '../api/cube';
import type { Dataset } from '../api/dataset';
import { formatBounds, formatValue, type NumberStyle, type Value, WHOLE } from '../format';
import { t } from '../language';
import { readName, type SentAnswer, type SentLink, shownAnswers, titleOf } from './sent';
import './SentNumbers.css';

interface SentNumbersProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly link: SentLink;
}

/** Answers arrive one by one; they are collected once they have settled. */
const SETTLED_MS = 150;

export function SentNumbers({ dataset, version, link }: SentNumbersProps) {
  const client = useQueryClient();
  const [shown, setShown] = useState<ReadonlyMap<string, Answered>>(new Map());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setShown(shownAnswers(client, version)), SETTLED_MS);
    };
    look();
    const stop = client.getQueryCache().subscribe(look);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [client, version]);
  return (
    <div className="sent-numbers">
      {link.answers.map((sent, index) => (
        <details key={sent.name} open={index === 0}>
          <summary>{titleOf(readName(sent.name, dataset))}</summary>
          <Sent sent={sent} now={shown.get(sent.name) ?? null} dataset={dataset} />
        </details>
      ))}
    </div>
  );
}

interface SentProps {
  readonly sent: SentAnswer;
  readonly now: Answered | null;
  readonly dataset: Dataset;
}

function Sent({ sent: { name, answer, problem }, now, dataset }: SentProps) {
  if (answer === null) return <p>{problem ?? t('share.unreadable')}</p>;
  const { keys, measures } = readName(name, dataset);
  const styles = measures.map(({ kind, format }): NumberStyle => (kind && format ? { kind, format } : WHOLE));
  const shown = new Map(now?.answer.rows.map((row) => [idOf(row), row.values]));
  const rows = [...answer.rows.map((row) => ({ ...row, id: idOf(row), now: shown.get(idOf(row)) })), { ...answer.total, id: 'all', keys: [], now: now?.answer.total.values }];
  return (
    // It scrolls, so the keyboard has to reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="sent-frame" role="group" aria-label={titleOf({ keys, measures })} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {keys.length === 0 ? <th scope="col">{t('words.of')}</th> : keys.map(({ label }) => <th key={label} scope="col">{label}</th>)}
            {measures.map(({ label }) => (
              <th key={label} scope="col" className="sent-number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              {row.keys.length === 0 ? (
                <th scope="row" colSpan={Math.max(1, keys.length)}>
                  {t('words.all')}
                </th>
              ) : (
                // oxlint-disable-next-line react/no-array-index-key
                row.keys.map(({ label }, at) => (at === 0 ? <th key={at} scope="row"><bdi>{label}</bdi></th> : <td key={at}><bdi>{label}</bdi></td>))
              )}
              {measures.map(({ label }, at) => (
                <td key={label} className="sent-number">
                  <strong>{bounded(row.values[at] ?? NO_CELL, styles[at] ?? WHOLE)}</strong>
                  <span className="muted">{now === null ? '' : t('share.now', { value: bounded(row.now?.[at] ?? NO_CELL, styles[at] ?? WHOLE) })}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {answer.rows.length < answer.groupCount && <p className="muted">{t('share.firstRows', { kept: answer.rows.length, all: answer.groupCount })}</p>}
    </div>
  );
}

/** Identifies a group by its values, since its labels may change. */
function idOf({ keys }: { readonly keys: readonly { readonly value: string | null }[] }): string {
  return JSON.stringify(keys.map(({ value }) => value));
}

function bounded(value: Value, style: NumberStyle): string {
  const bounds = value.exact ? null : formatBounds(value, style);
  return bounds === null ? formatValue(value, style) : t('share.bounded', { value: formatValue(value, style), bounds });
}
