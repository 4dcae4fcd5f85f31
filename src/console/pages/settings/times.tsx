import { type ReactNode, useEffect, useState } from 'react';
import { after, nowMs } from '../../clock.ts';
import { Time } from '../../time/time.tsx';
import { ZoneChooser } from '../../time/zone-chooser.tsx';
import { useZone } from '../../time/zone.ts';

/** The zone that this browser shows times in. */
export function Times(): ReactNode {
  const zone = useZone();
  const [now, setNow] = useState(nowMs);
  useEffect(() => after(1000, () => setNow(nowMs())), [now]);
  const second = new Date(Math.floor(now / 1000) * 1000).toISOString();
  return (
    <section className="section" aria-labelledby="settings-times">
      <header>
        <h2 id="settings-times">Times</h2>
      </header>
      <div className="settings-times">
        <div>
          <p>
            Shown, and typed, in <strong>{zone}</strong> in this browser. Now it is{' '}
            <span className="number">
              <Time at={second} />
            </span>
            .
          </p>
          <ul className="quiet">
            <li>
              TIMESTAMPTZ is an instant: cells, charts, tails and lists show it on that zone’s
              clocks, with the offset of its day.
            </li>
            <li>
              TIMESTAMP without a zone is shown as it is stored. Helios takes it as UTC, in SQL and
              in what is exported. A TIMESTAMP column of a pipeline is a TIMESTAMPTZ.
            </li>
            <li>What is copied or exported keeps the exact instant, in UTC.</li>
            <li>
              SQL reckons in UTC: date_trunc(&apos;day&apos;, time) begins its days there. For this
              zone’s days write{' '}
              <code>date_trunc(&apos;day&apos;, timezone(&apos;{zone}&apos;, time))</code>.
            </li>
          </ul>
        </div>
        <ZoneChooser />
      </div>
    </section>
  );
}
