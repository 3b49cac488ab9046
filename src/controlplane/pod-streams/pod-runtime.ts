import type { Duplex, Readable, Writable } from 'node:stream'

export interface PodName {
  readonly namespace: string
  readonly name: string
}

/** What of a container's log is wanted. The container is one of the pod's. */
export interface LogOptions {
  readonly container: string
  readonly follow: boolean
  /** Of the container that ran before the one that runs now. */
  readonly previous: boolean
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  /** Begins each line with when it was written. */
  readonly timestamps: boolean
  /** The last so many lines. */
  readonly tailLines?: number
  readonly limitBytes?: number
  /** @default both */
  readonly stream?: 'stdout' | 'stderr'
}

/** Those of a command that somebody is connected to; what is not there is not. */
export interface CommandStreams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** Of the terminal, in characters. Ends with the connection. */
  readonly resizes?: AsyncIterable<TerminalSize>
}

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

/**
 * Where pods run: what a kubelet is to a kube-apiserver. A StatusError that is thrown is told as it stands; anything else is told as
 * an internal error, with its message, which is for people.
 */
export interface PodRuntime {
  /** What a container has written. `signal` is aborted when nobody reads it any more. */
  logs(pod: PodName, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /**
   * Runs a command in a container, and resolves when it has ended and all that it wrote is in `streams`. `signal` is aborted when
   * the client has gone. The streams that it writes to are ended by whoever gave them.
   */
  exec(
    pod: PodName,
    options: { readonly container: string; readonly command: readonly string[]; readonly tty: boolean },
    streams: CommandStreams,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number }>
  /** Connects to what a container runs, until it ends or `signal` is aborted. */
  attach(
    pod: PodName,
    options: { readonly container: string; readonly tty: boolean },
    streams: CommandStreams,
    signal: AbortSignal,
  ): Promise<void>
  /** Opens a connection to a port of a pod. Owned by the caller. */
  connect(pod: PodName, port: number): Promise<Duplex>
}
