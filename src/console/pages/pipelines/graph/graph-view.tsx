import { type ReactNode, useSyncExternalStore } from 'react';
import { Link } from '../../../link.tsx';
import { edgeWidth, type PipelineGraph, type PipelineNode } from './pipeline-graph.ts';
import { layoutGraph, type NodeSize } from './layout.ts';
import './graph.css';

const narrow = window.matchMedia('(max-width: 720px)');
const sizes: Readonly<Record<'right' | 'down', NodeSize>> = {
  right: { width: 184, height: 64 },
  down: { width: 240, height: 64 },
};

/** A pipeline as a graph: from left to right, on narrow screens downwards. */
export function GraphView({
  graph,
  hrefOf,
}: {
  readonly graph: PipelineGraph;
  readonly hrefOf: (node: PipelineNode) => string;
}): ReactNode {
  const direction = useSyncExternalStore(listen, () => (narrow.matches ? 'down' : 'right'));
  const size = sizes[direction];
  const placed = layoutGraph(graph, direction, size);
  const { width, height } = placed;
  const rates = new Map(graph.edges.map((edge) => [`${edge.from}\n${edge.to}`, edge.rate]));
  const rejected = graph.nodes.find(({ kind }) => kind === 'rejected')?.id;
  return (
    <div className="graph">
      <div className="graph-area" style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {placed.edges.map(({ from, to, path }) => (
            <path
              key={`${from}\n${to}`}
              className={to === rejected ? 'fall' : undefined}
              d={path}
              strokeWidth={edgeWidth(rates.get(`${from}\n${to}`))}
            />
          ))}
        </svg>
        <ul aria-label="Sources, views and tables">
          {graph.nodes.map((node) => {
            const place = placed.nodes.get(node.id);
            const style = { ...size, left: place?.x ?? 0, top: place?.y ?? 0 };
            return (
              <li key={node.id} style={style}>
                <Link href={hrefOf(node)} className={`graph-node ${node.kind}`} title={node.name}>
                  <span className="name">{node.name}</span>
                  <span className="what">
                    {node.what}
                    {node.isWaiting && ' · waiting'}
                  </span>
                  <span className="flow">{node.flow}</span>
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

function listen(onChange: () => void): () => void {
  narrow.addEventListener('change', onChange);
  return () => narrow.removeEventListener('change', onChange);
}
