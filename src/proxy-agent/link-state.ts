/** Life of the agent's stream to one proxy server. This table is the whole truth; docs/protocol.md says what each state means. */
export const LINK_TRANSITIONS = {
  idle: ['connecting', 'closed'],
  connecting: ['ready', 'backoff', 'closed'],
  ready: ['draining', 'backoff', 'closed'],
  draining: ['closed'],
  backoff: ['connecting', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>

export type LinkState = keyof typeof LINK_TRANSITIONS
