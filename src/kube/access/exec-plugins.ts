import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { errorMessage } from '../../common/errors.ts'
import type { PluginCredentials } from './exec-credential.ts'
import type { ExecEntry } from './kubeconfig-file.ts'

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

const TIMEOUT_MS = 60_000
const LONGEST_OUTPUT_BYTES = 1024 * 1024

/** New ones are asked for when the old have so little time left. */
const RENEW_BEFORE_EXPIRY_MS = 30_000

export interface ExecPluginsOptions {
  /** What plugins find in their environment, before what their entry adds. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The time in ms since the epoch. @default Date.now */
  readonly now?: () => number
}

interface ClusterInfo {
  readonly server: string
  readonly 'certificate-authority-data'?: string | undefined
  readonly 'tls-server-name'?: string | undefined
  readonly 'insecure-skip-tls-verify'?: boolean | undefined
}

/** Asks the programs that a kubeconfig names for credentials, and keeps their answers for as long as those say they hold. */
export class ExecPlugins {
  readonly #env: ExecPluginsOptions['env']
  readonly #now: () => number
  readonly #kept = new Map<string, PluginCredentials>()

  constructor({ env, now = Date.now }: ExecPluginsOptions) {
    this.#env = env
    this.#now = now
  }

  /** Rejects with an Error that names the program. */
  async credentials(entry: ExecEntry, dir: string, cluster: ClusterInfo): Promise<PluginCredentials> {
    const id = JSON.stringify([entry, dir, cluster.server])
    const kept = this.#kept.get(id)
    if (kept && !this.#isStale(kept)) return kept
    const credentials = await this.#run(entry, dir, cluster)
    this.#kept.set(id, credentials)
    return credentials
  }

  /** Forgets all answers: the API does not take what they hold. */
  forget(): void {
    this.#kept.clear()
  }

  #isStale({ expiresAt }: PluginCredentials): boolean {
    return expiresAt !== undefined && expiresAt - this.#now() < RENEW_BEFORE_EXPIRY_MS
  }

  async #run(entry: ExecEntry, dir: string, cluster: ClusterInfo): Promise<PluginCredentials> {
    const { apiVersion, command, args, installHint } = entry
    if (!API_VERSIONS.includes(apiVersion)) {
      throw new Error(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`)
    }
    // A name alone is looked for on the PATH; a path starts from the kubeconfig's folder.
    const program = command.includes('/') ? path.resolve(dir, command) : command
    try {
      const env = { ...this.#env, ...this.#additions(entry, cluster) }
      const { stdout } = await promisify(execFile)(program, args ?? [], {
        env,
        timeout: TIMEOUT_MS,
        maxBuffer: LONGEST_OUTPUT_BYTES,
      })
      const { credentialsOf } = await import('./exec-credential.ts') // with a schema library that few processes need
      return credentialsOf(stdout, apiVersion)
    } catch (error) {
      const hint = installHint ? `\n${installHint}` : ''
      throw new Error(`getting credentials: exec: ${failureOf(error, program)}${hint}`, { cause: error })
    }
  }

  #additions(
    { apiVersion, env, provideClusterInfo }: ExecEntry,
    cluster: ClusterInfo,
  ): Record<string, string> {
    const info = {
      apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...(provideClusterInfo && { cluster: clusterOf(cluster) }) },
    }
    const given = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]))
    return { ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  }
}

function clusterOf(cluster: ClusterInfo): object {
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
  }
}

/** Node's own message holds the command line, in which there may be secrets. */
function failureOf(error: unknown, program: string): string {
  const { code, killed } = error as { code?: number | string; killed?: boolean }
  if (killed) return `executable ${program} took longer than ${TIMEOUT_MS / 1000}s`
  if (code === 'ENOENT') return `executable ${program} not found`
  if (code !== undefined) return `executable ${program} failed with ${code}`
  return errorMessage(error)
}
