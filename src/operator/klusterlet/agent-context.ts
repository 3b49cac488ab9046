/** What the agents' Deployments are made of, beside the Klusterlet. */
export interface AgentContext {
  /** Of each agent, unless the work agent has to wait. */
  readonly replicas: number
  /** On everything that is made. */
  readonly labels: Readonly<Record<string, string>>
  /** What the agents' HTTPS ports accept. @default their own */
  readonly tls?: TlsProfile | undefined
}

/** What a ConfigMap in the operator's namespace says of TLS. */
export interface TlsProfile {
  /** `VersionTLS12` or `VersionTLS13`. */
  readonly minVersion?: string | undefined
  /** By Go's names, separated by commas. */
  readonly cipherSuites?: string | undefined
}
