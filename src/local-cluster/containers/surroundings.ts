import type { Readable, Writable } from 'node:stream'

/** What a process of a container lives in. */
export interface ContainerSurroundings {
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** A path of this machine. */
  readonly workingDir: string
  /** The folder that stands for the container's `/`. */
  readonly rootfs: string
}

/** How a container's process ended. */
export interface ExitedContainer {
  readonly exitCode: number
  /** Such as `SIGKILL`, where one ended it. */
  readonly signal?: string
  /** RFC 3339 with seconds. */
  readonly startedAt: string
  readonly finishedAt: string
  /** Completed, Error, OOMKilled or StartError. */
  readonly reason: string
  readonly message?: string
}

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

/** What somebody far away holds of a command's input and output. Whoever hands them over closes them. */
export interface CommandStreams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  readonly resizes?: AsyncIterable<TerminalSize>
}
