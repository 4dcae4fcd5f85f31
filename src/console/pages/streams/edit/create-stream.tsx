import { type ReactNode, useState } from 'react';
import type { ConnectionAnswer, StreamAnswer } from '../../../../server/api.ts';
import { request } from '../../../api/request.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { StreamForm } from './stream-form.tsx';
import { createBodyOf, noValues } from './stream-values.ts';

/** Makes a stream, in the embedded log or at a broker. */
export function CreateStream({
  connections,
  onDone,
  onClose,
}: {
  readonly connections: readonly ConnectionAnswer[];
  readonly onDone: (stream: StreamAnswer) => void;
  readonly onClose: () => void;
}): ReactNode {
  const [values, setValues] = useState(noValues);
  const create = async (): Promise<void> =>
    onDone(await request<StreamAnswer>('/api/v1/streams', { body: createBodyOf(values) }));
  return (
    <Dialog title="New stream" onClose={onClose}>
      <StreamForm
        values={values}
        onChange={setValues}
        connections={connections}
        isBacked={values.connection !== ''}
        action="Create stream"
        onSubmit={create}
      />
    </Dialog>
  );
}
