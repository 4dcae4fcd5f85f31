/** What a graph is drawn of. */
export type GraphShape = {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
};

export type Direction = 'right' | 'down';

export type PlacedGraph = {
  readonly width: number;
  readonly height: number;
  /** Left upper corners, in the order of the given nodes. */
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    /** Of an SVG path. */
    readonly path: string;
  }[];
};

export type NodeSize = { readonly width: number; readonly height: number };

/** Between layers, and between the nodes of one. */
const layerGap = 56;
const nodeGap = 16;
/** Downwards, each layer stands further in, and edges run along its left side. */
const indent = 28;
const rowGap = 14;

/**
 * Places a graph without cycles in layers: each node one layer behind the last of those it reads,
 * in a layer beside the nodes that it reads (Sugiyama's method without dummy nodes). To the right,
 * layers are columns; downwards, each node has a line of its own.
 */
export function layoutGraph(graph: GraphShape, direction: Direction, size: NodeSize): PlacedGraph {
  const layers = orderedLayers(graph);
  const nodes = direction === 'right' ? placeRight(layers, size) : placeDown(layers, size);
  const edges = graph.edges.flatMap(({ from, to }) => {
    const [start, end] = [nodes.get(from), nodes.get(to)];
    if (start === undefined || end === undefined) return [];
    const path = direction === 'right' ? curve(start, end, size) : elbow(start, end, size);
    return [{ from, to, path }];
  });
  const corners = [...nodes.values()];
  return {
    width: Math.max(0, ...corners.map(({ x }) => x)) + size.width,
    height: Math.max(0, ...corners.map(({ y }) => y)) + size.height,
    nodes,
    edges,
  };
}

type Corner = { readonly x: number; readonly y: number };

function placeRight(layers: readonly string[][], size: NodeSize): ReadonlyMap<string, Corner> {
  const step = size.height + nodeGap;
  const most = Math.max(1, ...layers.map((layer) => layer.length));
  const places = new Map<string, Corner>();
  for (const [depth, layer] of layers.entries()) {
    const top = ((most - layer.length) * step) / 2;
    for (const [index, id] of layer.entries()) {
      places.set(id, { x: depth * (size.width + layerGap), y: top + index * step });
    }
  }
  return places;
}

function placeDown(layers: readonly string[][], size: NodeSize): ReadonlyMap<string, Corner> {
  const places = new Map<string, Corner>();
  for (const [depth, layer] of layers.entries()) {
    for (const id of layer) {
      places.set(id, { x: depth * indent, y: places.size * (size.height + rowGap) });
    }
  }
  return places;
}

function curve(start: Corner, end: Corner, { width, height }: NodeSize): string {
  const [x1, y1] = [start.x + width, start.y + height / 2];
  const [x2, y2] = [end.x, end.y + height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

function elbow(start: Corner, end: Corner, { height }: NodeSize): string {
  const x = start.x + indent / 2;
  const y = end.y + height / 2;
  return `M${x} ${start.y + height}V${y - 8}Q${x} ${y} ${x + 8} ${y}H${end.x}`;
}

function orderedLayers({ nodes, edges }: GraphShape): string[][] {
  const depths = depthsOf({ nodes, edges });
  const layers: string[][] = [];
  for (const { id } of nodes) {
    const depth = depths.get(id) ?? 0;
    while (layers.length <= depth) layers.push([]);
    layers[depth]?.push(id);
  }
  const at = new Map<string, number>();
  for (const layer of layers) {
    const wish = new Map(layer.map((id, index) => [id, wishOf(id, edges, at) ?? index]));
    layer.sort((one, other) => (wish.get(one) ?? 0) - (wish.get(other) ?? 0));
    for (const [index, id] of layer.entries()) at.set(id, index - (layer.length - 1) / 2);
  }
  return layers;
}

/** The mean place of what a node reads; undefined where it reads nothing. */
function wishOf(
  id: string,
  edges: GraphShape['edges'],
  at: ReadonlyMap<string, number>,
): number | undefined {
  const places = edges.filter(({ to }) => to === id).flatMap(({ from }) => at.get(from) ?? []);
  if (places.length === 0) return undefined;
  return places.reduce((sum, place) => sum + place, 0) / places.length;
}

function depthsOf({ nodes, edges }: GraphShape): ReadonlyMap<string, number> {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  // A cycle, which no script has, would never settle: it is drawn as it is after so many rounds.
  for (let round = 0; round < nodes.length; round++) {
    let isSettled = true;
    for (const { from, to } of edges) {
      const depth = (depths.get(from) ?? 0) + 1;
      if (depth <= (depths.get(to) ?? 0)) continue;
      depths.set(to, depth);
      isSettled = false;
    }
    if (isSettled) break;
  }
  return depths;
}
