import { type FormEvent, type ReactNode, useState } from 'react';
import type {
  DashboardPanel,
  PanelKind,
  SavedQueryListAnswer,
} from '../../../../server/library/library-api.ts';
import type { TableListAnswer } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { CodeField } from '../../../editor/script/code-field.tsx';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';

const kinds: readonly { readonly kind: PanelKind; readonly label: string }[] = [
  { kind: 'table', label: 'Table' },
  { kind: 'line', label: 'Lines: the first column along, numbers up' },
  { kind: 'bar', label: 'Bars: names, and a number each' },
  { kind: 'number', label: 'Big number: the first row’s first value' },
];

const listEveryMs = 10_000;

/** What a panel asks and how it shows the answer. */
export function PanelForm({
  panel,
  onDone,
  onClose,
}: {
  readonly panel: DashboardPanel;
  readonly onDone: (panel: DashboardPanel) => void;
  readonly onClose: () => void;
}): ReactNode {
  const [title, setTitle] = useState(panel.title);
  const [kind, setKind] = useState(panel.kind);
  const [unit, setUnit] = useState(panel.unit ?? '');
  const [source, setSource] = useState(panel.source);
  const isEmpty = 'sql' in source && source.sql.trim() === '';
  const done = (event: FormEvent): void => {
    event.preventDefault();
    const { unit: _unit, ...rest } = panel;
    const next = { ...rest, title: title.trim(), kind, source };
    onDone(kind === 'number' && unit !== '' ? { ...next, unit } : next);
  };
  const [isLeaving, setLeaving] = useState(false);
  const isChanged =
    title !== panel.title ||
    kind !== panel.kind ||
    unit !== (panel.unit ?? '') ||
    JSON.stringify(source) !== JSON.stringify(panel.source);
  // Escape is also what closes the editor's list of completions: it loses nothing that was typed.
  const leave = (): void => (isChanged && !isLeaving ? setLeaving(true) : onClose());
  return (
    <Dialog title={panel.title === '' ? 'A panel' : panel.title} isWide onClose={leave}>
      <form className="board-form" onSubmit={done}>
        <label className="field">
          <span className="label">Title</span>
          <input
            className="input"
            value={title}
            onChange={({ target }) => setTitle(target.value)}
            maxLength={200}
            required
          />
        </label>
        <SourceField source={source} onChange={setSource} />
        <LookFields kind={kind} unit={unit} onKind={setKind} onUnit={setUnit} />
        {isLeaving && (
          <p className="notice" role="alert">
            What you typed is not taken yet: once more, and it is gone.
          </p>
        )}
        <DialogButtons action="Take it" isDisabled={isEmpty} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** How the answer is shown. */
function LookFields({
  kind,
  unit,
  onKind,
  onUnit,
}: {
  readonly kind: PanelKind;
  readonly unit: string;
  readonly onKind: (kind: PanelKind) => void;
  readonly onUnit: (unit: string) => void;
}): ReactNode {
  return (
    <>
      <label className="field">
        <span className="label">Shown as</span>
        <select
          className="input"
          value={kind}
          onChange={({ target }) => {
            const found = kinds.find((one) => one.kind === target.value);
            if (found !== undefined) onKind(found.kind);
          }}
        >
          {kinds.map((one) => (
            <option key={one.kind} value={one.kind}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      {kind === 'number' && (
        <label className="field">
          <span className="label">Unit</span>
          <input
            className="input"
            value={unit}
            onChange={({ target }) => onUnit(target.value)}
            placeholder="events/s"
            maxLength={40}
          />
        </label>
      )}
    </>
  );
}

/** SQL of the panel's own, or a saved query. */
function SourceField({
  source,
  onChange,
}: {
  readonly source: DashboardPanel['source'];
  readonly onChange: (source: DashboardPanel['source']) => void;
}): ReactNode {
  const { value, error } = usePolled<SavedQueryListAnswer>('/api/v1/library/queries', listEveryMs);
  const tables = usePolled<TableListAnswer>('/api/v1/tables', listEveryMs);
  const chosen = 'query' in source ? source.query : '';
  const paths = (value?.queries ?? []).map(({ path }) => path);
  const shown = chosen === '' || paths.includes(chosen) ? paths : [chosen, ...paths];
  return (
    <>
      <label className="field">
        <span className="label">Asks</span>
        <select
          className="input"
          value={chosen}
          onChange={({ target }) =>
            onChange(target.value === '' ? { sql: '' } : { query: target.value })
          }
        >
          <option value="">SQL of its own</option>
          {shown.map((path) => (
            <option key={path} value={path}>
              the saved query {path}
            </option>
          ))}
        </select>
      </label>
      {error !== undefined && <Failure error={error} />}
      {'sql' in source && (
        <div className="field">
          <span className="label">SQL</span>
          <CodeField
            isField
            label="SQL of the panel"
            sql={source.sql}
            errors={[]}
            tables={tables.value?.tables ?? []}
            onChange={(sql) => onChange({ sql })}
          />
          <span className="quiet">
            <code>$from</code> and <code>$to</code> are the time range; others are the dashboard’s
            variables.
          </span>
        </div>
      )}
    </>
  );
}
