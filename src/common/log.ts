type LogMethod = {
  (fields: object, message: string): void
  (message: string): void
}

/**
 * The part of pino's logger that this project uses, so that libraries built from it need no logger of their own.
 * Messages are constant; what varies goes into `fields` (camelCase, errors under `err`).
 */
export interface Logger {
  readonly error: LogMethod
  readonly warn: LogMethod
  readonly info: LogMethod
  readonly debug: LogMethod
  readonly trace: LogMethod
  child(fields: object): Logger
  isLevelEnabled(level: string): boolean
}

const ignore = () => {}

/** Says nothing. The default of a library that was given no logger. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  trace: ignore,
  child: () => silentLogger,
  isLevelEnabled: () => false,
}
