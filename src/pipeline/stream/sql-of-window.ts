import type { WindowNode } from '../dataflow/dataflow.ts';
import { SessionSql } from './session-sql.ts';
import { SlidingSql } from './sliding-sql.ts';
import type { WindowSql } from './window-sql.ts';

export function windowSql(node: WindowNode): WindowSql {
  const { shape } = node;
  if (shape.kind === 'session') return new SessionSql(node, shape.gapUs);
  const slideUs = shape.kind === 'hop' ? shape.slideUs : shape.widthUs;
  return new SlidingSql(node, { widthUs: shape.widthUs, slideUs });
}
