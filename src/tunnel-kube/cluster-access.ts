import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { certificatesOfBundle } from '../common/ca-bundle.ts'
import { ConfigError, errorMessage } from '../common/errors.ts'
import { joinHostPort } from '../common/listen.ts'

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Errors quote no text, which may be a token or a key, and nothing is printed. */
const QUIETLY = { prettyErrors: false, logLevel: 'error' } as const

/** Where a Kubernetes API is and what to show it; complete, nothing refers to a file any more. */
export interface ClusterAccess {
  /** An http or https URL, perhaps with a path that all requests begin with. */
  readonly server: URL
  readonly tls: ClusterTls
  readonly token?: string
  /** An HTTP, HTTPS or SOCKS5 proxy to go through. */
  readonly proxyUrl?: string
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

const clusterSchema = z.object({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
})

const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  /** Ways of authenticating that are known and not supported; so that nobody becomes somebody else without a word. */
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
  as: z.unknown().optional(),
})

const kubeconfigSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z
    .array(
      z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().optional() }) }),
    )
    .nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
})

type Kubeconfig = z.infer<typeof kubeconfigSchema>
type ClusterEntry = z.infer<typeof clusterSchema>
type UserEntry = z.infer<typeof userSchema>

/** Reads a kubeconfig file, as its current context has it, and the files that it names. Rejects with a ConfigError. */
export async function readKubeconfig(file: string): Promise<ClusterAccess> {
  try {
    const config = kubeconfigSchema.parse(parse(await readText(file), QUIETLY))
    const { cluster, user } = inCurrentContext(config)
    refuseUnsupported(user)
    const dir = path.dirname(file)
    const token = await tokenOf(user, dir)
    return {
      server: serverUrl(cluster.server),
      tls: await tlsOf(cluster, user, dir),
      ...(token && { token }),
      ...(cluster['proxy-url'] && { proxyUrl: cluster['proxy-url'] }),
    }
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error)
    throw new ConfigError(`failed to load kubernetes client config: ${file}: ${message}`, { cause: error })
  }
}

/** What Kubernetes gives to every Pod: two variables of its environment, and its service account's files. */
export async function readInClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  serviceAccountDir = SERVICE_ACCOUNT_DIR,
): Promise<ClusterAccess> {
  try {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
    if (!host || !port) {
      throw new Error(
        'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined (outside a cluster, give --kubeconfig)',
      )
    }
    const ca = await readText(path.join(serviceAccountDir, 'ca.crt')).catch(() => undefined)
    return {
      server: serverUrl(`https://${joinHostPort(host, Number(port))}`),
      tls: { ...(ca && { ca: verifiedBundle(ca) }), rejectUnauthorized: true },
      token: (await readText(path.join(serviceAccountDir, 'token'))).trim(),
    }
  } catch (error) {
    throw new ConfigError(`failed to load in cluster kubernetes client config: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

function inCurrentContext(config: Kubeconfig): { cluster: ClusterEntry; user: UserEntry } {
  const contextName = config['current-context']
  if (!contextName) throw new Error('no current-context is set')
  const context = config.contexts?.find(({ name }) => name === contextName)?.context
  if (!context) throw new Error(`context ${JSON.stringify(contextName)} does not exist`)
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster
  if (!cluster) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  if (!context.user) return { cluster, user: {} }
  const entry = config.users?.find(({ name }) => name === context.user)
  if (!entry) throw new Error(`auth info ${JSON.stringify(context.user)} does not exist`)
  return { cluster, user: entry.user ?? {} }
}

function refuseUnsupported(user: UserEntry): void {
  for (const key of ['exec', 'auth-provider', 'as'] as const) {
    if (user[key] === undefined || user[key] === null) continue
    throw new Error(
      `${JSON.stringify(key)} of the user is not supported; give a token, a tokenFile or a client certificate instead`,
    )
  }
}

function serverUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url && ['http:', 'https:'].includes(url.protocol)) return url
  throw new Error(`${JSON.stringify(text)} is no address of a server`)
}

/** The file wins, since it is the one that is kept fresh. */
async function tokenOf(user: UserEntry, dir: string): Promise<string | undefined> {
  if (!user.tokenFile) return user.token
  try {
    return (await readText(path.resolve(dir, user.tokenFile))).trim()
  } catch (error) {
    if (user.token) return user.token
    throw error
  }
}

async function tlsOf(cluster: ClusterEntry, user: UserEntry, dir: string): Promise<ClusterTls> {
  const [ca, cert, key] = await Promise.all([
    pemOf(cluster['certificate-authority-data'], cluster['certificate-authority'], dir),
    pemOf(user['client-certificate-data'], user['client-certificate'], dir),
    pemOf(user['client-key-data'], user['client-key'], dir),
  ])
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error('the user has only half of a client certificate and its key')
  }
  return {
    ...(ca !== undefined && { ca: verifiedBundle(ca) }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(cluster['tls-server-name'] && { servername: cluster['tls-server-name'] }),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
  }
}

async function pemOf(
  data: string | undefined,
  file: string | undefined,
  dir: string,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString()
  return file ? readText(path.resolve(dir, file)) : undefined
}

function verifiedBundle(pem: string): string {
  try {
    return certificatesOfBundle(pem).join('')
  } catch (error) {
    throw new Error(`cannot use the certificate authority: ${errorMessage(error)}`, { cause: error })
  }
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8')
}
