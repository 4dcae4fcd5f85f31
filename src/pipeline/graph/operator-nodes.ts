import type {
  DataflowNode,
  SelectNode,
  UpdatingNode,
  WindowNode,
  WrittenSelect,
} from '../dataflow/dataflow.ts';
import { readableSql } from '../dataflow/written/readable-sql.ts';
import { withoutOwnNames } from '../dataflow/written/written-select.ts';
import { detailsOf, type GraphDetails, type GraphNode, spanText } from './graph.ts';

/** What names of nodes mean in the script. */
export type ScriptNames = {
  readonly views: readonly { readonly name: string }[];
  readonly memoryTables: readonly { readonly name: string }[];
};

/** Undefined: it says no more than what it reads. */
export function operatorNode(node: DataflowNode, names: ScriptNames): GraphNode | undefined {
  switch (node.kind) {
    case 'select':
      return selectNode(node, names);
    case 'window':
      return windowNode(node, names);
    default:
      return updatingNode(node);
  }
}

function selectNode(node: SelectNode, { views, memoryTables }: ScriptNames): GraphNode | undefined {
  const { name: id, written, sql } = node;
  const isNamed = (tables: ScriptNames['views']): boolean => tables.some(({ name }) => name === id);
  if (node.rows === 'lookup') {
    // Its SQL is asked as it is written.
    const kind = isNamed(views) ? 'view' : 'select';
    const label = node.label ?? 'SELECT';
    return { id, kind, label, details: { sql: readableSql(sql.text) } };
  }
  if (isNamed(views)) return { id, kind: 'view', label: id, details: writtenDetails(written) };
  if (isNamed(memoryTables)) {
    return { id, kind: 'table', label: id, details: writtenDetails(written) };
  }
  if (written === undefined && sql.reads.length === 1) return undefined;
  const isOwn = node.label === undefined || /^(__|unnamed_subquery$)/.test(node.label);
  const does = selectLabel(written);
  const label = isOwn ? does : `${node.label}: ${does}`;
  return { id, kind: 'select', label, details: writtenDetails(written) };
}

function selectLabel(written: WrittenSelect | undefined): string {
  if (written === undefined) return 'projection';
  const { operation, joins, groups, gives, where, qualify, limit } = written;
  if (operation !== undefined) return operation;
  const does = [
    joins.length > 0 ? 'join' : undefined,
    groups.length > 0 ? 'aggregate' : undefined,
    gives.some((one) => /\bOVER \(/.test(one)) ? 'window functions' : undefined,
    where !== undefined || qualify !== undefined ? 'filter' : undefined,
    limit === undefined ? undefined : 'limit',
  ].filter((one) => one !== undefined);
  return does.length === 0 ? 'projection' : does.join(', ');
}

function windowNode(node: WindowNode, { views }: ScriptNames): GraphNode {
  const { name: id, shape, keys, label, waitsFor, late, written } = node;
  const last = shape.kind === 'session' ? 'the gap after its last row' : 'its end';
  return {
    id,
    kind: 'window',
    label: views.some(({ name }) => name === id) ? `${id}: ${label}` : label,
    details: {
      window: label,
      ...detailsOf({ keys: keysOf(written, keys.length) }),
      ...writtenDetails(written, 'keyed'),
      ...detailsOf({
        state: windowState(node),
        kept_until: `the watermark of ${waitsFor.join(', ')} passes ${last}`,
        late_rows: late === undefined ? 'left out, and counted' : 'kept in a table',
      }),
    },
  };
}

function windowState({ shape, keys, values }: WindowNode): string {
  if (values.some(({ merge }) => merge === undefined)) return 'rows, as they came';
  const span = shape.kind === 'tumble' ? 'window' : 'span of time';
  return `partial aggregates by ${span}${keys.length > 0 ? ' and keys' : ''}`;
}

/** Of a session or an aggregate: what it groups by, but the window itself. */
function keysOf(written: WrittenSelect | undefined, count: number): readonly string[] {
  const groups = written?.groups ?? [];
  return count === 0 ? [] : groups.filter((group) => !/^(tumble|hop|session)\(/.test(group));
}

function updatingNode(node: UpdatingNode): GraphNode {
  const { name: id, inputs, written, ttlMs, resultKeys } = node;
  const isJoin = inputs.length > 1;
  const label = withoutOwnNames(node.label);
  const keys = resultKeys.filter((key) => !key.startsWith('__'));
  return {
    id,
    kind: isJoin ? 'join' : 'aggregate',
    label,
    details: {
      ...detailsOf({ keys: isJoin ? undefined : (written?.groups ?? keys) }),
      ...writtenDetails(written, 'keyed'),
      ...detailsOf({
        state: updatingState(node),
        kept_until: keptText(ttlMs),
        output: node.isAppending === true ? 'events' : 'changes',
      }),
    },
  };
}

function updatingState({ inputs, keepsLast }: UpdatingNode): string {
  if (keepsLast === true) return 'the last row of each key';
  if (inputs.length > 1) return 'the rows of both sides, by key';
  const isMerged = inputs.every(
    ({ values, isRetracting }) => !isRetracting && values.every(({ merge }) => merge !== undefined),
  );
  return isMerged ? 'partial aggregates by key' : 'rows by key';
}

function keptText(ttlMs: number): string {
  if (ttlMs >= Number.MAX_SAFE_INTEGER) return 'the pipeline is deleted';
  return `nothing came for the key in ${spanText(ttlMs)} (updating_ttl)`;
}

/** `keyed`: what it groups by is said elsewhere. */
function writtenDetails(written: WrittenSelect | undefined, groups?: 'keyed'): GraphDetails {
  if (written === undefined) return {};
  return detailsOf({
    joins: written.joins,
    where: written.where,
    group_by: groups === 'keyed' ? undefined : written.groups,
    gives: written.gives,
    having: written.having,
    qualify: written.qualify,
    distinct: written.isDistinct ? 'yes' : undefined,
    order_by: written.order,
    limit: written.limit,
  });
}
