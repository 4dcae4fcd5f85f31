/** Whether a text says where a secret is, instead of being one. */
export function isReference(text: string): boolean {
  return /^\s*(env|file|ssm|secretsmanager):\S|^\s*\{\{.*\}\}\s*$/.test(text);
}

/** By the name of a field or an option. */
export function mayHoldSecret(name: string): boolean {
  return /password|secret|token|key|client_configs/i.test(name);
}
