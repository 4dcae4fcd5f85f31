import { systemClock } from '../base/clock.ts';
import { DataDirectory } from '../catalog/data-directory.ts';
import type { RunningHelios, StartOptions } from '../cli/context.ts';
import { type QueryProcesses, startProcesses } from '../query/process/started-processes.ts';
import type { Host } from './start.ts';

/** What is there before the rest of the program is. */
export type Launched = {
  readonly data: DataDirectory;
  readonly processes: Promise<QueryProcesses>;
};

/**
 * Starts Helios whole. The first query process becomes ready while this one still loads and opens
 * what it needs itself, which takes either of them about half a second.
 */
export async function launchHelios(options: StartOptions, host: Host): Promise<RunningHelios> {
  const { dataDirectory, standby } = options;
  const data =
    standby === undefined
      ? DataDirectory.open(dataDirectory)
      : await DataDirectory.whenFree(dataDirectory, { clock: systemClock, ...standby });
  const processes = startProcesses({ tempDirectory: data.inside('tmp', 'queries') });
  // Whoever awaits them hears of the failure; until then nobody does.
  processes.catch(() => undefined);
  try {
    const { startHelios } = await import('./start.ts');
    return await startHelios(options, host, { data, processes });
  } catch (thrown) {
    const { pool } = await processes;
    await pool.close();
    throw thrown;
  }
}
