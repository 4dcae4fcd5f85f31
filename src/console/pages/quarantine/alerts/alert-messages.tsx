import type { ReactNode } from 'react';
import type { AlertAnswer } from '../../../../server/alerts/alerts-api.ts';
import { Ago } from '../../../parts/ago.tsx';
import { count } from '../../../text.ts';
import './alerts.css';

/** What became of an alert's messages. */
export function Messages({ alert: { deliveries } }: { readonly alert: AlertAnswer }): ReactNode {
  const { delivered, failed, given_up: givenUp, last_at: at, last_failure: failure } = deliveries;
  if (at === undefined) return 'Nothing was sent since Helios was started.';
  const many = delivered === 0 ? 'No' : count(delivered);
  const taken = `${many} ${delivered > 1 ? 'messages were' : 'message was'}`;
  return (
    <>
      {taken} taken since Helios was started
      {failed > 0 && `, ${count(failed)} attempts failed`}
      {givenUp > 0 && `, ${count(givenUp)} given up until the alert is changed`}; the last{' '}
      <Ago at={at} />
      {failure === undefined ? '.' : ': '}
      {failure !== undefined && (
        <strong className="alert-bad">
          {failure.message} {failure.hint}
        </strong>
      )}
    </>
  );
}
