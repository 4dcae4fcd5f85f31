import type uPlot from 'uplot';

/** Takes the ends of what was dragged over, as values of the axis. */
export type OnBrush = (from: number, to: number) => void;

/** A drag tells of its ends in place of a zoom: whoever hears of it shows other data. */
export function brushPlugin(onBrush: OnBrush): uPlot.Plugin {
  return {
    opts: (_plot, { cursor, ...options }) => ({
      ...options,
      cursor: { ...cursor, drag: { x: true, y: false, setScale: false } },
    }),
    hooks: {
      setSelect: (plot) => {
        const { left, width } = plot.select;
        // A click is no brush.
        if (width < pixelsMin) return;
        const [from, to] = [left, left + width].map((place) => plot.posToVal(place, 'x'));
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        if (from !== undefined && to !== undefined) onBrush(from, to);
      },
    },
  };
}

const pixelsMin = 4;
