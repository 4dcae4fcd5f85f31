import type { ReactNode, RefObject } from 'react';
import { useMay } from '../../access/use-door.ts';
import type { EditorHandle } from '../../editor/sql-editor.tsx';
import { type MenuItem, MenuButton } from '../../parts/floating.tsx';
import { Icon } from '../../parts/icon.tsx';
import { searchOf } from './link.ts';
import { type SqlTab, tabTitle } from './tabs/tabs.ts';
import type { TabsHandle } from './tabs/use-tabs.ts';
import type { ActiveQuery } from './use-active-query.ts';

type QueryMenuProps = {
  readonly handle: TabsHandle;
  readonly query: ActiveQuery;
  readonly editor: RefObject<EditorHandle | null>;
  readonly onSaveAs: () => void;
  /** Told what came of it. */
  readonly onSaid: (message: string) => void;
};

/** What else can be done with the query. */
export function QueryMenu(props: QueryMenuProps): ReactNode {
  const maySave = useMay('save');
  return (
    <MenuButton label="More" title="What else can be done" items={itemsOf(props, maySave)}>
      <Icon name="more" />
    </MenuButton>
  );
}

function itemsOf(props: QueryMenuProps, maySave: boolean): readonly MenuItem[] {
  const { handle, query, editor, onSaveAs, onSaid } = props;
  const { tab } = query;
  const [closed] = handle.tabs.closed;
  const link = linkOf(tab);
  return [
    {
      name: 'Save as…',
      note: maySave ? undefined : 'takes the scope console or admin',
      onChoose: maySave && tab.text.trim() !== '' ? onSaveAs : undefined,
    },
    {
      name: 'Format',
      note: 'Shift Alt F',
      onChoose:
        tab.text.trim() === '' ? undefined : () => void format(tab.text, { editor, onSaid }),
    },
    {
      name: 'Copy link',
      note: link === undefined ? 'too long for one' : undefined,
      onChoose: link === undefined ? undefined : () => copy(link, onSaid),
    },
    {
      name: 'Duplicate',
      onChoose: () => handle.open({ ...tab, id: crypto.randomUUID(), name: '', saved: undefined }),
    },
    {
      name: 'Reopen closed',
      note: closed === undefined ? 'none was closed' : tabTitle(closed),
      onChoose: closed === undefined ? undefined : () => handle.reopen(),
    },
  ];
}

/** Lays the text out in the editor; what can't be read stays as it is. */
export async function format(
  text: string,
  { editor, onSaid }: Pick<QueryMenuProps, 'editor' | 'onSaid'>,
): Promise<void> {
  try {
    const { formatSql } = await import('../../editor/format.ts');
    editor.current?.replace(formatSql(text));
    onSaid('');
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : '';
    onSaid(`Not formatted: ${reason}`);
  }
}

function linkOf(tab: SqlTab): string | undefined {
  const search = searchOf(tab);
  return search === undefined ? undefined : `${location.origin}/sql?${search.toString()}`;
}

function copy(link: string, onSaid: (message: string) => void): void {
  navigator.clipboard.writeText(link).then(
    () => onSaid('Copied the link'),
    () => onSaid('The browser does not allow copying here'),
  );
}
