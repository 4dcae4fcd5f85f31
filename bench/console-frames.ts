import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a browser drew while it was watched. */
export type Frames = {
  readonly perSecond: number;
  /** Time from one frame to the next that 99 of 100 don't exceed, and the longest. */
  readonly intervalMsP99: number;
  readonly intervalMsMax: number;
  /** Sum of the layout shifts, as PerformanceObserver scores them. */
  readonly shift: number;
};

export type Watching = {
  readonly durationMs: number;
  /** JavaScript of one statement that is run in each frame; `box` is the element of `selector`. */
  readonly step?: string | undefined;
  readonly selector?: string | undefined;
};

/** Counts the frames of requestAnimationFrame, and what moved without anybody's doing. */
export async function framesOf(page: Page, { durationMs, ...each }: Watching): Promise<Frames> {
  const { step = '', selector = 'body' } = each;
  return await page.evaluate<Frames>(`new Promise((resolve) => {
    const box = document.querySelector(${JSON.stringify(selector)});
    const times = [];
    let shift = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += entry.value;
    });
    observer.observe({ type: 'layout-shift' });
    const frame = () => {
      const now = performance.now();
      times.push(now);
      ${step};
      if (now - times[0] < ${durationMs}) return requestAnimationFrame(frame);
      observer.disconnect();
      const intervals = times.slice(1).map((time, index) => time - times[index]);
      intervals.sort((one, other) => one - other);
      resolve({
        perSecond: (intervals.length / (times.at(-1) - times[0])) * 1000,
        intervalMsP99: intervals[Math.ceil(intervals.length * 0.99) - 1],
        intervalMsMax: intervals.at(-1),
        shift,
      });
    };
    requestAnimationFrame(frame);
  })`);
}

/** Notes on a page, from its beginning on, when what `script` gives is first there and drawn. */
export async function noteFirst(page: Page, script: string): Promise<void> {
  await page.addInitScript(`{
    const look = () => {
      if (!(${script})) return requestAnimationFrame(look);
      // A frame that begins after this one has ended shows it.
      requestAnimationFrame(() => { window.heliosFirstMs = performance.now(); });
    };
    requestAnimationFrame(look);
  }`);
}

/** Milliseconds from the beginning of the navigation to what `noteFirst` waits for. */
export async function firstMs(page: Page): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => {
    const look = () => {
      if (window.heliosFirstMs === undefined) setTimeout(look, 10);
      else resolve(window.heliosFirstMs);
    };
    look();
  })`);
}

/** One window, of a profile that is new. */
export class View implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;

  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.#context = context;
  }

  static async open(opened: Browser): Promise<View> {
    const context = await opened.newContext({ viewport: { width: 1440, height: 900 } });
    return new View(await context.newPage(), context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
