import { type ReactNode, type RefObject, useState } from 'react';
import { offer } from '../api/export.ts';
import type { GridColumn } from '../grid/values/columns.ts';
import { copiedText } from '../grid/values/copy-formats.ts';
import type { GridRow } from '../grid/values/order.ts';
import { MenuButton } from '../parts/floating.tsx';
import { Icon } from '../parts/icon.tsx';
import { useZone } from '../time/zone.ts';
import type { ChartSpec } from './chart-choice.ts';
import type { ChartData } from './chart-data.ts';
import { lookOf } from './chart-options.ts';
import { canvasColour } from './colours.ts';
import type { PictureOrder, SeenRange } from './picture.ts';

export type TakingProps = {
  readonly spec: ChartSpec;
  readonly data: ChartData;
  readonly columns: readonly GridColumn[];
  readonly rows: readonly GridRow[];
  readonly box: RefObject<HTMLElement | null>;
  /** What the chart was zoomed to. */
  readonly seen: RefObject<SeenRange | undefined>;
};

/** The chart as a file: as it is seen now, or its rows. */
export function ChartTaking(props: TakingProps): ReactNode {
  const zone = useZone();
  const [said, setSaid] = useState('');
  const take = async (kind: 'svg' | 'png'): Promise<void> => {
    const element = props.box.current;
    if (element === null) return;
    // Most who look at a chart take no file of it.
    const { pngPicture, svgPicture } = await import('./picture.ts');
    const order = orderOf(element, props, zone);
    const blob =
      kind === 'png'
        ? await pngPicture(order)
        : new Blob([svgPicture(order)], { type: 'image/svg+xml' });
    offer(blob, `chart.${kind}`);
  };
  const picture = (kind: 'svg' | 'png') => (): void => {
    setSaid('');
    take(kind).catch(() => setSaid('The browser made no picture'));
  };
  const isDrawn = props.spec.kind !== 'number';
  const note = isDrawn ? undefined : 'numbers are text';
  return (
    <>
      <span className="quiet" role="status">
        {said}
      </span>
      <MenuButton
        title="Keep the chart as"
        items={[
          { name: 'PNG', note, onChoose: isDrawn ? picture('png') : undefined },
          { name: 'SVG', note, onChoose: isDrawn ? picture('svg') : undefined },
          { name: 'CSV', note: 'all rows', onChoose: () => takeRows(props) },
        ]}
      >
        <Icon name="down" />
        Export
      </MenuButton>
    </>
  );
}

function orderOf(element: HTMLElement, props: TakingProps, zone: string): PictureOrder {
  const { spec, data, seen } = props;
  return {
    data,
    kind: spec.kind,
    look: lookOf(element),
    surface: canvasColour(element, '--surface'),
    zone,
    width: element.clientWidth,
    height: element.clientHeight,
    seen: seen.current,
  };
}

/** The drawn columns of all rows, exact as they came. */
function takeRows({ spec, columns, rows }: TakingProps): void {
  const places = [spec.x, spec.series, ...spec.y].filter((place) => place !== undefined);
  const drawn = [...new Set(places)].flatMap((place) => columns[place] ?? []);
  const taken = rows.map((row) => drawn.map(({ index }) => row[index]));
  const text = copiedText({ columns: drawn, rows: taken }, 'csv');
  offer(new Blob([text], { type: 'text/csv' }), 'chart.csv');
}
