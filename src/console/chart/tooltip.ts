import type uPlot from 'uplot';
import { count } from '../text.ts';
import { type AxisClock, axisTime } from './time-labels.ts';

/** What stands at the pointer, beside it. Only ever text: names come from data. */
export function tooltipPlugin(clock: AxisClock): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tooltip';
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => {
        plot.over.append(box);
        plot.over.addEventListener('mouseleave', () => {
          box.hidden = true;
        });
      },
      setCursor: (plot) => show(plot, box, clock),
    },
  };
}

function show(plot: uPlot, box: HTMLElement, clock: AxisClock): void {
  const { idx, left = 0, top = 0 } = plot.cursor;
  const x = idx === null || idx === undefined ? undefined : plot.data[0][idx];
  if (idx === null || idx === undefined || x === undefined || left < 0) {
    box.hidden = true;
    return;
  }
  const isTime = plot.scales['x']?.time === true;
  const lines = [line(isTime ? axisTime(x, clock) : numberText(x), '')];
  for (const [index, series] of plot.series.entries()) {
    const value = index === 0 ? undefined : plot.data[index]?.[idx];
    if (value === undefined || value === null || series.show === false) continue;
    lines.push(line(String(series.label), numberText(value)));
  }
  box.replaceChildren(...lines);
  box.hidden = false;
  const isRight = left > plot.over.clientWidth / 2;
  box.style.left = isRight ? '' : `${left + 12}px`;
  box.style.right = isRight ? `${plot.over.clientWidth - left + 12}px` : '';
  box.style.top = `${Math.max(0, Math.min(top, plot.over.clientHeight - box.offsetHeight))}px`;
}

function line(name: string, value: string): HTMLElement {
  const row = document.createElement('div');
  const [left, right] = [document.createElement('span'), document.createElement('span')];
  left.textContent = name;
  right.textContent = value;
  row.append(left, right);
  return row;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toPrecision(6).replace(/\.?0+$/, '');
}
