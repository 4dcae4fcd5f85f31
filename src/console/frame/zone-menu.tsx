import { type ReactNode, useRef, useState } from 'react';
import { nowMs } from '../clock.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Floating } from '../parts/floating.tsx';
import { Icon } from '../parts/icon.tsx';
import { offsetText } from '../time/time-text.ts';
import { ZoneChooser } from '../time/zone-chooser.tsx';
import { cityOf } from '../time/zone-list.ts';
import { linkWithZone, useZone } from '../time/zone.ts';
import { utc } from '../time/zone-offset.ts';

/** The zone of all times, and where another one is chosen. */
export function ZoneMenu(): ReactNode {
  const zone = useZone();
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<DOMRect>();
  const offset = offsetText(nowMs(), zone);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="button plain frame-zone"
        aria-haspopup="dialog"
        aria-expanded={anchor !== undefined}
        aria-label={`Times are in ${zone}${zone === utc ? '' : `, ${offset}`}. Change`}
        title={`Times are in ${zone}`}
        onClick={() => setAnchor(button.current?.getBoundingClientRect())}
      >
        {zone !== utc && <span className="wide">{cityOf(zone)}</span>}
        <span className="number">{offset}</span>
        <Icon name="down" />
      </button>
      {anchor !== undefined && (
        <Floating anchor={anchor} label="Time zone" onClose={() => setAnchor(undefined)}>
          <div className="frame-zones">
            <ZoneChooser onDone={() => setAnchor(undefined)} />
            <CopyButton text={linkWithZone()} label="Copy link to this page in this zone" />
          </div>
        </Floating>
      )}
    </>
  );
}
