import type { ReactNode } from 'react';
import type { StepProps } from '../step-props.ts';
import { BrokerWhere } from './broker-where.tsx';
import { FilesWhere } from './files-where.tsx';
import { HttpWhere } from './http-where.tsx';
import { Kinds } from './kinds.tsx';

/** Step 1: what is connected, and how it is reached. */
export function WhereStep(props: StepProps): ReactNode {
  const { draft, change } = props;
  const { kind } = draft;
  return (
    <>
      <Kinds chosen={kind} onChoose={(next) => change((before) => ({ ...before, kind: next }))} />
      {kind === 'http' && <HttpWhere {...props} />}
      {kind === 'files' && <FilesWhere {...props} />}
      {kind !== 'http' && kind !== 'files' && <BrokerWhere key={kind} kind={kind} {...props} />}
    </>
  );
}
