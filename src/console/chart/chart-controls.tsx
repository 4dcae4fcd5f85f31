import type { ReactNode } from 'react';
import type { GridColumn } from '../grid/values/columns.ts';
import { chartKinds, type ChartSpec } from './chart-choice.ts';
import { ChartTaking, type TakingProps } from './chart-taking.tsx';

type ControlsProps = TakingProps & {
  /** False: the chart was chosen by itself. */
  readonly isChosen: boolean;
  readonly onChoose: (spec: ChartSpec | undefined) => void;
};

/** Which chart, of what, and how it is taken along. */
export function ChartControls(props: ControlsProps): ReactNode {
  const { spec, isChosen, onChoose } = props;
  return (
    <div className="chart-controls">
      <Choice
        label="as"
        value={spec.kind}
        options={chartKinds.map((kind) => [kind, kindNames[kind]])}
        onChange={(kind) =>
          onChoose({ ...spec, kind: chartKinds.find((one) => one === kind) ?? spec.kind })
        }
      />
      <Columns {...props} />
      {isChosen && (
        <button type="button" className="button plain" onClick={() => onChoose(undefined)}>
          Choose by itself
        </button>
      )}
      <span className="end">
        <ChartTaking {...props} />
      </span>
    </div>
  );
}

const kindNames: Readonly<Record<ChartSpec['kind'], string>> = {
  line: 'lines',
  area: 'areas',
  bar: 'bars',
  scatter: 'points',
  pie: 'pie',
  number: 'number',
};

const allNumbers = 'all';

function Columns({ spec, columns, onChoose }: ControlsProps): ReactNode {
  const numbers = columns.filter(({ kind }) => kind === 'number');
  const named = (list: readonly GridColumn[]): readonly (readonly [string, string])[] =>
    list.map(({ index, name }) => [String(index), name]);
  const groups = columns.filter(({ kind, index }) => kind !== 'number' && index !== spec.x);
  const some = spec.y.length > 1 ? ([[allNumbers, `${spec.y.length} numbers`]] as const) : [];
  const y = spec.y.length > 1 ? allNumbers : String(spec.y[0]);
  return (
    <>
      <Choice
        label="of"
        value={y}
        options={[...some, ...named(numbers)]}
        onChange={(place) => {
          if (place !== allNumbers) onChoose({ ...spec, y: [Number(place)] });
        }}
      />
      {spec.kind !== 'number' && (
        <Choice
          label="over"
          value={String(spec.x ?? '')}
          options={[['', 'the rows'], ...named(columns)]}
          onChange={(place) => onChoose({ ...spec, x: place === '' ? undefined : Number(place) })}
        />
      )}
      {groups.length > 0 && spec.kind !== 'number' && spec.kind !== 'pie' && (
        <Choice
          label="by"
          value={String(spec.series ?? '')}
          options={[['', 'nothing'], ...named(groups)]}
          onChange={(place) =>
            onChoose({ ...spec, series: place === '' ? undefined : Number(place) })
          }
        />
      )}
    </>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}): ReactNode {
  return (
    <label className="chart-choice">
      {label}
      <select className="input" value={value} onChange={({ target }) => onChange(target.value)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
