// Finds pages, and members of every field by name. What was opened last stands first.

import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { type Dataset, pageOf } from '../../api/dataset';
import { t } from '../../language';
import { escapeValue } from '../../search';
import { type Choice, type FoundMember, MemberSearch } from './MemberSearch';
import { pagesOf } from '../pages';
import { readRecent, remember } from './recent';
import './CommandMenu.css';

interface CommandMenuProps {
  readonly dataset: Dataset;
  readonly version: number;
  readonly onClose: () => void;
}

export default function CommandMenu({ dataset, version, onClose }: CommandMenuProps) {
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    // A modal dialog takes the focus, keeps it, and returns it.
    if (element && !element.open) element.showModal();
  }, []);

  const go = (member: FoundMember) => {
    remember(dataset.name, member);
    onClose();
    const page = pageOf(dataset, member.field, member.value);
    if (page) void navigate({ to: page, params: { member: member.value }, search: {} });
    else void navigate({ to: '/', search: { [`${member.field.name}.any`]: escapeValue(member.value) } });
  };
  const before = (search: string): Choice[] => {
    const matches = (text: string) => text.toLowerCase().includes(search.toLowerCase());
    const pages = pagesOf(dataset).filter(({ label }) => search !== '' && matches(t(label))).map(({ to, label }) => ({
      id: to,
      label: t(label),
      kind: t('find.page'),
      choose: () => {
        onClose();
        void navigate({ to, search: {} });
      },
    }));
    const recent = readRecent(dataset)
      .filter(({ label }) => search === '' || matches(label))
      .map((member) => ({
        id: `${member.field.name}=${member.value}`,
        label: member.label,
        kind: member.field.label,
        media: member.media,
        choose: () => go(member),
      }));
    return [...recent, ...pages];
  };

  return (
    // A click on the backdrop closes it, as Escape does.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className="command-menu"
      aria-label={t('shell.find')}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <MemberSearch
        dataset={dataset}
        version={version}
        field={null}
        label={t('shell.find')}
        placeholder={t('find.hint')}
        before={before}
        onChoose={go}
      />
    </dialog>
  );
}
