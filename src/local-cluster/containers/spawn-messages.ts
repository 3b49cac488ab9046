import type { PipePaths } from './process-pipes.ts'

/** To the process that starts others. */
export interface SpawnRequest {
  /** Given by whoever asks; the answers have it. */
  readonly id: number
  /** The first is the absolute path of a program. */
  readonly command: readonly string[]
  readonly cwd: string
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Where its standard streams are opened. */
  readonly paths: PipePaths
}

/** How a process ended, as Node tells it: one of them is null. */
export interface SpawnedExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** That it has started, which is followed by how it ended; or what the system has against it. */
export type SpawnAnswer =
  | { readonly id: number; readonly pid: number }
  | { readonly id: number; readonly exit: SpawnedExit }
  | { readonly id: number; readonly error: string }

/** The descriptor of the helper that ends when whoever has started it does; the processes that it starts have it as their next. */
export const LIFELINE_FD = 4
