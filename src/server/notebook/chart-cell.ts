import { pythonText, pythonValue } from './python-text.ts';

export const chartKinds = ['line', 'bar', 'area', 'scatter'] as const;

export type Chart = {
  readonly kind: (typeof chartKinds)[number];
  /** A column of the answer; the first one unless given. */
  readonly x?: string | undefined;
  /** Columns with numbers; all of them unless given. */
  readonly y?: readonly string[] | undefined;
};

/** Python that draws \`frame\`. */
export function chartCell(chart: Chart | undefined, title: string): string {
  const x = chart?.x === undefined ? 'frame.columns[0]' : pythonText(chart.x);
  const y =
    chart?.y === undefined
      ? '[name for name in numbers if name != x] or numbers'
      : pythonValue(chart.y);
  return `import matplotlib.pyplot as plt

# A dollar sign is a dollar sign.
plt.rcParams["text.parse_math"] = False

numbers = list(frame.select_dtypes("number").columns)
x = ${x}
y = ${y}

figure, axes = plt.subplots(figsize=(10, 5))
for name in y:
${drawn(chart?.kind ?? 'line')}
axes.set_xlabel(x)
axes.set_title(${pythonText(title)})
if y:
    axes.legend()
axes.grid(True, alpha=0.3)
figure.autofmt_xdate()
plt.show()`;
}

function drawn(kind: Chart['kind']): string {
  // Texts may have gaps, which are no text.
  const at = 'frame[x] if x in numbers or frame[x].dtype.kind == "M" else frame[x].astype(str)';
  const call = {
    line: 'axes.plot(at, frame[name], marker="o", label=name)',
    bar: 'axes.bar(at, frame[name], label=name, alpha=0.8)',
    area: 'axes.fill_between(at, frame[name], label=name, alpha=0.5)',
    scatter: 'axes.scatter(at, frame[name], label=name)',
  }[kind];
  return `    at = ${at}\n    ${call}`;
}
