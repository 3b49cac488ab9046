import type { TlsProfile } from '../tls-profile.ts'

/** What the agents' Deployments are made of, beside the Klusterlet. */
export interface AgentContext {
  /** Of each agent, unless the work agent has to wait. */
  readonly replicas: number
  /** On everything that is made. */
  readonly labels: Readonly<Record<string, string>>
  /** What the agents' HTTPS ports accept. @default their own */
  readonly tls?: TlsProfile | undefined
}
