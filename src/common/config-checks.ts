import type { ConfigIo } from './config-io.ts'
import { formatDuration } from './duration.ts'
import { ConfigError, errorMessage } from './errors.ts'

interface KeyPairPaths {
  /** As the messages name it, such as `server`. */
  readonly name: string
  readonly cert: string
  readonly key: string
  readonly caCert: string
}

/** A certificate and its key must both be given or neither, and every file must be there. */
export function verifyKeyPair({ name, cert, key, caCert }: KeyPairPaths, io: Pick<ConfigIo, 'exists'>): void {
  if (key !== '') {
    verifyFile(`error checking ${name} key ${key}`, key, io)
    if (cert === '') {
      throw new ConfigError(
        `cannot have ${name} cert empty when ${name} key is set to ${JSON.stringify(key)}`,
      )
    }
  }
  if (cert !== '') {
    verifyFile(`error checking ${name} cert ${cert}`, cert, io)
    if (key === '') {
      throw new ConfigError(
        `cannot have ${name} key empty when ${name} cert is set to ${JSON.stringify(cert)}`,
      )
    }
  }
  if (caCert !== '') verifyFile(`error checking ${name} CA cert ${caCert}`, caCert, io)
}

/** `message` is completed with Go's words for a missing file. */
export function verifyFile(message: string, path: string, io: Pick<ConfigIo, 'exists'>): void {
  if (io.exists(path)) return
  throw new ConfigError(`${message}, got stat ${path}: no such file or directory`)
}

interface ProfilingFlags {
  readonly enableProfiling: boolean
  readonly enableContentionProfiling: boolean
}

export function verifyProfiling({ enableProfiling, enableContentionProfiling }: ProfilingFlags): void {
  if (enableContentionProfiling && !enableProfiling) {
    throw new ConfigError('if --enable-contention-profiling is set, --enable-profiling must also be set')
  }
}

export function verifyNotNegative(flag: string, ms: number): void {
  if (ms < 0) throw new ConfigError(`${flag} must be >= 0, got ${formatDuration(ms)}`)
}

export function verifyPositive(flag: string, ms: number): void {
  if (ms <= 0) throw new ConfigError(`${flag} must be > 0, got ${formatDuration(ms)}`)
}

export function verifyBetween(flag: string, value: number, least: number, most: number): void {
  if (value < least || value > most) {
    throw new ConfigError(`${flag} must be between ${least} and ${most}, got ${value}`)
  }
}

/** Runs a parser whose complaint is about the configuration; `cure` is added where it does not say what to write instead. */
export function asConfigError<T>(parse: () => T, cure?: string): T {
  try {
    return parse()
  } catch (error) {
    const complaint = errorMessage(error)
    throw new ConfigError(cure === undefined ? complaint : `${complaint} (${cure})`, { cause: error })
  }
}

interface ListenFlag {
  readonly flag: string
  readonly host: string
  readonly port: number
}

/** Two listeners on one port would fail at the second one, and only say that the port is taken. */
export function verifyDistinctPorts(listeners: readonly ListenFlag[]): void {
  for (const [index, one] of listeners.entries()) {
    const other = listeners
      .slice(index + 1)
      .find(({ host, port }) => port === one.port && overlap(host, one.host))
    if (other) throw new ConfigError(`--${one.flag} and --${other.flag} must not both be ${one.port}`)
  }
}

function overlap(one: string, other: string): boolean {
  const isAny = (host: string) => ['', '0.0.0.0', '::'].includes(host)
  return one === other || isAny(one) || isAny(other)
}
