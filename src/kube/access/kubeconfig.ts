import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { certificatesOfBundle } from '../../common/ca-bundle.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { readTrouble } from '../../common/read-trouble.ts'
import type { ClusterAccess, ClusterTls, Impersonation } from './cluster-access.ts'
import type { PluginCredentials } from './exec-credential.ts'
import type { ExecPlugins } from './exec-plugins.ts'
import type { ClusterEntry, ContextEntry, UserEntry } from './kubeconfig-file.ts'
import { kubeconfigReader, type ReadKubeconfigFile } from './kubeconfig-reader.ts'

/** An entry, and the folder that its relative paths start from. */
interface Placed<T> {
  readonly entry: T
  readonly dir: string
}

interface MergedConfig {
  readonly currentContext: string | undefined
  readonly contexts: ReadonlyMap<string, ContextEntry>
  readonly clusters: ReadonlyMap<string, Placed<ClusterEntry>>
  readonly users: ReadonlyMap<string, Placed<UserEntry>>
}

export interface KubeconfigOptions {
  /** @default the files' current context */
  readonly context?: string | undefined
  /** Runs the users' credential plugins. Without it, a user that needs one is refused. */
  readonly plugins?: ExecPlugins
  /** @default reads files, and pipes until they end */
  readonly readText?: ReadKubeconfigFile
}

/**
 * Reads kubeconfig files, and the files that they name. Of what several define, that of the first counts, as with kubectl;
 * relative paths start from the folder of their file. Rejects with a ConfigError.
 */
export async function readKubeconfig(
  files: readonly string[],
  { context, plugins, readText = kubeconfigReader() }: KubeconfigOptions = {},
): Promise<ClusterAccess> {
  try {
    return await accessOf(await readMerged(files, readText), context, plugins)
  } catch (error) {
    throw new ConfigError(
      `failed to load kubernetes client config: ${files.join(', ')}: ${readTrouble(error)}`,
      { cause: error },
    )
  }
}

/**
 * Reads a kubeconfig that is no file, but what `dir` would contain: relative paths start from there. Rejects with a
 * ConfigError that names `source`.
 */
