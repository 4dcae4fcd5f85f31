import { type ReactNode, useState } from 'react';
import type { StreamAnswer } from '../../../../server/api.ts';
import { request } from '../../../api/request.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { streamPath } from '../stream-place.ts';
import { StreamForm } from './stream-form.tsx';
import { patchBodyOf, valuesOf } from './stream-values.ts';

/** Changes how long a stream is kept, or adds partitions. */
export function ChangeStream({
  stream,
  onDone,
  onClose,
}: {
  readonly stream: StreamAnswer;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const [before] = useState(() => valuesOf({ ...stream, partitions: stream.partitions.length }));
  const [values, setValues] = useState(before);
  const change = async (): Promise<void> => {
    const body = patchBodyOf(values, before);
    if (Object.keys(body).length > 0) {
      await request<StreamAnswer>(streamPath(stream.name), { method: 'PATCH', body });
    }
    onDone();
    onClose();
  };
  return (
    <Dialog title={`Change ${stream.name}`} onClose={onClose}>
      <StreamForm
        values={values}
        onChange={setValues}
        connections={undefined}
        isBacked={stream.backing !== null}
        action="Change stream"
        onSubmit={change}
      />
    </Dialog>
  );
}
