import { type FormEvent, type ReactNode, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { DashboardBody } from '../../../../server/library/library-api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { go } from '../../../place.ts';
import { dashboardDocument, dashboardPage } from '../address.ts';

const empty: DashboardBody = { panels: [] };

/** A name, and there it is, open to be filled. */
export function NewDashboard(): ReactNode {
  const [name, setName] = useState('');
  const [error, setError] = useState<ErrorBody>();
  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      const path = name.trim();
      await request(dashboardDocument(path), { method: 'PUT', body: empty });
      go(`${dashboardPage(path)}?edit=1`);
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
  };
  return (
    <>
      <form className="board-new" onSubmit={(event) => void make(event)}>
        <input
          className="input"
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setError(undefined);
          }}
          placeholder="Name of a new one"
          aria-label="Name of a new dashboard"
          maxLength={200}
          required
        />
        <button type="submit" className="button">
          <Icon name="plus" />
          Make
        </button>
      </form>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