export async function readKubeconfigText(
  text: string,
  { dir, source, ...options }: KubeconfigOptions & { readonly dir: string; readonly source: string },
): Promise<ClusterAccess> {
  try {
    return await accessOf(await mergedOf([{ text, dir }]), options.context, options.plugins)
  } catch (error) {
    throw new ConfigError(`failed to load kubernetes client config: ${source}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

/** The cluster of a kubeconfig's current context, as it is written there. Rejects with an Error that says what is missing. */
export async function currentCluster(text: string): Promise<{ name: string; cluster: ClusterEntry }> {
  const { currentContext = '', contexts, clusters } = await mergedOf([{ text, dir: '' }])
  const context = contexts.get(currentContext)
  if (!context) throw new Error(`context ${JSON.stringify(currentContext)} does not exist`)
  const cluster = clusters.get(context.cluster)
  if (!cluster) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  return { name: context.cluster, cluster: cluster.entry }
}

async function readMerged(files: readonly string[], readText: ReadKubeconfigFile): Promise<MergedConfig> {
  const texts = files.map(async (file) => ({ text: await readText(file), dir: path.dirname(file) }))
  return mergedOf(await Promise.all(texts))
}

/** YAML and schemas are not loaded by those who find their API another way, as Pods do. */
async function mergedOf(files: readonly { text: string; dir: string }[]): Promise<MergedConfig> {
  const { parseKubeconfig } = await import('./kubeconfig-file.ts')
  const contexts: MergedConfig['contexts'] & Map<string, unknown> = new Map()
  const clusters = new Map<string, Placed<ClusterEntry>>()
  const users = new Map<string, Placed<UserEntry>>()
  let currentContext: string | undefined
  for (const { text, dir } of files) {
    const config = parseKubeconfig(text)
    currentContext ||= config['current-context']
    for (const { name, context } of config.contexts ?? []) addFirst(contexts, name, context)
    for (const { name, cluster } of config.clusters ?? []) addFirst(clusters, name, { entry: cluster, dir })
    for (const { name, user } of config.users ?? []) addFirst(users, name, { entry: user ?? {}, dir })
  }
  return { currentContext, contexts, clusters, users }
}

function addFirst<T>(map: Map<string, T>, name: string, value: T): void {
  if (!map.has(name)) map.set(name, value)
}

async function accessOf(
  config: MergedConfig,
  contextName = config.currentContext,
  plugins?: ExecPlugins,
): Promise<ClusterAccess> {
  if (!contextName) throw new Error('no current-context is set')
  const context = config.contexts.get(contextName)
  if (!context) throw new Error(`context ${JSON.stringify(contextName)} does not exist`)
  const cluster = config.clusters.get(context.cluster)
  if (!cluster) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  const user = context.user ? config.users.get(context.user) : { entry: {}, dir: '' }
  if (!user) throw new Error(`auth info ${JSON.stringify(context.user)} does not exist`)
  if (user.entry['auth-provider'] !== undefined && user.entry['auth-provider'] !== null) {
    throw new Error(
      '"auth-provider" of the user is not supported; give "exec", a token or a client certificate',
    )
  }
  const server = serverUrl(cluster.entry.server)
  const plugin = await pluginCredentials(user, cluster.entry, plugins)
  const token = plugin?.token ?? (await tokenOf(user))
  const basic = basicOf(user.entry)
  const impersonate = impersonationOf(user.entry)
  return {
    server,
    tls: await tlsOf(cluster, user, plugin),
    ...(token && { token }),
    ...(basic && !token && { basic }),
    ...(impersonate && { impersonate }),
    ...(cluster.entry['proxy-url'] && { proxyUrl: cluster.entry['proxy-url'] }),
    ...(context.namespace && { namespace: context.namespace }),
  }
}

async function pluginCredentials(
  user: Placed<UserEntry>,
  cluster: ClusterEntry,
  plugins: ExecPlugins | undefined,
): Promise<PluginCredentials | undefined> {
  const { exec } = user.entry
  if (!exec) return undefined
  if (!plugins)
    throw new Error('"exec" of the user is not supported here; give a token or a client certificate')
  return plugins.credentials(exec, user.dir, cluster)
}

/** Throws an Error that quotes the text. */
export function serverUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url && ['http:', 'https:'].includes(url.protocol)) return url
  throw new Error(`${JSON.stringify(text)} is no address of a server`)
}

/** The file wins, since it is the one that is kept fresh. */
async function tokenOf({ entry, dir }: Placed<UserEntry>): Promise<string | undefined> {
  if (!entry.tokenFile) return entry.token
  try {
    return (await readNamed(entry.tokenFile, 'tokenFile', dir)).trim()
  } catch (error) {
    if (entry.token) return entry.token
    throw error
  }
}

function basicOf({ username, password }: UserEntry): ClusterAccess['basic'] {
  return username ? { username, password: password ?? '' } : undefined
}

function impersonationOf(user: UserEntry): Impersonation | undefined {
  const { as: username, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user
  if (username) {
    return { username, ...(uid && { uid }), ...(groups && { groups }), ...(extra && { extra }) }
  }
  if (uid || groups?.length) throw new Error('"as-uid" and "as-groups" of the user need "as"')
  return undefined
}

async function tlsOf(
  cluster: Placed<ClusterEntry>,
  user: Placed<UserEntry>,
  plugin: PluginCredentials | undefined,
): Promise<ClusterTls> {
  const { entry: of } = cluster
  const [ca, cert, key] = await Promise.all([
    pemOf(cluster.entry, 'certificate-authority', cluster.dir),
    plugin?.cert ?? pemOf(user.entry, 'client-certificate', user.dir),
    plugin?.key ?? pemOf(user.entry, 'client-key', user.dir),
  ])
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error('the user has only half of a client certificate and its key')
  }
  return {
    ...(ca !== undefined && { ca: verifiedBundle(ca) }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(of['tls-server-name'] && { servername: of['tls-server-name'] }),
    rejectUnauthorized: of['insecure-skip-tls-verify'] !== true,
  }
}

async function pemOf<Field extends string>(
  entry: { readonly [key in Field | `${Field}-data`]?: string | undefined },
  field: Field,
  dir: string,
): Promise<string | undefined> {
  const data = entry[`${field}-data`]
  if (data) return Buffer.from(data, 'base64').toString()
  const file = entry[field]
  return file ? readNamed(file, field, dir) : undefined
}

/** The text of a file that a kubeconfig names. Rejects with an Error that says where it was looked for. */
async function readNamed(name: string, field: string, dir: string): Promise<string> {
  const file = path.resolve(dir, name)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`its "${field}" ${file} cannot be read: ${readTrouble(error)}`, { cause: error })
  }
}

/** The certificates alone. Throws an Error that says what is wrong. */
export function verifiedBundle(pem: string): string {
  try {
    return certificatesOfBundle(pem).join('')
  } catch (error) {
    throw new Error(`cannot use the certificate authority: ${errorMessage(error)}`, { cause: error })
  }
}
