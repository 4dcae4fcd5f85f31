/** Whoever deploys: what is said to them, and asked. The command line has the one at a terminal. */
export interface Person {
  /** A line, also into logs of machines. */
  say(line: string): void;
  /** A line that the next one takes the place of, where there is a screen. */
  status(line: string): void;
  /** `conflict` where the answer is no, or nobody can be asked. */
  confirm(question: string): Promise<void>;
  /** The same, by typing `word`. */
  confirmByTyping(question: string, word: string): Promise<void>;
  /** One of `choices`; `conflict` where nobody can be asked, with `flags` as what to give. */
  choose(question: string, choices: readonly PersonChoice[]): Promise<string>;
}

export type PersonChoice = {
  readonly value: string;
  readonly label: string;
  /** The option that says the same, such as `--keep-bucket`. */
  readonly flag: string;
};
