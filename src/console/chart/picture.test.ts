import { expect, test } from 'vitest';
import { type PictureOrder, svgPicture } from './picture.ts';

const order: PictureOrder = {
  data: {
    axis: 'time',
    x: [0, 3600, 7200],
    labels: ['1970-01-01T00:00:00Z', '1970-01-01T01:00:00Z', '1970-01-01T02:00:00Z'],
    isTime: true,
    series: [
      { name: '<img src=x onerror="alert(1)">', values: [1, null, 3] },
      { name: 'b & c', values: [3, 2, 1] },
    ],
    leftOut: [],
  },
  kind: 'line',
  look: {
    colours: ['#1d63c7', '#b45309'],
    text: '#1c1b19',
    quiet: '#625d55',
    line: '#e4e0d9',
    raised: '#ffffff',
    face: 'system-ui, "Segoe UI", sans-serif',
  },
  surface: '#ffffff',
  zone: 'Europe/Berlin',
  width: 600,
  height: 300,
  seen: undefined,
};

test.each(['line', 'area', 'scatter', 'bar', 'pie'] as const)('%s is whole XML', (kind) => {
  const text = svgPicture({ ...order, kind });
  expect(text).toMatch(/^<svg [^>]*width="600"/);
  expect(text).not.toContain('<img');
  // What is left of a tag whose attributes have a quote within.
  const tag = /<\/?[\w:]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g;
  const rest = text.replace(/<style[^]*<\/style>/, '').replaceAll(tag, '');
  expect(rest).not.toMatch(/[<>]/);
});

test('times are on the zone’s clocks, and a zoom is kept', () => {
  const all = svgPicture(order);
  expect(all).toContain('01:00');
  expect(all).toContain('>1970-01-01<');
  expect(all).toContain('>+01:00<');
  const zoomed = svgPicture({ ...order, seen: { from: 3600, to: 7200 } });
  expect(zoomed).toContain('02:00');
  expect(zoomed).not.toContain('>01:00<');
});
