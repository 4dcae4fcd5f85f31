/** `GET`, `POST` and `DELETE /api/v1/demo`. */
export type DemoAnswer = {
  /** Its events flow. */
  readonly open: boolean;
};

/** A shop of which events come, for whoever wants to look around. */
export interface DemoShop {
  readonly isOpen: boolean;
  /**
   * Makes its pipeline, saved queries and dashboard where they are missing, and lets events flow.
   * `conflict` where these would come between somebody's own events.
   */
  open(): Promise<void>;
  /** No more events come; what became of the others stays. */
  close(): Promise<void>;
}
