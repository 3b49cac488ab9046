/** Where a Kubernetes API is and what to show it; complete, nothing refers to a file any more. */
export interface ClusterAccess {
  /** An http or https URL, perhaps with a path that all requests begin with. */
  readonly server: URL
  readonly tls: ClusterTls
  /** A bearer token. */
  readonly token?: string
  /** For HTTP basic authentication. */
  readonly basic?: { readonly username: string; readonly password: string }
  /** On whose behalf to act. */
  readonly impersonate?: Impersonation
  /** An HTTP, HTTPS or SOCKS5 proxy to go through. */
  readonly proxyUrl?: string
  /** The namespace of the context, or of the Pod. */
  readonly namespace?: string
}

/** As options of Node's TLS. Without `ca`, the certificates that Node brings along are trusted. */
export interface ClusterTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name that the server's certificate must be for, when it is not that in the URL. */
  readonly servername?: string
  readonly rejectUnauthorized: boolean
}

export interface Impersonation {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Reads the access anew, with what its files say by now. Rejects with a ConfigError. */
export type ReadAccess = () => Promise<ClusterAccess>
