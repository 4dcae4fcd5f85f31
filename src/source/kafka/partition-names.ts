/** The parts of `topic/number`. */
export function parsePartitionName(name: string): {
  readonly topic: string;
  readonly number: number;
} {
  const slash = name.lastIndexOf('/');
  return { topic: name.slice(0, slash), number: Number(name.slice(slash + 1)) };
}

/** By topic, then by number. */
export function comparePartitionNames(left: string, right: string): number {
  const [one, other] = [parsePartitionName(left), parsePartitionName(right)];
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.number - other.number;
}

/** Numbers by topic. */
export function numbersByTopic(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const byTopic = new Map<string, number[]>();
  for (const name of names) {
    const { topic, number } = parsePartitionName(name);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), number]);
  }
  return byTopic;
}
